//! Issuer metadata and signing keys, fetched over the network and kept fresh.
//!
//! ```text
//! background thread, one task per issuer
//!   refresher (schedule: when) -> key_fetch -> discovery: metadata -> fetcher -> key set
//!                                                                                  |
//! verifier, on any thread <------------------ issuer_keys <------------------------+
//! ```
//!
//! This is the only module that connects to issuers. Requests read the keys without taking a lock. A
//! request waits only if the current keys cannot decide, and all such requests share one fetch.

mod attempt_budget;
mod background;
mod bearer_token_file;
mod certificate_fault;
mod clock;
mod clock_skew;
mod connector;
#[cfg(feature = "service")]
mod diagnostics;
mod discovery;
mod fault;
mod fetcher;
mod guarded_client;
mod identifier;
mod introspection;
mod introspection_status;
mod issuer_keys;
mod jitter;
mod key_fetch;
mod key_refresh;
mod progress;
mod proxies;
mod proxy_fault;
mod refresher;
mod response;
mod schedule;
mod state_log;
mod status;
mod tls;
mod trusted_issuer;
mod user_agent;

#[cfg(test)]
pub(crate) use background::supervise;
pub(crate) use background::{NewRefreshers, refresh_in_background};
pub use certificate_fault::{CertificateFault, ClientCertificateFault};
pub use clock::{Clock, Sleep, SystemClock};
pub use clock_skew::ClockSkew;
#[cfg(feature = "service")]
pub(crate) use diagnostics::IssuerDiagnostics;
pub use fault::IssuerFault;
#[cfg(test)]
pub(crate) use fetcher::{Condition, Fetch};
pub(crate) use identifier::without_trailing_slash;
pub use identifier::{InvalidIssuer, IssuerIdentifier};
pub(crate) use introspection::{Answer, Flight, Introspector, Priority, judge};
pub use introspection::{
    ClientAuthentication, ClientCertificate, ClientKey, Introspection, IntrospectionClient,
    IntrospectionFault, IntrospectionMode, InvalidClientCertificate, InvalidClientKey,
    InvalidIntrospection,
};
#[cfg(test)]
pub(crate) use introspection::{IntrospectionWorker, TestCall};
pub use introspection_status::{IntrospectionStatus, LATENCY_BUCKETS};
#[cfg(test)]
pub(crate) use issuer_keys::HeldKeys;
pub(crate) use issuer_keys::{Awaited, IssuerKeys};
pub(crate) use jitter::jitter;
pub(crate) use key_fetch::KeyFetch;
pub use key_refresh::{ContradictoryKeyRefresh, KeyRefresh};
pub use proxies::{InvalidProxy, Proxies, Proxy};
pub use proxy_fault::ProxyFault;
pub(crate) use refresher::Refresher;
#[cfg(test)]
pub(crate) use response::{Content, Head, Response};
pub use status::{HeldKey, IssuerStatus};
pub use tls::NoTls;
pub(crate) use tls::tls_from_machine;
pub use trusted_issuer::{KeySource, TrustedIssuer};

pub use crate::secure_url::{HttpHosts, InsecureUrl, NotAHttpHost};

/// Reads issuer metadata: returns the issuer's own spelling of its name and the key set's address.
///
/// Public only for the fuzz targets, which are a separate crate. Not part of the stable API.
///
/// # Errors
///
/// [`IssuerFault`], as when the metadata is fetched.
#[doc(hidden)]
pub fn believed_metadata(
    json: &[u8],
    issuer: &IssuerIdentifier,
) -> Result<(String, String), IssuerFault> {
    let metadata = discovery::read_metadata(json, issuer, &HttpHosts::default(), true)?;
    let jwks_uri = metadata.jwks_uri.ok_or(IssuerFault::MetadataIncomplete { member: "jwks_uri" });
    Ok((metadata.issuer, jwks_uri?.into()))
}

#[cfg(test)]
mod tests;
