//! Faults of introspection calls.

use std::time::Duration;

use derive_more::{Display, Error, From};

use crate::issuer::IssuerFault;
use crate::token::{InvalidSignedIntrospection, JsonFault};

/// Why the issuer did not answer about a token. Callers are not at fault: the token may be active.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IntrospectionFault {
    /// The endpoint is unreachable, too slow, or answers with an error status.
    #[display("{_0}")]
    Http(IssuerFault),
    /// The issuer rejects this server's credentials (401, 403, or `invalid_client`), also for a made-up
    /// token. The operator is at fault.
    #[display("the issuer rejects this server's credentials for introspection ({status})")]
    #[from(ignore)]
    ClientRejected {
        /// The HTTP status.
        status: u16,
    },
    /// The issuer rejects the request about this token (400, 413, 414, 422, 431; 401 and 403 if it
    /// answers about a made-up one). That says nothing about requests for other tokens.
    #[display("the issuer rejects the introspection request for this token ({status})")]
    #[from(ignore)]
    RequestRejected {
        /// The HTTP status.
        status: u16,
    },
    /// The metadata is not fetched yet, or names no introspection endpoint.
    #[display("the introspection endpoint is not known")]
    NoEndpoint,
    /// The response is not one JSON object with unique member names.
    #[display("the introspection response is {_0}")]
    Malformed(JsonFault),
    /// `active` is missing or not a JSON boolean (RFC 7662 section 2.2).
    #[display("the introspection response has no boolean named active")]
    NoActive,
    /// The signed response is invalid (RFC 9701 section 5).
    #[display("the signed introspection response {_0}")]
    Signed(InvalidSignedIntrospection),
    /// The client's key cannot sign. The operator is at fault.
    #[display("the assertion for introspection cannot be signed")]
    NotSigned,
    /// The background thread has ended.
    #[display("introspection has stopped")]
    Stopped,
}

impl IntrospectionFault {
    /// The `Retry-After` of the response (RFC 9110 section 10.2.3).
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Http(fault) => fault.retry_after(),
            _ => None,
        }
    }

    /// A stable code of the fault, for metrics and logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Http(IssuerFault::TimedOut { .. }) => "timeout",
            Self::Http(IssuerFault::Unreachable { .. }) => "unreachable",
            Self::Http(IssuerFault::ClientCertificate { .. }) => "client_rejected",
            Self::Http(_) => "status",
            Self::ClientRejected { .. } => "client_rejected",
            Self::RequestRejected { .. } => "request_rejected",
            Self::NoEndpoint => "no_endpoint",
            Self::Malformed(_) | Self::NoActive => "malformed",
            Self::Signed(_) => "signature",
            Self::NotSigned | Self::Stopped => "internal",
        }
    }

    /// Whether this server's configuration is at fault rather than the issuer or the network.
    pub const fn is_ours(&self) -> bool {
        matches!(
            self,
            Self::ClientRejected { .. }
                | Self::NotSigned
                | Self::Http(IssuerFault::ClientCertificate { .. })
        )
    }
}
