//! The URI that a request was sent to, and its comparison with a proof's `htu`.
//!
//! The caller controls what the request says about its host (`Host`, `Forwarded`, `X-Forwarded-*`).
//! So the target URI is built from a configured public URL and the request's path, and `htu` is
//! compared with it (RFC 9449 section 4.3, checks 8 and 9).

#[cfg(test)]
mod tests;
mod uri;

use std::str::FromStr;

use derive_more::{Display, Error};

pub(crate) use self::uri::MalformedUri;
use self::uri::{Uri, is_plain_path, normalized_path};

/// A URL under which callers reach this API: scheme, host, port, and the path prefix that a proxy
/// in front strips.
///
/// ```
/// use actix_resource_server::sender::PublicUrl;
///
/// let url: PublicUrl = "https://API.example:443/v1/".parse()?;
/// assert_eq!(url.to_string(), "https://api.example/v1");
/// assert!("http://api.example".parse::<PublicUrl>().is_err());
/// # Ok::<(), actix_resource_server::sender::InvalidPublicUrl>(())
/// ```
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[display("{origin}{prefix}")]
pub struct PublicUrl {
    /// Normalized, without a slash at its end.
    origin: Box<str>,
    /// Normalized, empty or with a slash at its start and none at its end.
    prefix: Box<str>,
}

/// The text cannot be a public URL; the operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidPublicUrl {
    /// Not an absolute URI with a host, or one with a user name.
    #[display("it is not an absolute URL with a host name or address and without a user name")]
    Malformed,
    /// Neither https, nor http on a loopback host: tokens would cross the network in clear.
    #[display("it is not https (http is accepted only for loopback hosts)")]
    NotHttps,
    /// A query or fragment, which no `htu` has.
    #[display("it has a query or a fragment")]
    Extra,
}

/// The target of one request.
#[derive(Debug, Clone, Copy)]
pub struct TargetUri<'a> {
    public_urls: &'a [PublicUrl],
    path: &'a str,
}

/// How `htu` and the target of a request differ, if they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `htu` names the target.
    Same,
    /// Scheme, host or port are those of no public URL.
    OtherOrigin,
    /// The path is another.
    OtherPath,
}

impl<'a> TargetUri<'a> {
    /// The target of a request with this path, under each of these public URLs. The path is the one
    /// that the request line holds: percent-encoded, without query.
    pub const fn new(public_urls: &'a [PublicUrl], path: &'a str) -> Self {
        Self { public_urls, path }
    }

    /// The path of the request line.
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The URIs that `htu` may have, in their normalized form.
    pub fn uris(&self) -> impl Iterator<Item = String> {
        let path = normalized_path(self.path);
        self.public_urls.iter().filter_map(move |url| {
            path.as_ref().map(|path| format!("{}{}{path}", url.origin, url.prefix))
        })
    }

    /// Compares `htu` with this target. Query and fragment of `htu` are ignored; both sides are
    /// normalized by syntax and scheme (RFC 3986 sections 6.2.2 and 6.2.3).
    pub(crate) fn compare(&self, htu: &str) -> Result<Comparison, MalformedUri> {
        if self.public_urls.iter().any(|url| url.is_written(htu, self.path)) {
            return Ok(Comparison::Same);
        }
        let uri = Uri::parse(htu)?;
        let (origin, named) = (uri.origin()?, normalized_path(uri.path).ok_or(MalformedUri)?);
        let path = normalized_path(self.path);
        let mut comparison = Comparison::OtherOrigin;
        for url in self.public_urls.iter().filter(|url| *url.origin == *origin) {
            if named.strip_prefix(&*url.prefix) == path.as_deref() && path.is_some() {
                return Ok(Comparison::Same);
            }
            comparison = Comparison::OtherPath;
        }
        Ok(comparison)
    }
}

impl PublicUrl {
    /// Whether there is a path prefix.
    pub const fn has_prefix(&self) -> bool {
        !self.prefix.is_empty()
    }

    /// The URL of the host, without the path prefix.
    #[must_use]
    pub fn without_prefix(&self) -> Self {
        Self { origin: self.origin.clone(), prefix: "".into() }
    }

    /// Whether `htu` is exactly this URL and path, as most clients write it.
    fn is_written(&self, htu: &str, path: &str) -> bool {
        let rest =
            htu.strip_prefix(&*self.origin).and_then(|rest| rest.strip_prefix(&*self.prefix));
        rest == Some(path) && is_plain_path(path)
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = |_| InvalidPublicUrl::Malformed;
        let uri = Uri::parse(text).map_err(malformed)?;
        if !is_host(uri.host) {
            return Err(InvalidPublicUrl::Malformed);
        }
        if uri.has_more {
            return Err(InvalidPublicUrl::Extra);
        }
        if !uri.is_https && !is_loopback(uri.host) {
            return Err(InvalidPublicUrl::NotHttps);
        }
        let origin = uri.origin().map_err(malformed)?;
        let path = normalized_path(uri.path).ok_or(InvalidPublicUrl::Malformed)?;
        Ok(Self { origin: origin.into(), prefix: path.trim_end_matches('/').into() })
    }
}

/// Whether a proof can name the host: a name or an address, not a pattern such as `*.example`.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(address) => address
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
        None => host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_loopback = |address: std::net::IpAddr| address.is_loopback();
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(is_loopback)
}
