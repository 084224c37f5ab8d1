//! Origins of web pages that may call this API.

use std::str::FromStr;

use derive_more::{Display, Error};
use url::Url;

/// A web origin (RFC 6454) exactly as browsers send it in `Origin`, or all subdomains of one domain.
///
/// Origins are compared byte by byte, so only the form that browsers send is accepted. Any scheme is
/// allowed: browser extensions and app shells such as Capacitor have schemes of their own.
///
/// ```
/// use actix_resource_server::service::settings::Origin;
///
/// let app: Origin = "https://app.example".parse()?;
/// assert!(app.matches(b"https://app.example"));
/// let previews: Origin = "https://*.preview.example".parse()?;
/// assert!(previews.matches(b"https://pr-7.preview.example"));
/// assert!(!previews.matches(b"https://preview.example"));
///
/// assert!("https://app.example/".parse::<Origin>().is_err()); // browsers send no slash
/// assert!("*".parse::<Origin>().is_err());
/// # Ok::<(), actix_resource_server::service::settings::InvalidOrigin>(())
/// ```
#[derive(Debug, Display, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is not an [`Origin`]. The operator is at fault.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidOrigin {
    /// `*`, or `null` and `file://`, which stand for pages of unknown origin.
    #[display("it would let any web page call this API; list each origin instead")]
    Any,
    /// Not a scheme and a host.
    #[display("not an origin; it should look like https://app.example")]
    Malformed,
    /// A wildcard anywhere but in place of the leftmost label, or without https.
    #[display(
        "a wildcard stands for the leftmost label of an https origin, as in https://*.preview.example"
    )]
    Wildcard,
    /// An origin, but not as browsers write it.
    #[display("browsers send this origin as {_0}; write it like that")]
    NotCanonical(#[error(not(source))] String),
}

impl Origin {
    /// The origin as it was configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an `Origin` header field with this value comes from this origin. A wildcard stands for
    /// exactly one label.
    pub fn matches(&self, origin: &[u8]) -> bool {
        let Some((start, end)) = self.0.split_once('*') else { return origin == self.0.as_bytes() };
        let label = origin.strip_prefix(start.as_bytes());
        let label = label.and_then(|rest| rest.strip_suffix(end.as_bytes()));
        label.is_some_and(is_label)
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        if matches!(text, "*" | "null") || text.starts_with("file:") {
            return Err(InvalidOrigin::Any);
        }
        if text.contains('*') {
            return wildcard(text);
        }
        let url = Url::parse(text).map_err(|_| InvalidOrigin::Malformed)?;
        let canonical = match url.scheme() {
            "http" | "https" => url.origin().ascii_serialization(),
            // Opaque origins in the URL standard; engines send `scheme://host[:port]`.
            scheme => {
                let host = url.host_str().filter(|host| !host.is_empty());
                let host = host.ok_or(InvalidOrigin::Malformed)?.to_ascii_lowercase();
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                format!("{scheme}://{host}{port}")
            }
        };
        if canonical == text {
            Ok(Self(canonical))
        } else {
            Err(InvalidOrigin::NotCanonical(canonical))
        }
    }
}

fn wildcard(text: &str) -> Result<Origin, InvalidOrigin> {
    let rest = text.strip_prefix("https://*.").filter(|rest| !rest.contains('*'));
    let rest = rest.ok_or(InvalidOrigin::Wildcard)?;
    let domain = match format!("https://{rest}").parse::<Origin>() {
        Err(InvalidOrigin::NotCanonical(canonical)) => {
            let canonical = canonical.replacen("https://", "https://*.", 1);
            return Err(InvalidOrigin::NotCanonical(canonical));
        }
        other => other?,
    };
    let url = Url::parse(domain.as_str()).map_err(|_| InvalidOrigin::Malformed)?;
    // `https://*.example` would be every site of a top-level domain, and an address has no subdomains.
    match url.domain() {
        Some(name) if name.contains('.') => Ok(Origin(text.to_owned())),
        _ => Err(InvalidOrigin::Wildcard),
    }
}

fn is_label(label: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    !label.is_empty() && label.iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        let canonical = |origin: &str| Err(InvalidOrigin::NotCanonical(origin.to_owned()));
        let table = [
            ("https://app.example", Ok(())),
            ("https://app.example:8443", Ok(())),
            ("http://localhost:3000", Ok(())),
            ("capacitor://localhost", Ok(())),
            ("tauri://localhost", Ok(())),
            ("ionic://localhost:8080", Ok(())),
            ("chrome-extension://abcdefghijklmnopabcdefghijklmnop", Ok(())),
            ("moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc", Ok(())),
            ("https://*.preview.example", Ok(())),
            ("https://*.preview.example:8443", Ok(())),
            ("*", Err(InvalidOrigin::Any)),
            ("null", Err(InvalidOrigin::Any)),
            ("file://", Err(InvalidOrigin::Any)),
            ("file:///index.html", Err(InvalidOrigin::Any)),
            ("app.example", Err(InvalidOrigin::Malformed)),
            ("localhost:3000", Err(InvalidOrigin::Malformed)),
            ("mailto:a@b.example", Err(InvalidOrigin::Malformed)),
            ("capacitor://", Err(InvalidOrigin::Malformed)),
            ("http://*.preview.example", Err(InvalidOrigin::Wildcard)),
            ("capacitor://*.example", Err(InvalidOrigin::Wildcard)),
            ("https://*", Err(InvalidOrigin::Wildcard)),
            ("https://*.example", Err(InvalidOrigin::Wildcard)),
            ("https://*.192.0.2.1", Err(InvalidOrigin::Wildcard)),
            ("https://*.*.app.example", Err(InvalidOrigin::Wildcard)),
            ("https://app.*.example", Err(InvalidOrigin::Wildcard)),
            ("https://app-*.preview.example", Err(InvalidOrigin::Wildcard)),
            ("https://*.preview.example:*", Err(InvalidOrigin::Wildcard)),
            ("https://app.example/", canonical("https://app.example")),
            ("https://App.example", canonical("https://app.example")),
            ("https://app.example:443", canonical("https://app.example")),
            ("https://app.example/a?b", canonical("https://app.example")),
            ("https://me:secret@app.example", canonical("https://app.example")),
            ("capacitor://localhost/", canonical("capacitor://localhost")),
            ("capacitor://LOCALHOST", canonical("capacitor://localhost")),
            ("https://*.Preview.example/", canonical("https://*.preview.example")),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Origin>().map(drop), expected, "RFC 6454 6.2: {text}");
        }
    }

    #[test]
    fn origins_are_compared_exactly() {
        let table = [
            ("https://app.example", "https://app.example", true),
            ("https://app.example", "http://app.example", false),
            ("https://app.example", "https://app.example:443", false),
            ("https://app.example", "https://APP.example", false),
            ("https://app.example", "https://app.example.evil.example", false),
            ("capacitor://localhost", "capacitor://localhost", true),
            ("capacitor://localhost", "ionic://localhost", false),
            ("https://*.preview.example", "https://a.preview.example", true),
            ("https://*.preview.example", "https://pr-7.preview.example", true),
            ("https://*.preview.example", "https://preview.example", false),
            ("https://*.preview.example", "https://.preview.example", false),
            ("https://*.preview.example", "https://a.b.preview.example", false),
            ("https://*.preview.example", "http://a.preview.example", false),
            ("https://*.preview.example", "https://a.preview.example:8443", false),
            ("https://*.preview.example", "https://evil.example/.preview.example", false),
            ("https://*.preview.example", "https://evil.example#.preview.example", false),
            ("https://*.preview.example", "https://a.preview.example.evil.example", false),
        ];
        for (configured, sent, expected) in table {
            let configured: Origin = configured.parse().unwrap();
            assert_eq!(configured.matches(sent.as_bytes()), expected, "{configured} {sent}");
        }
    }
}
