//! Where a request carries its access token, if not in `Authorization`.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{COOKIE, HeaderName, ORIGIN, UPGRADE};

use crate::access::rejection::RejectionReason;
use crate::sender::BearerToken;

/// Where a request carries its access token in place of the header field `Authorization`, which is
/// then not read.
///
/// Tokens from here are bearer tokens. Both sources are safe only under their conditions, so they
/// must be asked for by name: [`ProtectedResource::token_source`](crate::ProtectedResource::token_source).
#[derive(Clone)]
pub struct TokenSource(Source);

#[derive(Clone)]
enum Source {
    Header { name: HeaderName, is_trusted: Arc<dyn Fn(IpAddr) -> bool + Send + Sync> },
    Cookie { name: Arc<str>, origins: Arc<[String]> },
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

impl TokenSource {
    /// A header field that a proxy sets, such as `X-Forwarded-Access-Token`. Its value is the token,
    /// with or without the word `Bearer` before it.
    ///
    /// It is read only from peers for which `is_trusted` is true; from others it counts as absent.
    /// The proxy must remove the field from the requests that it receives.
    ///
    /// ```
    /// use actix_resource_server::access::TokenSource;
    /// use actix_web::http::header::HeaderName;
    ///
    /// let name = HeaderName::from_static("x-forwarded-access-token");
    /// let source = TokenSource::header(name, |peer| peer.is_loopback());
    /// ```
    pub fn header(
        name: HeaderName,
        is_trusted: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self(Source::Header { name, is_trusted: Arc::new(is_trusted) })
    }

    /// A cookie whose value is the token. Make it `Secure`, `HttpOnly` and `SameSite=Lax` or
    /// stricter, and its name begin with `__Host-`.
    ///
    /// Browsers send cookies with requests that other sites cause. So every request but `GET`,
    /// `HEAD` and `OPTIONS`, and every upgrade to a WebSocket, must come from the application's own
    /// pages: by `Sec-Fetch-Site: same-origin`, or, from clients that do not send this field, by an
    /// `Origin` among `origins`, such as `https://app.example`. Others are answered with 403.
    pub fn cookie<T: Into<String>>(name: &str, origins: impl IntoIterator<Item = T>) -> Self {
        let origins = origins.into_iter().map(Into::into).collect();
        Self(Source::Cookie { name: name.into(), origins })
    }

    /// Whether the request has the header field or cookie, from any peer and with any value.
    pub(in crate::access) fn is_in(&self, request: &HttpRequest) -> bool {
        match &self.0 {
            Source::Header { name, .. } => request.headers().contains_key(name),
            Source::Cookie { name, .. } => cookies(request, name).next().is_some(),
        }
    }

    /// Where the token must be, for people.
    pub(in crate::access) fn place(&self) -> String {
        match &self.0 {
            Source::Header { name, .. } => {
                format!("the header field {name}, which a trusted proxy sets")
            }
            Source::Cookie { name, .. } => format!("the cookie {name}"),
        }
    }

    /// The header field, if it is one.
    #[cfg(feature = "service")]
    pub(crate) const fn header_name(&self) -> Option<&HeaderName> {
        match &self.0 {
            Source::Header { name, .. } => Some(name),
            Source::Cookie { .. } => None,
        }
    }

    /// The token; none if the request does not have it.
    pub(in crate::access) fn token<'a>(
        &self,
        request: &'a HttpRequest,
    ) -> Result<Option<BearerToken<'a>>, RejectionReason> {
        match &self.0 {
            Source::Header { name, is_trusted } => {
                let peer = request.peer_addr().map(|peer| peer.ip());
                if !peer.is_some_and(|peer| is_trusted(peer)) {
                    return Ok(None);
                }
                let values = request.headers().get_all(name).map(|value| value.as_bytes());
                single(values, with_or_without_scheme)
            }
            Source::Cookie { name, origins } => {
                let token = single(cookies(request, name), BearerToken::from_bytes)?;
                if token.is_some() && has_effects(request) && !is_same_origin(request, origins) {
                    return Err(RejectionReason::CrossSiteRequest);
                }
                Ok(token)
            }
        }
    }
}

fn single<'a>(
    mut values: impl Iterator<Item = &'a [u8]>,
    read: impl Fn(&'a [u8]) -> Option<BearerToken<'a>>,
) -> Result<Option<BearerToken<'a>>, RejectionReason> {
    const TWICE: &str = "the request has the access token twice";
    const NOT_A_TOKEN: &str = "the access token holds characters that no token can have";

    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(RejectionReason::MalformedToken { description: TWICE });
    }
    let malformed = RejectionReason::MalformedToken { description: NOT_A_TOKEN };
    read(value).map(Some).ok_or(malformed)
}

/// Gateways write the token alone, or as in `Authorization`.
fn with_or_without_scheme(value: &[u8]) -> Option<BearerToken<'_>> {
    BearerToken::from_bytes(value).or_else(|| BearerToken::from_fields([value]).ok().flatten())
}

/// The values of a cookie. Another site of the same domain may have set a second one (RFC 6265
/// section 8.6).
fn cookies<'a>(request: &'a HttpRequest, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let pairs = request
        .headers()
        .get_all(COOKIE)
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let pair = pair.trim_ascii_start();
        pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
    })
}

fn has_effects(request: &HttpRequest) -> bool {
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    !is_safe || request.headers().contains_key(UPGRADE)
}

fn is_same_origin(request: &HttpRequest, origins: &[String]) -> bool {
    let values = |name| {
        let values = request.headers().get_all(name).map(|value| value.as_bytes());
        values.collect::<Vec<&[u8]>>()
    };
    match (values(&SEC_FETCH_SITE).as_slice(), values(&ORIGIN).as_slice()) {
        ([site], _) => *site == b"same-origin",
        ([], [origin]) => origins.iter().any(|own| own.as_bytes() == *origin),
        _ => false,
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Header { name, .. } => write!(formatter, "TokenSource(header {name})"),
            Source::Cookie { name, .. } => write!(formatter, "TokenSource(cookie {name})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    type Found = Result<Option<&'static str>, &'static str>;

    fn found(source: &TokenSource, request: TestRequest) -> Result<Option<String>, &'static str> {
        let request = request.to_http_request();
        let token = source.token(&request);
        let text = |token: Option<BearerToken<'_>>| token.map(|token| token.as_str().to_owned());
        token.map(text).map_err(|reason| reason.code())
    }

    #[test]
    fn a_header_counts_from_trusted_peers_only() {
        let name = HeaderName::from_static("x-token");
        let source = TokenSource::header(name, |peer| peer.is_loopback());
        type Row = (&'static str, &'static [&'static str], Found);
        let table: [Row; 12] = [
            ("127.0.0.1:1", &["a.b.c"], Ok(Some("a.b.c"))),
            ("203.0.113.9:1", &["a.b.c"], Ok(None)),
            ("127.0.0.1:1", &[], Ok(None)),
            ("127.0.0.1:1", &["a.b.c", "a.b.c"], Err("malformed_token")),
            ("127.0.0.1:1", &["Bearer a.b.c"], Ok(Some("a.b.c"))),
            ("127.0.0.1:1", &["bearer  a.b.c"], Ok(Some("a.b.c"))),
            ("203.0.113.9:1", &["Bearer a.b.c"], Ok(None)),
            ("127.0.0.1:1", &["DPoP a.b.c"], Err("malformed_token")),
            ("127.0.0.1:1", &["Basic YTpi"], Err("malformed_token")),
            ("127.0.0.1:1", &["Bearer "], Err("malformed_token")),
            ("127.0.0.1:1", &["a.b.c, d.e.f"], Err("malformed_token")),
            ("127.0.0.1:1", &[""], Err("malformed_token")),
        ];
        for (peer, values, expected) in table {
            let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
            request = request.insert_header(("authorization", "Bearer x"));
            for value in values {
                request = request.append_header(("x-token", *value));
            }
            let expected = expected.map(|token| token.map(str::to_owned));
            assert_eq!(found(&source, request), expected, "{peer} {values:?}");
        }
        let without_peer = TestRequest::default().insert_header(("x-token", "a.b.c"));
        assert_eq!(found(&source, without_peer), Ok(None));
    }

    #[test]
    fn a_cookie_is_not_believed_from_other_sites() {
        let source = TokenSource::cookie("__Host-t", ["https://app.example"]);
        let same = ("sec-fetch-site", "same-origin");
        let own = ("origin", "https://app.example");
        let cookie = ("cookie", "a=b; __Host-t=a.b.c; c=d");
        type Fields = Vec<(&'static str, &'static str)>;
        let table: Vec<(&str, Fields, Found)> = vec![
            ("GET", vec![cookie], Ok(Some("a.b.c"))),
            ("GET", vec![("cookie", "__Host-tt=x; x__Host-t=y")], Ok(None)),
            ("GET", vec![cookie, ("cookie", "__Host-t=other")], Err("malformed_token")),
            ("GET", vec![("cookie", "__Host-t=\"a\"")], Err("malformed_token")),
            ("POST", vec![], Ok(None)),
            ("POST", vec![cookie], Err("cross_site_request")),
            ("POST", vec![cookie, same], Ok(Some("a.b.c"))),
            ("POST", vec![cookie, own], Ok(Some("a.b.c"))),
            ("DELETE", vec![cookie, ("sec-fetch-site", "same-site")], Err("cross_site_request")),
            (
                "POST",
                vec![cookie, ("sec-fetch-site", "cross-site"), own],
                Err("cross_site_request"),
            ),
            ("POST", vec![cookie, same, ("sec-fetch-site", "none")], Err("cross_site_request")),
            ("POST", vec![cookie, ("origin", "https://evil.example")], Err("cross_site_request")),
            ("POST", vec![cookie, ("origin", "null")], Err("cross_site_request")),
            ("GET", vec![cookie, ("upgrade", "websocket")], Err("cross_site_request")),
            ("GET", vec![cookie, ("upgrade", "websocket"), own], Ok(Some("a.b.c"))),
        ];
        for (method, fields, expected) in table {
            let mut request = TestRequest::default().method(method.parse().unwrap());
            for field in &fields {
                request = request.append_header(*field);
            }
            let expected = expected.map(|token| token.map(str::to_owned));
            assert_eq!(found(&source, request), expected, "{method} {fields:?}");
        }
    }
}
