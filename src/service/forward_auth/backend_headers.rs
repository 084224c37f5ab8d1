//! Headers for the backend: the caller's identity, and `Authorization`.

use std::fmt::Write as _;

use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::service::settings::{ForwardAuthorization, IdentityHeaderPrefix};
use crate::token::VerifiedToken;

/// The field by which Envoy removes fields of the client's request.
const REMOVED: HeaderName = HeaderName::from_static("x-envoy-auth-headers-to-remove");

/// The headers of an answer that proxies copy into the request to the backend.
#[derive(Debug, Clone)]
pub(super) struct BackendHeaders {
    /// What the names begin with, in lower case.
    prefix: Box<str>,
    /// Subject, client, issuer, scopes and roles.
    names: [HeaderName; 5],
    authorization: ForwardAuthorization,
}

impl BackendHeaders {
    pub(super) fn new(prefix: &IdentityHeaderPrefix, authorization: ForwardAuthorization) -> Self {
        Self { prefix: prefix.as_str().into(), names: prefix.names().clone(), authorization }
    }

    /// What the names of the identity headers begin with, in lower case.
    pub(super) const fn prefix(&self) -> &str {
        &self.prefix
    }

    /// 200 with all identity headers and the `Authorization` of the backend, if it gets one. Identity
    /// headers without a value are empty, so that a proxy that copies them always replaces what the
    /// client sent.
    pub(super) fn admit(
        &self,
        request: &HttpRequest,
        token: Option<&VerifiedToken>,
    ) -> HttpResponse {
        let claims = token.map(VerifiedToken::claims);
        let values = [
            claims.and_then(|claims| claims.subject.as_deref()),
            claims.and_then(|claims| claims.client_id.as_deref()),
            claims.map(|claims| claims.issuer.as_str()),
            claims.map(|claims| claims.scopes.as_str()),
        ];
        let values = values.map(|value| header_value(value.unwrap_or_default()));
        let roles = claims.map_or(&[][..], |claims| &claims.roles);
        let mut response = HttpResponse::Ok().finish();
        let headers = response.headers_mut();
        for (name, value) in self.names.iter().zip(values.into_iter().chain([list_value(roles)])) {
            headers.insert(name.clone(), value);
        }
        match self.forwarded(request) {
            Some(value) => headers.insert(AUTHORIZATION, value),
            None => headers.insert(REMOVED, HeaderValue::from_static("authorization")),
        };
        response
    }

    /// The client's field. Of two, the backend might read another one than this server, so it gets neither.
    fn forwarded(&self, request: &HttpRequest) -> Option<HeaderValue> {
        let mut values = request.headers().get_all(AUTHORIZATION);
        let first = values.next()?;
        let is_kept = self.authorization == ForwardAuthorization::Keep && values.next().is_none();
        is_kept.then(|| first.clone())
    }
}

/// An identity as a field's value.
fn header_value(text: &str) -> HeaderValue {
    let value = if text.bytes().all(is_plain) {
        HeaderValue::from_str(text)
    } else {
        HeaderValue::try_from(encoded(text))
    };
    value.unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Names as a field's value, separated by spaces. A space in a name is encoded, so that `site admin` is
/// not taken for two roles.
fn list_value(names: &[String]) -> HeaderValue {
    let names: Vec<_> = names.iter().map(|name| encoded(name).replace(' ', "%20")).collect();
    HeaderValue::try_from(names.join(" ")).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Printable ASCII but `%`.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'%'
}

/// Printable ASCII but `%` stays as it is; all other bytes are percent-encoded (RFC 3986 section 2.1).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn headers(prefix: &str, authorization: ForwardAuthorization) -> BackendHeaders {
        BackendHeaders::new(&prefix.parse().unwrap(), authorization)
    }

    #[test]
    fn without_a_token_every_field_is_there_and_empty() {
        for prefix in ["X-Auth-", "Remote-Caller-"] {
            let request = TestRequest::default().to_http_request();
            let response = headers(prefix, ForwardAuthorization::Keep).admit(&request, None);
            for name in ["subject", "client", "issuer", "scopes", "roles"] {
                let field = response.headers().get(format!("{prefix}{name}"));
                assert_eq!(field.map(HeaderValue::as_bytes), Some(&b""[..]), "{prefix}{name}");
            }
            assert_eq!(response.headers().len(), 6, "these five and what Envoy removes");
        }
    }

    #[test]
    fn the_backend_gets_one_authorization_or_none() {
        use ForwardAuthorization::{Keep, Remove};
        let table: [(&[&str], ForwardAuthorization, Option<&str>); 6] = [
            (&["Bearer a"], Keep, Some("Bearer a")),
            (&["Basic a"], Keep, Some("Basic a")),
            (&["Bearer a"], Remove, None),
            (&[], Keep, None),
            (&[], Remove, None),
            (&["Bearer a", "Bearer b"], Keep, None),
        ];
        for (sent, authorization, expected) in table {
            let mut request = TestRequest::default();
            for value in sent {
                request = request.append_header((AUTHORIZATION, *value));
            }
            let response =
                headers("X-Auth-", authorization).admit(&request.to_http_request(), None);
            let field = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(field(AUTHORIZATION), expected, "{sent:?} {authorization:?}");
            let removed = expected.is_none().then_some("authorization");
            assert_eq!(field(REMOVED), removed, "{sent:?} {authorization:?}");
        }
    }

    #[test]
    fn values_cannot_break_out_of_their_field() {
        for (text, expected) in [
            ("", ""),
            ("auth0|1 a", "auth0|1 a"),
            ("a\r\nX-Auth-Roles: admin", "a%0D%0AX-Auth-Roles: admin"),
            ("a\tb\u{7f}", "a%09b%7F"),
            ("50%\u{e9}", "50%25%C3%A9"),
        ] {
            assert_eq!(header_value(text), expected, "RFC 9110 5.5: {text:?}");
        }
    }

    #[test]
    fn a_role_with_a_space_is_one_role() {
        let table: [(&[&str], &str); 5] = [
            (&[], ""),
            (&["admin"], "admin"),
            (&["site admin", "b"], "site%20admin b"),
            (&["site", "admin"], "site admin"),
            (&["a%20b", "c\r\nd"], "a%2520b c%0D%0Ad"),
        ];
        for (roles, expected) in table {
            let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
            assert_eq!(list_value(&roles), expected, "{roles:?}");
        }
    }
}
