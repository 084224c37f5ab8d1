//! Access tokens: parsed, then verified.

use serde_json::Value;

use super::claims::RegisteredClaims;
use super::expectations::Expectations;
use super::header::Header;
use super::invalid_token::InvalidToken;
use super::json::{JsonFault, Members};
use super::jws::{CompactJws, JwsFault, Part};
use super::key::{KeyFingerprint, VerificationKey};
use super::key_set::{KeySet, SignatureChecks};
use super::timestamp::Timestamp;
use super::verified_token::VerifiedToken;

/// The longest token that is accepted, in bytes.
pub const MAX_TOKEN_LENGTH: usize = 16 * 1024;

/// A token in the form of a signed JWT. Its header and claims are not verified: anyone can have
/// written them.
#[derive(Debug)]
pub struct UnverifiedToken<'a> {
    signing_input: &'a str,
    header: Header,
    claims: RegisteredClaims,
    claims_json: String,
    signature: Vec<u8>,
}

impl<'a> UnverifiedToken<'a> {
    /// Parses the token strictly: its form, its header, and the types of its claims.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] for the first violation of a standard.
    pub fn parse(token: &'a str) -> Result<Self, InvalidToken> {
        let jws = CompactJws::split(token, MAX_TOKEN_LENGTH)?;
        let header_json = jws.decode(Part::Header)?;
        let (header, header_members) = Header::parse(&header_json)?;
        let claims_json = String::from_utf8(jws.decode(Part::Claims)?).map_err(|_| {
            InvalidToken::Malformed { part: Part::Claims, fault: JsonFault::NotUtf8 }
        })?;
        let (claims, claims_members) = RegisteredClaims::parse_text(&claims_json)?;
        check_replicated(&header_members, &claims_members)?;
        drop(claims_members);
        let signature = jws.decode(Part::Signature)?;
        Ok(Self { signing_input: jws.signing_input(), header, claims, claims_json, signature })
    }

    /// The header, not verified.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The claims, not verified. Use them to select the keys of the issuer, and for nothing else.
    pub const fn unverified_claims(&self) -> &RegisteredClaims {
        &self.claims
    }

    /// Verifies the token as of `now`: issuer, form, algorithm, claims, key, signature.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] for the first check that fails.
    pub fn verify(
        self,
        keys: &KeySet,
        expected: &Expectations,
        now: Timestamp,
    ) -> Result<VerifiedToken, InvalidToken> {
        self.check_content(expected, now)?;
        self.claims.check_bearer(expected.dpop.unwrap_or_default())?;
        let checked = self.check_signature(keys, expected, &mut SignatureChecks::default());
        checked.map(|(token, _)| token)
    }

    /// [`verify`](Self::verify) for a token of any binding, of which some signature checks may have been
    /// made: they are not made again. The caller must check [`RegisteredClaims::binding`] against how
    /// the token was sent.
    pub(crate) fn verify_of_any_binding(
        self,
        keys: &KeySet,
        expected: &Expectations,
        now: Timestamp,
        checks: &mut SignatureChecks,
    ) -> Result<(VerifiedToken, KeyFingerprint), InvalidToken> {
        self.check_content(expected, now)?;
        self.check_signature(keys, expected, checks)
    }

    /// Every check that needs no key. It comes first, so that a token that is bad anyway never
    /// causes keys to be fetched.
    fn check_content(&self, expected: &Expectations, now: Timestamp) -> Result<(), InvalidToken> {
        expected.check_issuer(&self.claims.issuer, &self.claims_json)?;
        self.check_without_key(expected, now)
    }

    /// Every check that needs neither a key nor the issuer's own spelling of its name.
    pub(crate) fn check_without_key(
        &self,
        expected: &Expectations,
        now: Timestamp,
    ) -> Result<(), InvalidToken> {
        self.header.check_profile(expected.profile)?;
        let algorithm = self.header.algorithm();
        if !expected.algorithms.contains(algorithm) {
            return Err(InvalidToken::AlgorithmNotAllowed { algorithm });
        }
        self.claims.check(expected, now)?;
        if expected.client_ids.is_some() { self.check_token_use() } else { Ok(()) }
    }

    /// Amazon Cognito tells its ID tokens from its access tokens by this claim only.
    fn check_token_use(&self) -> Result<(), InvalidToken> {
        let members = Members::parse(self.claims_json.as_bytes());
        let token_use = members.as_ref().ok().and_then(|members| members.get("token_use"));
        match token_use {
            Some(value) if value.get() != "\"access\"" => Err(InvalidToken::WrongTokenUse),
            _ => Ok(()),
        }
    }

    fn check_signature(
        self,
        keys: &KeySet,
        expected: &Expectations,
        checks: &mut SignatureChecks,
    ) -> Result<(VerifiedToken, KeyFingerprint), InvalidToken> {
        let candidates = keys.candidates(&self.header)?;
        let message = self.signing_input.as_bytes();
        let key = candidates.signer(message, &self.signature, checks, &self.header)?;
        // One key can be published for several issuers.
        let fits = |other: &VerificationKey| {
            other.fingerprint() == key.fingerprint()
                && expected.key_fits(other.issuer(), &self.claims.issuer)
        };
        if expected.tenants.is_some() && !candidates.iter().any(fits) {
            return Err(InvalidToken::KeyOfAnotherIssuer);
        }
        let claims_json = self.claims_json.into_boxed_str();
        let token = VerifiedToken::of_claims(self.claims, claims_json, expected);
        Ok((token, key.fingerprint()))
    }
}

/// Checks that claims in the header have the same value (RFC 7519 section 5.3).
pub(super) fn check_replicated(
    header: &Members<'_>,
    claims: &Members<'_>,
) -> Result<(), InvalidToken> {
    for claim in ["iss", "sub", "aud"] {
        if !header.contains(claim) {
            continue;
        }
        let in_header = header.read::<Value>(claim);
        if in_header.is_err() || in_header != claims.read::<Value>(claim) {
            return Err(InvalidToken::ReplicatedClaimDiffers { claim });
        }
    }
    Ok(())
}

impl From<JwsFault> for InvalidToken {
    fn from(fault: JwsFault) -> Self {
        match fault {
            JwsFault::TooLong { length, limit } => Self::TooLong { length, limit },
            JwsFault::WrongPartCount { parts: 1 } => Self::Opaque,
            JwsFault::WrongPartCount { parts: 5 } => Self::Encrypted,
            JwsFault::WrongPartCount { parts } => Self::WrongPartCount { parts },
            JwsFault::ForbiddenCharacter => Self::ForbiddenCharacter,
            JwsFault::NotBase64Url { part } => Self::NotBase64Url { part },
            JwsFault::Malformed { part, fault } => Self::Malformed { part, fault },
            JwsFault::HeaderParameterMistyped { name } => Self::HeaderParameterMistyped { name },
            JwsFault::CriticalExtension => Self::CriticalExtension,
            JwsFault::UnencodedPayload => Self::UnencodedPayload,
            JwsFault::Unsigned => Self::Unsigned,
            JwsFault::UnsupportedAlgorithm { algorithm } => {
                Self::UnsupportedAlgorithm { algorithm }
            }
        }
    }
}

#[cfg(test)]
mod tests;
