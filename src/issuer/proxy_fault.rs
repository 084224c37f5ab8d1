//! Faults of a proxy on the way to an issuer.

use derive_more::{Display, Error};

use super::certificate_fault::CertificateFault;

/// Why a proxy does not lead to an issuer. The operator, or the proxy, is at fault.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyFault {
    /// No connection to the proxy.
    #[display("it cannot be reached: {reason}")]
    Unreachable {
        /// The error of the connection.
        reason: String,
    },
    /// The proxy is reached over https, and its certificate is not accepted.
    #[display("its certificate is not accepted: {fault}")]
    Certificate {
        /// What is wrong with the certificate.
        fault: CertificateFault,
    },
    /// 407: the proxy demands credentials, or does not accept those that it got (RFC 9110 section
    /// 15.5.8).
    #[display("it {} (407)", if *sent { "rejects the credentials" } else { "demands credentials" })]
    CredentialsNeeded {
        /// Whether credentials were sent.
        sent: bool,
    },
    /// The proxy does not connect to the host (RFC 9110 section 9.3.6).
    #[display("it does not connect to {target} ({status})")]
    Refused {
        /// The host and port.
        target: String,
        /// The HTTP status of the proxy.
        status: u16,
    },
    /// The proxy closed the connection, or did not answer in HTTP.
    #[display("it does not answer as an HTTP proxy: {reason}")]
    NoAnswer {
        /// The error of the connection.
        reason: String,
    },
}
