//! The name that this API has among resources (RFC 9728 section 1.2).

use std::fmt;
use std::str::FromStr;

use derive_more::{Display, Error};
use url::Url;

/// A resource identifier: an absolute `https` URL without a fragment (RFC 9728 section 1.2). `http`
/// is accepted for loopback hosts alone.
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

/// The text is no resource identifier; the operator is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("a resource identifier is an absolute https URL without a fragment")]
pub struct InvalidResourceIdentifier;

impl ResourceIdentifier {
    /// The identifier as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the resource's metadata is found: the well-known path goes between host and path, and
    /// a terminating slash goes (RFC 9728 section 3.1).
    pub fn metadata_address(&self) -> &str {
        self.metadata.as_str()
    }

    /// The path, with the query if there is one, of [`metadata_address`](Self::metadata_address).
    pub fn metadata_path(&self) -> &str {
        self.metadata.path()
    }
}

impl FromStr for ResourceIdentifier {
    type Err = InvalidResourceIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = crate::issuer::secure_url(text).map_err(|_| InvalidResourceIdentifier)?;
        let printable = text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        if url.fragment().is_some() || !printable {
            return Err(InvalidResourceIdentifier);
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
        }
    }

    #[test]
    fn what_could_not_be_fetched_or_quoted_is_no_identifier() {
        for text in ["api", "http://a.example", "https://a.example/#x", "https://a.example/\"", ""]
        {
            assert_eq!(
                text.parse::<ResourceIdentifier>(),
                Err(InvalidResourceIdentifier),
                "{text}"
            );
        }
    }
}
