//! File of the bearer token for metadata and keys.

use std::fs;
use std::path::PathBuf;

use url::Url;

use super::fault::IssuerFault;
use crate::secure_url::is_plain_http;

/// A file with a bearer token. Tokens of service accounts rotate, so it is read for each request.
#[derive(Debug, Clone)]
pub(super) struct BearerTokenFile(PathBuf);

impl BearerTokenFile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The token to send to this address: only to the origin of a configured one, the issuer's or that
    /// of its key set, and not over plain http.
    ///
    /// # Errors
    ///
    /// [`IssuerFault::TokenFile`] if the file does not contain one token.
    pub(super) fn token_for<'a>(
        &self,
        address: &Url,
        mut configured: impl Iterator<Item = &'a Url>,
    ) -> Result<Option<String>, IssuerFault> {
        if !configured.any(|url| url.origin() == address.origin()) || is_plain_http(address) {
            return Ok(None);
        }
        let unusable = |reason: String| IssuerFault::TokenFile { path: self.0.clone(), reason };
        let text = fs::read_to_string(&self.0).map_err(|fault| unusable(fault.to_string()))?;
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable("it does not contain one token".to_owned()));
        }
        Ok(Some(token.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_to_configured_origins_alone_and_is_read_each_time() {
        let path = std::env::temp_dir().join(format!("fetch-token-{}", std::process::id()));
        let write = |text: &str| fs::write(&path, text).expect("a file");
        let url = |text: &str| -> Url { text.parse().expect("a URL") };
        let name = "https://issuer.example/tenant";
        let configured = [url(name), url("https://keys.example/jwks")];
        let file = BearerTokenFile::new(path.clone());
        let token = |address: &str| file.token_for(&url(address), configured.iter());
        write("one\n");
        let table = [
            ("https://issuer.example/.well-known/openid-configuration", true),
            ("https://issuer.example:443/keys", true),
            ("https://keys.example/jwks", true),
            ("https://issuer.example:8443/keys", false),
            ("http://issuer.example/keys", false),
            ("https://keys.issuer.example/", false),
            ("https://evil.example/jwks", false),
        ];
        for (address, is_sent) in table {
            let expected = is_sent.then(|| "one".to_owned());
            assert_eq!(token(address), Ok(expected), "{address}");
        }
        write("two");
        assert_eq!(token(name), Ok(Some("two".to_owned())), "read again");
        for wrong in ["", "two words", "line\nbreak"] {
            write(wrong);
            assert!(matches!(token(name), Err(IssuerFault::TokenFile { .. })));
        }
        fs::remove_file(&path).expect("a file");
        assert!(matches!(token(name), Err(IssuerFault::TokenFile { .. })));
    }
}
