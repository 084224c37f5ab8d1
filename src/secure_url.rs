//! URLs that can be fetched safely: https, or http on a loopback host.

use std::net::IpAddr;

use derive_more::{Display, Error};
use url::{Host, Url};

/// Why a URL is not safe to fetch. The cause is whoever wrote it: the configuration, or an issuer's
/// metadata.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
pub enum InsecureUrl {
    /// Not an absolute URL with a host.
    #[display("not an absolute URL; it should look like https://issuer.example/")]
    NotAUrl,
    /// Neither https, nor http on a loopback host.
    #[display("not https (http is accepted for loopback hosts alone)")]
    NotHttps,
    /// It contains a user name or password.
    #[display("a URL with a user name or password")]
    Credentials,
}

/// Parses an absolute URL that is https, or http on a loopback host, and contains no credentials.
pub(crate) fn secure_url(text: &str) -> Result<Url, InsecureUrl> {
    let url = Url::parse(text).map_err(|_| InsecureUrl::NotAUrl)?;
    if url.host().is_none() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(InsecureUrl::NotAUrl);
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(InsecureUrl::NotHttps),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InsecureUrl::Credentials);
    }
    Ok(url)
}

/// The URL without user name, password and query, which can contain secrets.
pub(crate) fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    // A URL that can be fetched has a host, so neither can fail.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    let query = if url.query().is_some() { "?(redacted)" } else { "" };
    format!("{shown}{query}")
}

/// Whether the URL's host is this machine. A name below `localhost` is not: resolvers may ask DNS.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_url_are_not_shown() {
        let table = [
            ("https://a.example/jwks", "https://a.example/jwks"),
            ("https://a.example/jwks?key=hush", "https://a.example/jwks?(redacted)"),
            ("https://me:hush@a.example/#hush", "https://a.example/"),
        ];
        for (text, expected) in table {
            assert_eq!(redacted(&Url::parse(text).unwrap()), expected);
        }
    }

    #[test]
    fn only_https_and_loopback_http_without_credentials_are_safe() {
        let table = [
            ("https://issuer.example/?a=b#c", Ok(())),
            ("http://127.1.2.3:3011/", Ok(())),
            ("http://[::1]:3011/", Ok(())),
            ("http://localhost/", Ok(())),
            ("http://LOCALHOST:3011/", Ok(())),
            ("http://anything.localhost/", Err(InsecureUrl::NotHttps)),
            ("http://localhost./", Err(InsecureUrl::NotHttps)),
            ("http://128.0.0.1/", Err(InsecureUrl::NotHttps)),
            ("http://[::2]/", Err(InsecureUrl::NotHttps)),
            ("http://localhost.evil.example/", Err(InsecureUrl::NotHttps)),
            ("http://10.0.0.1/", Err(InsecureUrl::NotHttps)),
            ("http://[::ffff:127.0.0.1]/", Err(InsecureUrl::NotHttps)),
            ("ftp://issuer.example/", Err(InsecureUrl::NotHttps)),
            ("issuer.example", Err(InsecureUrl::NotAUrl)),
            ("mailto:a@example.com", Err(InsecureUrl::NotAUrl)),
            (" https://issuer.example", Err(InsecureUrl::NotAUrl)),
            ("https://issuer.example/\n", Err(InsecureUrl::NotAUrl)),
            ("", Err(InsecureUrl::NotAUrl)),
            ("https://user@issuer.example/", Err(InsecureUrl::Credentials)),
            ("https://:secret@issuer.example/", Err(InsecureUrl::Credentials)),
        ];
        for (text, expected) in table {
            assert_eq!(secure_url(text).map(drop), expected, "{text}");
        }
    }
}
