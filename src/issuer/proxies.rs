//! HTTP proxies on the way to issuers, and the hosts that are reached without them.

mod exceptions;

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use derive_more::{Display, Error};
use url::Url;

use self::exceptions::Exceptions;
use crate::percent::percent_decoded;
use crate::secure_url::is_loopback;

/// The proxies through which issuers are reached. By default there is none.
///
/// A loopback host is never reached through a proxy. https goes through a tunnel (`CONNECT`, RFC 9110
/// section 9.3.6), so the proxy sees the name of the host and nothing else.
///
/// ```
/// use actix_resource_server::issuer::Proxies;
///
/// let mut proxies = Proxies::default();
/// proxies.https = Some("http://user:password@proxy.example:3128".parse()?);
/// proxies.except("issuer.internal, .cluster.local, 10.0.0.0/8");
/// assert!(!format!("{proxies:?}").contains("password"));
/// # Ok::<(), actix_resource_server::issuer::InvalidProxy>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proxies {
    /// The proxy for https: the variable `HTTPS_PROXY` in most programs.
    pub https: Option<Proxy>,
    /// The proxy for plain http: `HTTP_PROXY`.
    pub http: Option<Proxy>,
    exceptions: Exceptions,
}

/// An HTTP proxy, possibly with credentials. `Debug` and `Display` leave the credentials out.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("Proxy({})", self)]
pub struct Proxy {
    /// Without credentials.
    url: Url,
    /// The value of `Proxy-Authorization`.
    authorization: Option<String>,
}

/// Why a text is not the address of a proxy. The operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidProxy {
    /// Not a URL or a host with a port.
    #[display("not the address of a proxy; it should look like http://proxy.example:3128")]
    NotAUrl,
    /// Another protocol, such as SOCKS.
    #[display("only http and https proxies are supported")]
    UnsupportedScheme,
    /// It has a path, a query or a fragment.
    #[display("the address of a proxy ends with its port")]
    TooMuch,
    /// The user name contains a colon, or the credentials a control character (RFC 7617 section 2).
    #[display("user name and password cannot be sent; write reserved characters as %3A and so on")]
    Credentials,
}

impl Proxies {
    /// Adds hosts that are reached without a proxy, comma-separated: the variable `NO_PROXY` in most
    /// programs. A name counts for its subdomains too, with or without a leading dot; an IP address or
    /// network such as `10.0.0.0/8` for hosts that are written as addresses; `*` for all. A port limits
    /// an item to that port.
    pub fn except(&mut self, hosts: &str) {
        self.exceptions.add_all(hosts);
    }

    /// The proxy on the way to this URL.
    pub(super) fn for_url(&self, url: &Url) -> Option<&Proxy> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !is_loopback(url) && !self.exceptions.contains(url))
    }
}

impl Proxy {
    /// The address, without credentials.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The value of the `Proxy-Authorization` field, which is secret (RFC 7617 section 2).
    pub(super) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    /// Reads `http://user:password@host:port`. Without a scheme it is http; without a port, that of the
    /// scheme. User name and password are percent-decoded.
    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let text = text.trim();
        let url = match text.contains("://") {
            true => Url::parse(text),
            false => Url::parse(&format!("http://{text}")),
        };
        let mut url = url.map_err(|_| InvalidProxy::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidProxy::UnsupportedScheme);
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidProxy::TooMuch);
        }
        let authorization = authorization(&url)?;
        // A URL with a host can always be changed like this.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok(Self { url, authorization })
    }
}

fn authorization(url: &Url) -> Result<Option<String>, InvalidProxy> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text: &str| {
        let bytes = percent_decoded(text).filter(|bytes| !bytes.iter().any(u8::is_ascii_control));
        bytes.ok_or(InvalidProxy::Credentials)
    };
    let mut credentials = decoded(url.username())?;
    if credentials.contains(&b':') {
        return Err(InvalidProxy::Credentials);
    }
    credentials.push(b':');
    credentials.extend(decoded(url.password().unwrap_or_default())?);
    Ok(Some(format!("Basic {}", STANDARD.encode(credentials))))
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port_or_known_default() {
            Some(port) => write!(formatter, "{host}:{port}"),
            None => formatter.write_str(host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_its_credentials() {
        let basic = |text: &str| Some(format!("Basic {}", STANDARD.encode(text)));
        let read = |text: &str| {
            let proxy: Proxy = text.parse()?;
            Ok((proxy.url.to_string(), proxy.authorization))
        };
        let at = |url: &str, authorization| Ok((url.to_owned(), authorization));
        let table = [
            ("http://proxy.example:3128", at("http://proxy.example:3128/", None)),
            ("https://proxy.example/", at("https://proxy.example/", None)),
            ("proxy.example:3128", at("http://proxy.example:3128/", None)),
            (" 10.0.0.1:8080 ", at("http://10.0.0.1:8080/", None)),
            ("[2001:db8::1]:8080", at("http://[2001:db8::1]:8080/", None)),
            ("http://me:hush@proxy.example", at("http://proxy.example/", basic("me:hush"))),
            ("me:hush@proxy.example:1", at("http://proxy.example:1/", basic("me:hush"))),
            ("http://me@proxy.example", at("http://proxy.example/", basic("me:"))),
            ("http://a%40b:c%3Ad%25@p.example", at("http://p.example/", basic("a@b:c:d%"))),
            ("http://a%3Ab:c@proxy.example", Err(InvalidProxy::Credentials)),
            ("http://a:b%0a@proxy.example", Err(InvalidProxy::Credentials)),
            ("http://a:100%@proxy.example", Err(InvalidProxy::Credentials)),
            ("socks5://proxy.example:1080", Err(InvalidProxy::UnsupportedScheme)),
            ("http://proxy.example/path", Err(InvalidProxy::TooMuch)),
            ("http://proxy.example?a", Err(InvalidProxy::TooMuch)),
            ("http://", Err(InvalidProxy::NotAUrl)),
            ("a b", Err(InvalidProxy::NotAUrl)),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "RFC 7617 2: {text}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let proxy: Proxy = "http://me:hush@proxy.example:3128".parse().expect("a proxy");
        assert_eq!(proxy.to_string(), "proxy.example:3128");
        assert_eq!(format!("{proxy:?}"), "Proxy(proxy.example:3128)");
        let portless: Proxy = "https://proxy.example".parse().expect("a proxy");
        assert_eq!(portless.to_string(), "proxy.example:443");
    }

    #[test]
    fn each_scheme_has_its_proxy_and_loopback_has_none() {
        let mut proxies = Proxies {
            https: Some("secure.example:1".parse().expect("a proxy")),
            http: Some("plain.example:2".parse().expect("a proxy")),
            ..Proxies::default()
        };
        proxies.except("issuer.internal, 10.0.0.0/8");
        let table = [
            ("https://issuer.example/", Some("secure.example:1")),
            ("http://issuer.example/", Some("plain.example:2")),
            ("https://issuer.internal/", None),
            ("http://10.1.2.3/", None),
            ("https://localhost/", None),
            ("http://localhost:3011/", None),
            ("https://127.1.2.3/", None),
            ("https://[::1]/", None),
        ];
        for (url, expected) in table {
            let url = url.parse().expect("a URL");
            let proxy = proxies.for_url(&url).map(ToString::to_string);
            assert_eq!(proxy.as_deref(), expected, "{url}");
        }
        proxies.https = None;
        assert_eq!(proxies.for_url(&"https://issuer.example/".parse().expect("a URL")), None);
    }
}
