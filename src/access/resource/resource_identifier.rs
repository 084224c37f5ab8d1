//! Resource identifiers (RFC 9728 section 1.2).

use std::fmt;
use std::str::FromStr;

use derive_more::{Display, Error};
use url::Url;

use crate::access::policy::is_printable_name;
use crate::secure_url::{InsecureUrl, secure_url};

/// A resource identifier: an absolute `https` URL without a fragment (RFC 9728 section 1.2). `http`
/// is accepted only for loopback hosts.
///
/// ```
/// use actix_resource_server::access::ResourceIdentifier;
///
/// let resource: ResourceIdentifier = "https://api.example/messages".parse()?;
/// assert_eq!(
///     resource.metadata_address(),
///     "https://api.example/.well-known/oauth-protected-resource/messages"
/// );
/// # Ok::<(), actix_resource_server::access::InvalidResourceIdentifier>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceIdentifier {
    text: String,
    metadata: Url,
}

/// Why a text is not a resource identifier. The operator is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidResourceIdentifier {
    /// Not an absolute URL with a host, or not in printable ASCII.
    #[display("not an absolute URL; it should look like https://api.example/")]
    NotAUrl,
    /// Neither https, nor http on a loopback host.
    #[display("not https (http is accepted only for loopback hosts)")]
    NotHttps,
    /// It has a fragment, or a user name or password.
    #[display("a resource identifier has no fragment, user name or password")]
    TooMuch,
}

impl ResourceIdentifier {
    /// The identifier as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the resource's metadata is found: the well-known path goes between host and path, and
    /// a trailing slash is dropped (RFC 9728 section 3.1).
    pub fn metadata_address(&self) -> &str {
        self.metadata.as_str()
    }

    /// The path of [`metadata_address`](Self::metadata_address), without the query.
    pub fn metadata_path(&self) -> &str {
        self.metadata.path()
    }
}

impl FromStr for ResourceIdentifier {
    type Err = InvalidResourceIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = secure_url(text).map_err(|fault| match fault {
            InsecureUrl::NotAUrl => InvalidResourceIdentifier::NotAUrl,
            InsecureUrl::NotHttps => InvalidResourceIdentifier::NotHttps,
            InsecureUrl::Credentials => InvalidResourceIdentifier::TooMuch,
        })?;
        if url.fragment().is_some() {
            return Err(InvalidResourceIdentifier::TooMuch);
        }
        // A challenge quotes it.
        if !is_printable_name(text) {
            return Err(InvalidResourceIdentifier::NotAUrl);
        }
        let mut metadata = url.clone();
        let path = url.path().strip_suffix('/').unwrap_or(url.path());
        metadata.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
        Ok(Self { text: text.to_owned(), metadata })
    }
}

impl fmt::Display for ResourceIdentifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_lies_between_host_and_path() {
        let table = [
            ("https://a.example", "https://a.example/.well-known/oauth-protected-resource"),
            ("https://a.example/", "https://a.example/.well-known/oauth-protected-resource"),
            ("https://a.example/x/", "https://a.example/.well-known/oauth-protected-resource/x"),
            (
                "https://a.example:8443/x?y=z",
                "https://a.example:8443/.well-known/oauth-protected-resource/x?y=z",
            ),
        ];
        for (text, address) in table {
            let resource: ResourceIdentifier = text.parse().expect(text);
            assert_eq!(resource.metadata_address(), address, "RFC 9728 3.1");
            assert_eq!(resource.as_str(), text, "RFC 9728 3.3: identical");
            assert_eq!(resource.to_string(), text, "RFC 9728 3.3: identical");
            let path = resource.metadata_path();
            assert!(path.starts_with("/.well-known/"), "RFC 9728 3.1: {path}");
            let (before_query, _) = address.split_once('?').unwrap_or((address, ""));
            assert!(before_query.ends_with(path), "RFC 9728 3.1: {path}");
        }
    }

    #[test]
    fn what_could_not_be_fetched_or_quoted_is_no_identifier() {
        use InvalidResourceIdentifier::{NotAUrl, NotHttps, TooMuch};
        let table = [
            ("my-api", NotAUrl),
            ("", NotAUrl),
            ("https://a.example/\"", NotAUrl),
            ("https://a.example/é", NotAUrl),
            ("http://a.example", NotHttps),
            ("https://a.example/#x", TooMuch),
            ("https://user@a.example/", TooMuch),
        ];
        for (text, fault) in table {
            assert_eq!(text.parse::<ResourceIdentifier>(), Err(fault), "RFC 9728 1.2: {text}");
        }
    }
}
