//! Sender checks: was the token sent by the party it was issued to?
//!
//! This module is pure: header fields arrive as bytes, the time as an argument. It reads credentials,
//! DPoP proofs (RFC 9449) and certificates (RFC 8705), and compares them with what a verified token is
//! bound to.
//!
//! ```text
//! credentials, presentation -> possession: certificate, dpop_proof (target_uri, dpop_nonce)
//! ```

mod certificate;
mod credentials;
mod dpop_nonce;
mod dpop_policy;
mod dpop_proof;
mod invalid_proof;
mod possession;
mod presentation;
mod target_uri;
mod unproven;

pub use certificate::{CertificateHeader, UnknownCertificateHeader, UnreadableCertificate};
pub use credentials::{BearerToken, Credentials, MalformedCredentials, Scheme};
pub use dpop_nonce::NonceKeys;
pub use dpop_policy::DpopPolicy;
pub use dpop_proof::MAX_PROOF_LENGTH;
pub(crate) use dpop_proof::UsedProof;
pub use invalid_proof::InvalidProof;
pub(crate) use possession::{check_fields, prove};
pub use presentation::{Presentation, Proofs};
pub use target_uri::{InvalidPublicUrl, PublicUrl, TargetUri};
pub use unproven::Unproven;

pub use crate::token::{DpopMode, UnknownDpopMode};
