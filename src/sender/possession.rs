//! Proof of possession: does the way a token was sent fit what it is bound to?
//!
//! The token has been verified; the result of these checks is never cached. Their order is that of
//! `dpop_proof`. The replay check comes last, in `verifier`, so that an invalid copy of a proof does
//! not use up the proof.

use super::credentials::Scheme;
use super::dpop_policy::DpopPolicy;
use super::dpop_proof::{ExpectedProof, UsedProof, verify};
use super::invalid_proof::InvalidProof;
use super::presentation::{Presentation, Proofs};
use super::unproven::Unproven;
use crate::token::{CertificateThumbprint, Confirmation, DpopMode, InvalidToken, Timestamp};

/// Checks the number of `DPoP` header fields, before anything is known about the token.
pub(crate) const fn check_fields(presentation: &Presentation<'_>) -> Result<(), InvalidProof> {
    match (presentation.credentials.scheme, presentation.proofs) {
        (Scheme::Bearer, _) | (Scheme::Dpop, Proofs::One(_)) => Ok(()),
        (Scheme::Dpop, Proofs::None) => Err(InvalidProof::Missing),
        (Scheme::Dpop, Proofs::Several) => Err(InvalidProof::SeveralFields),
    }
}

impl DpopPolicy {
    /// Judges the proof and certificate of a verified token with this binding as of `now`. Whether the
    /// proof was used before must still be checked: a [`Verifier`](crate::verifier::Verifier) does.
    ///
    /// # Errors
    ///
    /// [`Unproven`] for the first check that fails. The caller is at fault.
    pub fn judge(
        &self,
        presentation: &Presentation<'_>,
        binding: Option<&Confirmation>,
        now: Timestamp,
    ) -> Result<(), Unproven> {
        check_fields(presentation)?;
        prove(presentation, binding, self, self.mode, now).map(drop)
    }
}

/// Checks that the sender of a verified token has proven what the token is bound to. The caller must
/// still check the returned proof for replay. `mode` is that of the token's issuer.
pub(crate) fn prove(
    presentation: &Presentation<'_>,
    binding: Option<&Confirmation>,
    policy: &DpopPolicy,
    mode: DpopMode,
    now: Timestamp,
) -> Result<Option<UsedProof>, Unproven> {
    if let Some(binding) = binding {
        if !binding.is_provable() {
            return Err(InvalidToken::UnprovableBinding.into());
        }
        if let Some(bound_to) = &binding.certificate {
            check_certificate(bound_to, presentation.certificate.as_ref())?;
        }
    }
    let key = binding.and_then(|binding| binding.key.as_ref());
    match (presentation.credentials.scheme, key) {
        (Scheme::Bearer, Some(_)) => Err(InvalidToken::BoundToKey.into()),
        (Scheme::Bearer, None) if mode == DpopMode::Required => {
            Err(InvalidToken::ProofRequired.into())
        }
        (Scheme::Bearer, None) => Ok(None),
        (Scheme::Dpop, _) if mode == DpopMode::Off => Err(InvalidToken::DpopOff.into()),
        (Scheme::Dpop, None) => Err(InvalidToken::NotBound.into()),
        (Scheme::Dpop, Some(key)) => {
            check_fields(presentation)?;
            let Proofs::One(proof) = presentation.proofs else {
                return Err(InvalidProof::Missing.into());
            };
            let expected = ExpectedProof {
                policy,
                key,
                method: presentation.method,
                path: presentation.path(),
                token: presentation.credentials.token.as_str(),
            };
            verify(proof, &expected, now).map(Some)
        }
    }
}

/// RFC 8705 section 3.
fn check_certificate(
    bound_to: &CertificateThumbprint,
    proven: Option<&CertificateThumbprint>,
) -> Result<(), InvalidToken> {
    match proven {
        None => Err(InvalidToken::CertificateMissing),
        Some(proven) if proven == bound_to => Ok(()),
        Some(_) => Err(InvalidToken::OtherCertificate),
    }
}
