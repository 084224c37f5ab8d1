//! Whose keys? Issuers, where their keys come from, and the verifier that uses them.
//!
//! ```text
//! verifier_builder -> refresher (background thread): discovery -> fetcher -> key set
//!                         |                                                     |
//!                    schedule (when)                                       issuer_keys
//!                                                                               |
//! request -> verifier ----------------------------------------------------------+
//! ```
//!
//! This room does the network. Requests read keys without a lock; they wait only when the keys at
//! hand cannot decide, and then all for the same attempt.

mod announcements;
mod answer;
mod clock;
mod clock_skew;
mod discovery;
#[cfg(feature = "service")]
mod examination;
mod fault;
mod fetcher;
mod identifier;
mod issuer_keys;
mod key_finder;
mod key_refresh;
mod refresher;
mod schedule;
mod status;
mod trusted_issuer;
mod trusted_issuers;
mod verifier;
mod verifier_builder;

pub use clock::{Clock, Sleep, SystemClock};
pub use clock_skew::ClockSkew;
#[cfg(feature = "service")]
pub(crate) use examination::ExaminedIssuer;
pub use fault::IssuerFault;
pub(crate) use identifier::secure_url;
pub use identifier::{InvalidIssuer, IssuerIdentifier};
pub use key_refresh::{ContradictoryKeyRefresh, KeyRefresh};
pub use status::{HeldKey, IssuerStatus};
pub use trusted_issuer::{KeySource, TrustedIssuer};
pub use verifier::{VerificationError, Verifier};
pub use verifier_builder::{StartError, VerifierBuilder};

/// What of an issuer's metadata is believed: the issuer's name as it writes it, and the address of
/// its keys.
///
/// It is public for the fuzz targets alone, which are a crate of their own; it is no part of what
/// this library promises.
///
/// # Errors
///
/// [`IssuerFault`] as when the metadata is fetched.
#[doc(hidden)]
pub fn believed_metadata(
    json: &[u8],
    issuer: &IssuerIdentifier,
) -> Result<(String, String), IssuerFault> {
    let metadata = discovery::read_metadata(json, issuer)?;
    Ok((metadata.issuer, metadata.jwks_uri.into()))
}
