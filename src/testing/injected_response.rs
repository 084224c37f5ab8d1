//! Response of an endpoint with an injected fault.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::fault_injection::Behavior;
use super::slow_body::SlowBody;

/// Responds as the behavior says.
pub(super) async fn injected_response(behavior: Behavior) -> HttpResponse {
    match behavior {
        Behavior::Healthy => HttpResponse::Ok().finish(),
        Behavior::Hang => std::future::pending().await,
        Behavior::Answer { status, headers, body, byte_interval } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut response = HttpResponse::build(status);
            for header in headers {
                response.append_header(header);
            }
            match byte_interval {
                None => response.body(body),
                Some(wait) => response.body(SlowBody::new(body, wait)),
            }
        }
    }
}
