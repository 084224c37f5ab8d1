//! Token checks: is this token well-formed, genuine and valid?
//!
//! This module is pure. It does no I/O, reads no clock and does not know HTTP: tokens and keys are bytes,
//! and the time is an argument.
//!
//! ```text
//! access_token: jws -> header -> claims -> key_set -> key (signature) -> grants
//! ```
//!
//! A token is rejected with an [`InvalidToken`], which has one text for the caller and one for the
//! operator.

mod access_token;
mod algorithm;
mod certificate_hashes;
mod claims;
mod confirmation;
mod dpop_mode;
mod expectations;
mod grants;
mod header;
#[cfg(feature = "service")]
mod inspection;
mod introspected;
mod invalid_token;
mod issuer_check;
mod json;
mod json_web_key;
mod jws;
mod key;
mod key_file;
mod key_rules;
mod key_set;
mod key_set_fault;
mod monotonic_time;
mod printable;
mod profile;
mod public_key_info;
mod scopes;
mod signed_introspection;
mod small_order;
mod tenants;
mod thumbprint;
mod timestamp;
mod unusable_key;
mod verified_token;

pub use access_token::{MAX_TOKEN_LENGTH, UnverifiedToken};
pub use algorithm::{Algorithm, Algorithms, Family, UnsupportedAlgorithm};
pub use claims::RegisteredClaims;
pub use confirmation::Confirmation;
pub use dpop_mode::{DpopMode, UnknownDpopMode};
pub use expectations::{
    Audiences, ClientIds, ClockTolerance, Expectations, NoAudience, NoClient, TooTolerant,
};
pub use grants::GrantClaims;
#[cfg(feature = "service")]
pub(crate) use grants::claim_at;
pub use header::Header;
#[cfg(feature = "service")]
pub(crate) use inspection::Inspection;
pub use invalid_token::InvalidToken;
pub use json::JsonFault;
pub(crate) use json::{Members, without_byte_order_mark};
#[cfg(any(test, feature = "testing"))]
pub(crate) use json_web_key::read_key;
pub(crate) use json_web_key::{Spelling, read_public_part};
pub use jws::Part;
pub(crate) use jws::is_jwt;
pub(crate) use jws::{CompactJws, JwsFault, header_algorithm, header_members};
#[cfg(test)]
pub(crate) use key::CHECKS as SIGNATURE_CHECKS;
pub(crate) use key::KeyFingerprint;
pub use key::VerificationKey;
pub use key_file::KeyFileFault;
pub use key_rules::{KeyRules, RsaLimits};
pub use key_set::KeySet;
pub(crate) use key_set::SignatureChecks;
pub use key_set_fault::{KeySetFault, KeySetWarning, SkipReason, SkippedKey};
pub use monotonic_time::MonotonicTime;
#[cfg(test)]
pub(crate) use monotonic_time::at;
pub use printable::Printable;
pub use profile::{Profile, UnknownProfile};
pub use scopes::{Scopes, is_scope_token};
pub use signed_introspection::InvalidSignedIntrospection;
pub(crate) use signed_introspection::{SignedIntrospection, read_signed_introspection};
pub use tenants::{InvalidTenant, Tenants};
pub(crate) use tenants::{IssuerTemplate, may_be_of_tenant};
pub use thumbprint::{CertificateThumbprint, JwkThumbprint};
pub use timestamp::{NumericDate, Timestamp};
pub use unusable_key::UnusableKey;
pub use verified_token::VerifiedToken;

#[cfg(test)]
mod tests;
