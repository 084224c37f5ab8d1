//! Client certificates for mutual TLS at the introspection endpoint (RFC 8705 section 2).

use std::sync::Arc;

use derive_more::{Display, Error};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, InconsistentKeys};

/// A certificate chain and its private key, which identify this server to the issuer:
/// `tls_client_auth` and `self_signed_tls_client_auth`. Cheap to clone.
#[derive(Clone, derive_more::Debug)]
#[debug("ClientCertificate(…)")]
pub struct ClientCertificate(Arc<CertifiedKey>);

/// Why a certificate and its key cannot be used. The operator is at fault.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidClientCertificate {
    /// There is no certificate.
    #[display("no certificate in PEM (BEGIN CERTIFICATE)")]
    NoCertificate,
    /// There is no private key.
    #[display("no private key in PEM (BEGIN PRIVATE KEY, not encrypted)")]
    NoKey,
    /// The text is not PEM.
    #[display("not PEM: {reason}")]
    NotPem {
        /// What is wrong with it.
        reason: String,
    },
    /// Both are valid, but do not belong together.
    #[display("the private key does not belong to the certificate")]
    Mismatch,
    /// TLS cannot use the key or the certificate.
    #[display("cannot be used for TLS: {reason}")]
    Unusable {
        /// Why not.
        reason: String,
    },
}

impl ClientCertificate {
    /// Reads a certificate chain, the client's certificate first, and its private key.
    ///
    /// # Errors
    ///
    /// [`InvalidClientCertificate`], also if the two do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, InvalidClientCertificate> {
        let not_pem =
            |fault: pem::Error| InvalidClientCertificate::NotPem { reason: fault.to_string() };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.map_err(not_pem)?;
        if chain.is_empty() {
            return Err(InvalidClientCertificate::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|fault| match fault {
            pem::Error::NoItemsFound => InvalidClientCertificate::NoKey,
            fault => not_pem(fault),
        })?;
        match CertifiedKey::from_der(chain, key, &default_provider()) {
            Ok(certified) => Ok(Self(Arc::new(certified))),
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                Err(InvalidClientCertificate::Mismatch)
            }
            Err(fault) => Err(InvalidClientCertificate::Unusable { reason: fault.to_string() }),
        }
    }

    /// TLS as `base`, with this certificate. Sessions are not resumed: one that began without the
    /// certificate, or with an older one, would continue without this one.
    pub(super) fn tls(&self, base: &ClientConfig) -> ClientConfig {
        let mut tls = base.clone();
        tls.client_auth_cert_resolver =
            Arc::new(SingleCertAndKey::from(CertifiedKey::clone(&self.0)));
        tls.resumption = Resumption::disabled();
        tls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_certificate_with_its_own_key_is_accepted() {
        let made =
            || rcgen::generate_simple_self_signed(["api".to_owned()]).expect("a certificate");
        let (own, other) = (made(), made());
        let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
        let other_key = other.signing_key.serialize_pem();
        let read = |certificate: &str, key: &str| {
            ClientCertificate::from_pem(certificate.as_bytes(), key.as_bytes()).map(drop)
        };
        assert_eq!(read(&certificate, &key), Ok(()));
        let both = ClientCertificate::from_pem(certificate.as_bytes(), key.as_bytes());
        assert_eq!(format!("{both:?}"), "Ok(ClientCertificate(…))");
        assert_eq!(read("", &key), Err(InvalidClientCertificate::NoCertificate));
        assert_eq!(read(&key, &key), Err(InvalidClientCertificate::NoCertificate));
        assert_eq!(read(&certificate, ""), Err(InvalidClientCertificate::NoKey));
        assert_eq!(read(&certificate, &certificate), Err(InvalidClientCertificate::NoKey));
        assert_eq!(read(&certificate, &other_key), Err(InvalidClientCertificate::Mismatch));
        let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
        let fault = read(broken, &key).expect_err("not base64");
        assert!(matches!(fault, InvalidClientCertificate::NotPem { .. }), "{fault}");
        let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let fault = read(empty, &key).expect_err("not X.509");
        assert!(matches!(fault, InvalidClientCertificate::Unusable { .. }), "{fault}");
    }
}
