//! Address of the shared memory.

use std::fmt;
use std::str::FromStr;

use derive_more::{Display, Error};
use url::Url;

/// Address of a Redis or Valkey server: `redis://host:6379/0`, `rediss://…` for TLS, or
/// `unix:/path/to/socket`. It may contain a user name and password, which `Display` and `Debug` hide.
///
/// ```
/// use actix_resource_server::memory::SharedMemoryUrl;
///
/// let url: SharedMemoryUrl = "rediss://:secret@cache.internal:6380/2".parse()?;
/// assert_eq!(url.to_string(), "rediss://cache.internal:6380/2");
/// assert!("http://cache.internal".parse::<SharedMemoryUrl>().is_err());
/// # Ok::<(), actix_resource_server::memory::InvalidSharedMemory>(())
/// ```
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("SharedMemoryUrl({})", self)]
pub struct SharedMemoryUrl(Url);

/// The text is not the address of a shared memory; the operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSharedMemory {
    /// It is not a URL at all.
    #[display("it is not a URL")]
    NotAUrl,
    /// The scheme is another one.
    #[display("it does not start with redis://, rediss:// or unix:")]
    OtherScheme,
    /// There is no host, or no path to a socket.
    #[display("it names no host and no socket")]
    NoHost,
    /// The path is not the number of a database.
    #[display("its path is not a database number")]
    BadDatabase,
    /// A query or fragment: it would be ignored, or disable checks.
    #[display("it has a query or a fragment")]
    Extra,
}

impl SharedMemoryUrl {
    /// The whole address, password included.
    pub(super) const fn as_url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for SharedMemoryUrl {
    type Err = InvalidSharedMemory;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Url = text.parse().map_err(|_| InvalidSharedMemory::NotAUrl)?;
        let is_socket = match url.scheme() {
            "redis" | "rediss" => false,
            "unix" => true,
            _ => return Err(InvalidSharedMemory::OtherScheme),
        };
        // `#insecure` would disable the verification of the server's certificate.
        if url.fragment().is_some() || url.query().is_some() {
            return Err(InvalidSharedMemory::Extra);
        }
        if is_socket {
            let names_socket = url.path().starts_with('/') && url.path().len() > 1;
            return if names_socket && !url.has_host() {
                Ok(Self(url))
            } else {
                Err(InvalidSharedMemory::NoHost)
            };
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidSharedMemory::NoHost);
        }
        let database = url.path().trim_start_matches('/');
        if !database.is_empty() && database.parse::<u16>().is_err() {
            return Err(InvalidSharedMemory::BadDatabase);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for SharedMemoryUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(url) = self;
        let separator = if url.has_host() { "//" } else { "" };
        write!(formatter, "{}:{separator}{}", url.scheme(), url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(formatter, ":{port}")?;
        }
        formatter.write_str(url.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_shown_without_its_password() {
        use InvalidSharedMemory::{BadDatabase, Extra, NoHost, NotAUrl, OtherScheme};
        let table = [
            ("redis://cache", Ok("redis://cache")),
            ("redis://cache:7000/3", Ok("redis://cache:7000/3")),
            ("redis://user:secret@10.0.0.1", Ok("redis://10.0.0.1")),
            ("rediss://:secret@[::1]:6380/", Ok("rediss://[::1]:6380/")),
            ("unix:/run/redis.sock", Ok("unix:/run/redis.sock")),
            ("unix:///run/redis.sock", Ok("unix:/run/redis.sock")),
            ("cache:6379", Err(OtherScheme)),
            ("6379", Err(NotAUrl)),
            ("http://cache", Err(OtherScheme)),
            ("redis:///1", Err(NoHost)),
            ("unix:", Err(NoHost)),
            ("unix:relative", Err(NoHost)),
            ("unix://host/run/redis.sock", Err(NoHost)),
            ("redis://cache/name", Err(BadDatabase)),
            ("rediss://cache#insecure", Err(Extra)),
            ("redis://cache?protocol=resp3", Err(Extra)),
        ];
        for (text, expected) in table {
            let read = text.parse::<SharedMemoryUrl>().map(|url| url.to_string());
            assert_eq!(read.as_deref().map_err(|fault| *fault), expected, "{text}");
        }
        let url: SharedMemoryUrl = "redis://user:secret@cache".parse().expect("an address");
        assert!(!format!("{url} {url:?}").contains("secret"));
    }
}
