//! Identity headers for the backend.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};

use crate::token::VerifiedToken;

/// 200 with all identity headers. Those without a value are empty, so that a proxy that copies them
/// always replaces what the client sent.
pub(super) fn admit(token: Option<&VerifiedToken>) -> HttpResponse {
    let claims = token.map(VerifiedToken::claims);
    let roles = claims.map(|claims| claims.roles.join(" "));
    let fields = [
        ("x-auth-subject", claims.and_then(|claims| claims.subject.as_deref())),
        ("x-auth-client", claims.and_then(|claims| claims.client_id.as_deref())),
        ("x-auth-issuer", claims.map(|claims| claims.issuer.as_str())),
        ("x-auth-scopes", claims.map(|claims| claims.scopes.as_str())),
        ("x-auth-roles", roles.as_deref()),
    ];
    let mut response = HttpResponse::Ok().finish();
    for (name, value) in fields {
        let value = HeaderValue::try_from(encoded(value.unwrap_or_default()));
        let value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}

/// Printable ASCII but `%` stays as it is; all other bytes are percent-encoded (RFC 3986 section 2.1).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'%' | 0..=31 | 127..=255 => {
                let _ = write!(encoded, "%{byte:02X}");
            }
            plain => encoded.push(char::from(plain)),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_token_every_field_is_there_and_empty() {
        let response = admit(None);
        let fields: Vec<_> = response.headers().iter().map(|(_, value)| value.as_bytes()).collect();
        assert_eq!(fields, [b""; 5]);
    }

    #[test]
    fn values_cannot_break_out_of_their_field() {
        assert_eq!(encoded("auth0|1 a"), "auth0|1 a");
        assert_eq!(encoded("a\r\nX-Auth-Roles: admin"), "a%0D%0AX-Auth-Roles: admin");
        assert_eq!(encoded("50%\u{e9}"), "50%25%C3%A9");
    }
}
