//! Responses to clients whose request never reaches HTTP.

use actix_web::http::StatusCode;

use crate::Problem;
use crate::access::PROBLEM_JSON;

/// A complete response as bytes, after which the connection closes.
pub(super) fn early_response(status: StatusCode, detail: &str) -> Vec<u8> {
    let problem = Problem::of(status).detail(detail.to_owned());
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let retry = match status {
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => "Retry-After: 1\r\n",
        _ => "",
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {PROBLEM_JSON}\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\n{retry}Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_response_is_a_problem_document() {
        let answer = early_response(StatusCode::SERVICE_UNAVAILABLE, "Too many connections.");
        let expected = "HTTP/1.1 503 Service Unavailable\r\n\
            Content-Type: application/problem+json\r\nContent-Length: 98\r\n\
            Cache-Control: no-store\r\nRetry-After: 1\r\nConnection: close\r\n\r\n\
            {\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\
            \"detail\":\"Too many connections.\"}";
        assert_eq!(String::from_utf8_lossy(&answer), expected);
    }
}
