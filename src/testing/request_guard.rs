//! Protection of the test issuer against web pages of other sites.

use std::net::{Ipv4Addr, Ipv6Addr};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderName, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};

use super::issuer_state::IssuerState;

/// Rejects requests that a page of another site could have sent.
///
/// - `Host` must be an IP address, `localhost`, or the host in the issuer's own name. Any other name
///   could be a DNS-rebound one: it would make the attacker's page same-origin with this server. 421
///   otherwise (RFC 9110 section 15.5.20).
/// - `Origin`, if present, must be this server's own (RFC 6454). 403 otherwise.
pub(super) async fn guard_request(
    state: Data<IssuerState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let text = |name: HeaderName| request.headers().get(name).map(|value| value.to_str());
    let host = text(HOST).and_then(Result::ok).unwrap_or_default();
    let rejection = if !is_known_host(host, &state.name) {
        Some((
            StatusCode::MISDIRECTED_REQUEST,
            "this issuer answers only requests whose Host is an IP address, localhost, or the \
             host in its own name",
        ))
    } else if text(ORIGIN).is_some_and(|origin| !is_own_origin(origin.unwrap_or_default(), host)) {
        Some((StatusCode::FORBIDDEN, "this issuer does not answer pages of other origins"))
    } else {
        None
    };
    match rejection {
        None => Ok(next.call(request).await?.map_into_boxed_body()),
        Some((status, text)) => Ok(request.into_response(
            HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(text),
        )),
    }
}

fn is_known_host(host: &str, issuer: &str) -> bool {
    let name = without_port(host);
    let is_ipv6 = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let own = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    let own = without_port(own.split_once('/').map_or(own, |(authority, _)| authority));
    name.parse::<Ipv4Addr>().is_ok()
        || bracketed.is_some_and(is_ipv6)
        || name.eq_ignore_ascii_case("localhost")
        || (!name.is_empty() && name.eq_ignore_ascii_case(own))
}

/// A browser writes the origin of a page of this server as the scheme and this server's `Host`.
fn is_own_origin(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_dns_could_rebind_is_rejected() {
        let table = [
            ("127.0.0.1:3011", true),
            ("192.0.2.7", true),
            ("[::1]:3011", true),
            ("localhost:3011", true),
            ("LOCALHOST", true),
            ("issuer:3011", true),
            ("issuer", true),
            ("evil.example", false),
            ("evil.example:3011", false),
            ("127.0.0.1.evil.example:3011", false),
            ("localhost.evil.example", false),
            ("127.1", false),
            ("", false),
            (":3011", false),
        ];
        for (host, known) in table {
            assert_eq!(is_known_host(host, "http://issuer:3011/tenant"), known, "{host}");
        }
    }

    #[test]
    fn only_the_issuers_own_pages_may_call_it() {
        let table = [
            ("http://127.0.0.1:3011", true),
            ("https://127.0.0.1:3011", true),
            ("http://127.0.0.1:3010", false),
            ("http://127.0.0.1", false),
            ("http://evil.example", false),
            ("null", false),
            ("", false),
        ];
        for (origin, own) in table {
            assert_eq!(is_own_origin(origin, "127.0.0.1:3011"), own, "{origin}");
        }
    }
}
