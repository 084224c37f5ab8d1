//! The request that a proxy asks about.

use std::borrow::Cow;

use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::http::{Method, Uri};

/// The path that proxies ask at.
pub(super) const PATH: &str = "/authorize";

/// The longest URI, in bytes.
const MAX_LENGTH: usize = 8192;

/// Fields by which a backend might see another path or method than this server.
const OVERRIDES: [&str; 6] = [
    "x-original-url",
    "x-rewrite-url",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-method",
];

/// Fields that a backend takes for the proxy's own words, apart from the identity headers.
const OF_PROXIES: [&str; 10] = [
    "client-cert",
    "client-cert-chain",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-method",
    "x-forwarded-proto",
    "x-forwarded-uri",
    "x-real-ip",
    "x-ssl-cert",
];

/// Method and URI of the request that a proxy asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ForwardedRequest {
    pub(super) method: Method,
    pub(super) uri: Uri,
}

impl ForwardedRequest {
    /// Reads `X-Forwarded-Method` and `X-Forwarded-Uri` or, as Envoy asks, the request itself below
    /// `/authorize/`. The names of identity headers begin with `prefix`, in lower case. The proxy may set
    /// the access token in `token_header`.
    ///
    /// # Errors
    ///
    /// If the backend might take the request for another one: the client is at fault, or the proxy's
    /// configuration.
    pub(super) fn of(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        prefix: &str,
        token_header: Option<&HeaderName>,
    ) -> Result<Self, String> {
        let is_forbidden = |name: &&HeaderName| is_forbidden(name, prefix, token_header);
        if let Some(name) = headers.keys().find(is_forbidden) {
            return Err(format!("{name} is not allowed: it could change what the backend sees"));
        }
        let forwarded_method = only(headers, &HeaderName::from_static("x-forwarded-method"))?;
        let forwarded_uri = only(headers, &HeaderName::from_static("x-forwarded-uri"))?;
        let asked = uri.path_and_query().map_or("", |asked| asked.as_str());
        let below = asked.strip_prefix(PATH).filter(|rest| rest.starts_with('/'));
        let (method, text) = match (forwarded_method, forwarded_uri, below) {
            (Some(method), Some(uri), None) => {
                let method = method.parse().map_err(|_| "X-Forwarded-Method is not a method")?;
                (method, uri)
            }
            (None, None, Some(below)) => (method.clone(), below),
            (None, None, None) => {
                return Err("X-Forwarded-Method and X-Forwarded-Uri are missing".to_owned());
            }
            _ => {
                return Err(
                    "X-Forwarded-Method and X-Forwarded-Uri must come together, and not to a \
                            path below /authorize/"
                        .to_owned(),
                );
            }
        };
        check(text)?;
        let uri = text.parse().map_err(|_| "the URI is malformed")?;
        Ok(Self { method, uri })
    }
}

/// Whether a backend might take the field for one of [`OVERRIDES`], or for one that the proxy sets. Recipes
/// strip or replace the names with hyphens, and cannot list every mixture.
fn is_forbidden(name: &HeaderName, prefix: &str, token_header: Option<&HeaderName>) -> bool {
    let read = as_read(name);
    let is_of_proxy = || read.starts_with(prefix) || OF_PROXIES.contains(&&*read);
    OVERRIDES.contains(&&*read)
        || (read != name.as_str() && is_of_proxy())
        || token_header.is_some_and(|header| name != header && read == as_read(header))
}

/// The name with a hyphen for each character that CGI and its successors may not distinguish from one: `_`
/// (RFC 3875 section 4.1.18), and with lighttpd any that is neither letter nor digit.
fn as_read(name: &HeaderName) -> Cow<'_, str> {
    let is_alike = |byte: u8| byte != b'-' && !byte.is_ascii_alphanumeric();
    if name.as_str().bytes().any(is_alike) {
        name.as_str().replace(|character: char| !character.is_ascii_alphanumeric(), "-").into()
    } else {
        name.as_str().into()
    }
}

/// The value of a field, which must not occur twice.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, String> {
    let mut values = headers.get_all(name);
    let value = values.next();
    if values.next().is_some() {
        return Err(format!("{name} occurs twice"));
    }
    let text = value.map(|value| value.to_str().map_err(|_| format!("{name} is not plain text")));
    text.transpose()
}

/// Checks that every server reads the same path. Proxies and backends differ in what they decode, merge
/// and resolve, so that only normal forms (RFC 3986 section 6.2.2) without empty segments are accepted.
fn check(uri: &str) -> Result<(), String> {
    if uri.len() > MAX_LENGTH {
        return Err(format!("the URI is longer than {MAX_LENGTH} bytes"));
    }
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(
            "the URI has a space, a control character or a character that is not ASCII".to_owned()
        );
    }
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    if !path.starts_with('/') {
        return Err("the URI does not begin with /".to_owned());
    }
    if path.as_bytes().windows(2).any(|pair| pair == b"//") {
        return Err("the path has an empty segment".to_owned());
    }
    let is_special = |byte: &u8| {
        matches!(byte, b'\\' | b';' | b'#' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}')
    };
    if let Some(byte) = path.bytes().find(is_special) {
        return Err(format!("the path has {:?}", char::from(byte)));
    }
    if query.contains('#') {
        return Err("the URI has a fragment".to_owned());
    }
    let mut segments = path.as_bytes().split(|byte| *byte == b'/');
    if segments.any(|segment| matches!(segment, b"." | b"..")) {
        return Err("the path has a dot segment".to_owned());
    }
    check_encoding(path)
}

/// Allows percent-encoding only of characters that must be encoded and have no meaning in a path.
fn check_encoding(path: &str) -> Result<(), String> {
    if !path.contains('%') {
        return Ok(());
    }
    let mut bytes = Vec::new();
    let mut plain_and_encoded = path.split('%');
    bytes.extend(plain_and_encoded.next().unwrap_or_default().bytes());
    for encoded in plain_and_encoded {
        let digits =
            encoded.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(byte) = byte else {
            return Err("the path has a % that encodes nothing".to_owned());
        };
        let is_needless = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_needless || byte.is_ascii_control() || b"/\\%;?#".contains(&byte) {
            return Err(format!("the path has %{byte:02X}, which servers read differently"));
        }
        bytes.push(byte);
        bytes.extend(encoded.bytes().skip(2));
    }
    // Overlong forms of / and . too, which some decoders accept (RFC 3629 section 3).
    std::str::from_utf8(&bytes).map(drop).map_err(|_| "the path is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn forwarded(asked: &str, fields: &[(&str, &str)]) -> Result<ForwardedRequest, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let name = HeaderName::try_from(*name).unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let token_header = HeaderName::from_static("x-access-token");
        let asked = asked.parse().unwrap();
        ForwardedRequest::of(&Method::GET, &asked, &headers, "x-auth-", Some(&token_header))
    }

    #[test]
    fn the_request_comes_from_two_fields_or_from_the_path() {
        let fields = [("x-forwarded-method", "PUT"), ("x-forwarded-uri", "/a/b?c=d")];
        let forwarded_fields = forwarded("/authorize", &fields).unwrap();
        assert_eq!(forwarded_fields.method, Method::PUT);
        assert_eq!(forwarded_fields.uri, "/a/b?c=d");
        let below = forwarded("/authorize/a/b?c=d", &[]).unwrap();
        assert_eq!((below.method, below.uri), (Method::GET, "/a/b?c=d".parse().unwrap()));
        let contradictions: [&[(&str, &str)]; 9] = [
            &[],
            &[("x-forwarded-method", "GET")],
            &[("x-forwarded-uri", "/a")],
            &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "/a"), ("x-forwarded-uri", "/b")],
            &[
                ("x-forwarded-method", "GET"),
                ("x-forwarded-method", "GET"),
                ("x-forwarded-uri", "/a"),
            ],
            &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "/a"), ("x_rewrite_url", "/b")],
            &[("x-forwarded-method", "G T"), ("x-forwarded-uri", "/a")],
            &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "/a"), ("x-original-url", "/b")],
            &[
                ("x-forwarded-method", "GET"),
                ("x-forwarded-uri", "/a"),
                ("x-http-method-override", "DELETE"),
            ],
        ];
        for fields in contradictions {
            forwarded("/authorize", fields).expect_err(&format!("{fields:?}"));
        }
        forwarded("/authorize/a", &fields).expect_err("two answers to one question");
    }

    #[test]
    fn a_field_that_cgi_reads_as_one_of_the_proxy_is_rejected() {
        let request = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/a")];
        let table = [
            ("X-Auth-Roles", true),
            ("X-Authorized_By", true),
            ("X_Request_Id", true),
            ("X_Auth_Roles", false),
            ("X-Auth_Roles", false),
            ("X_Auth-Roles", false),
            ("X-Auth-_Roles", false),
            ("x-auth-full_name", false),
            ("X.Auth.Roles", false),
            ("X~Auth-Roles", false),
            ("X-Auth!Roles", false),
            ("X!HTTP~Method.Override", false),
            ("Client_Cert", false),
            ("Client-Cert_Chain", false),
            ("X-SSL_Cert", false),
            ("X_Forwarded-Client_Cert", false),
            ("X-Forwarded_Uri", false),
            ("X_Forwarded_Method", false),
            ("X_Forwarded_For", false),
            ("X-Real_IP", false),
            ("X-Access-Token", true),
            ("X_Access_Token", false),
            ("X-Access.Token", false),
        ];
        for (name, is_accepted) in table {
            let read = forwarded("/authorize", &[request[0], request[1], (name, "a")]);
            assert_eq!(read.is_ok(), is_accepted, "RFC 3875 4.1.18: {name}");
        }
    }

    #[test]
    fn a_path_that_servers_read_differently_is_rejected() {
        let good = [
            "/",
            "/a",
            "/a/",
            "/a/b.json",
            "/a?b=//..%2f;",
            "/a%20b",
            "/caf%C3%A9",
            "/a%7Cb",
            "/a:b@c",
            "/a,b=c!$&'()*+",
            "/.well-known/x",
            "/...",
            "/a..b",
        ];
        for uri in good {
            assert_eq!(check(uri), Ok(()), "{uri}");
        }
        let long = format!("/{}", "a".repeat(MAX_LENGTH));
        let bad = [
            "",
            "a",
            "*",
            "http://a.example/b",
            "//a",
            "/a//b",
            "/a/./b",
            "/a/..",
            "/../a",
            "/.",
            "/a/.",
            "/%2e%2e/a",
            "/a/%2E/b",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/a%252fb",
            "/%25",
            "/a;b=c",
            "/a%3Bb",
            "/a%3fb",
            "/a%23b",
            "/a#b",
            "/a?b#c",
            "/a%00",
            "/a%0d%0ab",
            "/a%7F",
            "/%61",
            "/%7e",
            "/%C0%AE%C0%AE%C0%AFa",
            "/%E0%80%AF",
            "/%FF",
            "/caf%E9",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a b",
            "/a\tb",
            "/a\u{e9}",
            "/a{b}",
            "/a|b",
            &long,
        ];
        for uri in bad {
            assert!(check(uri).is_err(), "{uri}");
        }
    }
}
