//! Reasons why an issuer's keys cannot be fetched.

use std::path::PathBuf;
use std::time::Duration;

use derive_more::{Display, Error, From};
use url::Url;

use super::certificate_fault::{CertificateFault, ClientCertificateFault};
use super::proxy_fault::ProxyFault;
use crate::token::{JsonFault, KeySetFault, Printable};

/// Why an issuer's keys could not be fetched. Callers are not at fault.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssuerFault {
    /// No connection: the name does not resolve, the port is closed, or TLS fails.
    #[display("{address} cannot be reached: {reason}")]
    Unreachable {
        /// The address.
        address: String,
        /// The error of the connection.
        reason: String,
    },
    /// The certificate of the server is not accepted.
    #[display("the certificate of {address} is not accepted: {fault}")]
    #[from(ignore)]
    Certificate {
        /// The address.
        address: String,
        /// What is wrong with the certificate.
        fault: CertificateFault,
    },
    /// The server does not accept the certificate of this server, or demands one.
    #[display("{address} {fault}")]
    #[from(ignore)]
    ClientCertificate {
        /// The address.
        address: String,
        /// What the server said about it.
        fault: ClientCertificateFault,
    },
    /// The proxy on the way does not lead there.
    #[display("{address} cannot be reached through the proxy {proxy}: {fault}")]
    #[from(ignore)]
    Proxy {
        /// The address.
        address: String,
        /// Host and port of the proxy.
        proxy: String,
        /// What is wrong with the proxy.
        fault: ProxyFault,
    },
    /// No complete response in time.
    #[display("{address} did not answer within {} s{}", limit.as_secs_f32(), in_brackets(tried))]
    TimedOut {
        /// The address.
        address: String,
        /// The time limit.
        limit: Duration,
        /// The IP addresses that were tried, each with what became of it; empty once connected.
        tried: String,
    },
    /// A status other than 200 or, for a known key set, 304. Redirects are not followed.
    #[display(
        "{address} answered {status}{}{}",
        asked_to_wait(retry_after),
        leading_to(redirect_host)
    )]
    Status {
        /// The address.
        address: String,
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` of the response (RFC 9110 section 10.2.3).
        retry_after: Option<Duration>,
        /// The host that a redirect leads to.
        redirect_host: Option<Printable>,
    },
    /// A compressed response, which was not asked for.
    #[display("{address} answered in the encoding {encoding}, which was not asked for")]
    Encoded {
        /// The address.
        address: String,
        /// The `Content-Encoding`.
        encoding: Printable,
    },
    /// A response above the size limit.
    #[display("{address} answered with more than {limit} bytes")]
    TooLarge {
        /// The address.
        address: String,
        /// Maximum size in bytes.
        limit: usize,
    },
    /// The metadata is not one JSON object.
    #[display("the metadata cannot be used: {fault}")]
    #[from(ignore)]
    MetadataMalformed {
        /// What is wrong with it.
        fault: JsonFault,
    },
    /// A required member is missing from the metadata.
    #[display("the metadata has no string named {member}")]
    #[from(ignore)]
    MetadataIncomplete {
        /// The member's name.
        member: &'static str,
    },
    /// The metadata belongs to another issuer (RFC 8414 section 3.3).
    #[display("the metadata is that of another issuer: {found}")]
    #[from(ignore)]
    AnotherIssuer {
        /// The issuer it names.
        found: Printable,
        /// The address of that issuer's key set, if the metadata names one that is safe to use.
        jwks_uri: Option<Url>,
    },
    /// The metadata is that of the issuers of many tenants, and no tenants are configured.
    #[display("the metadata is for the issuers of many tenants, {template}; TENANTS is not set")]
    #[from(ignore)]
    IssuerTemplate {
        /// The template of their names.
        template: Printable,
    },
    /// The address of the key set is neither https nor, for an issuer on loopback, on loopback.
    #[display("the metadata names the key set {address}, which is not safe to fetch")]
    #[from(ignore)]
    InsecureKeySet {
        /// The address it names.
        address: Printable,
    },
    /// The attempt ended without a result: a bug in this program.
    #[display("the last attempt to obtain the keys failed unexpectedly, which is a bug")]
    Interrupted,
    /// The file of the bearer token for fetching keys cannot be used.
    #[display("the token for fetching keys cannot be read from {}: {reason}", path.display())]
    #[from(ignore)]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The key set cannot be used.
    #[display("{_0}")]
    KeySet(KeySetFault),
}

impl IssuerFault {
    /// The pause that the issuer asks for.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn in_brackets(tried: &str) -> String {
    if tried.is_empty() { String::new() } else { format!(" (connecting to {tried})") }
}

fn leading_to(host: &Option<Printable>) -> String {
    let text = |host| format!(", a redirect to {host}, which is not followed");
    host.as_ref().map(text).unwrap_or_default()
}

fn asked_to_wait(retry_after: &Option<Duration>) -> String {
    let text = |wait: &Duration| format!(", to be asked again in {} s", wait.as_secs());
    retry_after.as_ref().map(text).unwrap_or_default()
}
