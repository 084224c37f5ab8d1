//! Faults of TLS certificates, the issuer's and this server's, in words.

use std::error::Error as StdError;
use std::io;

use derive_more::{Display, Error};
use rustls::{AlertDescription, CertificateError};

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

/// Why a server ended the connection because of this server's own certificate.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCertificateFault {
    /// None was presented, and the server demands one.
    #[display("demands a client certificate")]
    Missing,
    /// The server does not accept the one that was presented.
    #[display("rejects the client certificate of this server ({reason})")]
    Rejected {
        /// What the server said: the name of a TLS alert (RFC 8446 section 6.2), or a page.
        #[error(not(source))]
        reason: &'static str,
    },
}

impl ClientCertificateFault {
    /// The fault among the causes of an error. Servers tell it by an alert; in TLS 1.3 it arrives only
    /// after the client's handshake (RFC 8446 section 4.4.2.4).
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(cause) = next {
            let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match tls.or_else(|| cause.downcast_ref()) {
                Some(rustls::Error::AlertReceived(alert)) => return Self::of_alert(*alert),
                Some(_) => return None,
                None => next = cause.source(),
            }
        }
        None
    }

    const fn of_alert(alert: AlertDescription) -> Option<Self> {
        let reason = match alert {
            AlertDescription::CertificateRequired => return Some(Self::Missing),
            AlertDescription::BadCertificate => "TLS alert bad_certificate",
            AlertDescription::UnsupportedCertificate => "TLS alert unsupported_certificate",
            AlertDescription::CertificateRevoked => "TLS alert certificate_revoked",
            AlertDescription::CertificateExpired => "TLS alert certificate_expired",
            AlertDescription::CertificateUnknown => "TLS alert certificate_unknown",
            AlertDescription::UnknownCA => "TLS alert unknown_ca",
            AlertDescription::AccessDenied => "TLS alert access_denied",
            _ => return None,
        };
        Some(Self::Rejected { reason })
    }
}
