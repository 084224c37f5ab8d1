//! Faults of an issuer's TLS certificate, in words.

use std::io;

use derive_more::{Display, Error};
use rustls::CertificateError;

use crate::token::Printable;

/// Why the certificate of a server is not accepted.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFault {
    /// Its chain does not lead to a trusted root: the root is private, or an intermediate
    /// certificate is missing.
    #[display("it does not lead to a certificate authority that this machine trusts")]
    UnknownAuthority,
    /// It is the certificate of an authority, as self-signed certificates often are (RFC 5280
    /// section 4.2.1.9).
    #[display("it is the certificate of a certificate authority, not of a server")]
    AuthorityAsServer,
    /// It is for other host names.
    #[display("it is not for the name {name}")]
    WrongName {
        /// The name that was expected.
        name: Printable,
    },
    /// It has expired.
    #[display("it has expired")]
    Expired,
    /// It is not valid yet.
    #[display("it is not valid yet")]
    NotYetValid,
    /// It may not be used by a server.
    #[display("it is not meant for servers")]
    WrongPurpose,
    /// Any other fault.
    #[display("{reason}")]
    Other {
        /// The fault, as the TLS library describes it.
        reason: Printable,
    },
}

impl CertificateFault {
    /// The fault that ended a connection, if it was the server's certificate. `host` is the name
    /// that was expected.
    pub(super) fn of(error: &io::Error, host: &str) -> Option<Self> {
        match error.get_ref()?.downcast_ref::<rustls::Error>()? {
            rustls::Error::InvalidCertificate(fault) => Some(Self::from_rustls(fault, host)),
            _ => None,
        }
    }

    fn from_rustls(fault: &CertificateError, host: &str) -> Self {
        match fault {
            CertificateError::UnknownIssuer => Self::UnknownAuthority,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName { name: Printable::up_to(253, host) }
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                Self::WrongPurpose
            }
            // The name in the TLS library, which has no variant for this fault.
            CertificateError::Other(other) if other.to_string() == "CaUsedAsEndEntity" => {
                Self::AuthorityAsServer
            }
            other => Self::Other { reason: Printable::new(&other.to_string()) },
        }
    }
}
