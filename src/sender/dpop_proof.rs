//! DPoP proofs, read and verified (RFC 9449 sections 4.2 and 4.3).

use std::borrow::Cow;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::dpop_nonce::is_half_spent;
use super::dpop_policy::DpopPolicy;
use super::invalid_proof::InvalidProof;
use super::target_uri::{Comparison, TargetUri};
use super::unproven::Unproven;
use crate::token::{
    Algorithm, Algorithms, CompactJws, Family, InvalidToken, JsonFault, JwkThumbprint, Members,
    NumericDate, Part, Spelling, Timestamp, VerificationKey, header_algorithm, header_members,
    read_public_part,
};

/// Maximum length of a proof, in bytes.
pub const MAX_PROOF_LENGTH: usize = 8 * 1024;

/// The largest `jwk`, in bytes of JSON. An ML-DSA-87 key takes 3.5 kB.
const LARGEST_KEY: usize = 4 * 1024;

/// The largest RSA modulus, in characters of base64url: 4096 bits. Longer ones take longer to verify
/// than any client has reason to ask for.
const LARGEST_MODULUS: usize = 683;

/// How much longer a proof is remembered than it can be accepted, at least: clocks are adjusted in
/// small ways all the time.
const LEEWAY: Duration = Duration::from_secs(5);

/// What a proof must say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExpectedProof<'a> {
    pub(crate) policy: &'a DpopPolicy,
    /// The `cnf.jkt` of the token.
    pub(crate) key: &'a JwkThumbprint,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) token: &'a str,
}

/// A valid proof that has not been checked for replay yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsedProof {
    pub(crate) key: JwkThumbprint,
    /// `jti`.
    pub(crate) id: Box<str>,
    /// The wall-clock time as of which it holds.
    pub(crate) judged_at: Timestamp,
    /// How long the proof could still be accepted, here and by replicas whose clocks are behind.
    pub(crate) keep: Duration,
    /// The earliest time at which the proof can have been accepted.
    pub(crate) earliest_use: Timestamp,
    /// The nonce is past half of its life.
    pub(crate) needs_new_nonce: bool,
}

/// Verifies a proof in the order of RFC 9449 section 4.3, but for the key: it is compared with the
/// token's before the signature is verified, so that a forged proof costs a hash.
pub(crate) fn verify(
    proof: &[u8],
    expected: &ExpectedProof<'_>,
    now: Timestamp,
) -> Result<UsedProof, Unproven> {
    let proof = std::str::from_utf8(proof).map_err(|_| InvalidProof::ForbiddenCharacter)?;
    let jws = CompactJws::split(proof, MAX_PROOF_LENGTH).map_err(InvalidProof::from)?;
    let header = jws.decode(Part::Header).map_err(InvalidProof::from)?;
    let header = ProofHeader::parse(&header, expected.policy.algorithms)?;
    let claims = jws.decode(Part::Claims).map_err(InvalidProof::from)?;
    let claims = ProofClaims::parse(&claims)?;
    let signature = jws.decode(Part::Signature).map_err(InvalidProof::from)?;
    if header.thumbprint != *expected.key {
        return Err(InvalidToken::OtherKey.into());
    }
    if !header.key()?.verifies(jws.signing_input().as_bytes(), &signature) {
        return Err(InvalidProof::SignatureInvalid.into());
    }
    claims.check_request(expected)?;
    let (made, needs_new_nonce) = claims.check_time(expected.policy, now)?;
    let DpopPolicy { max_age, tolerance, .. } = expected.policy;
    Ok(UsedProof {
        key: header.thumbprint,
        id: claims.id.into(),
        judged_at: now,
        keep: made.plus(*max_age).plus((*tolerance).max(LEEWAY)).since(now),
        earliest_use: made.minus(*tolerance),
        needs_new_nonce,
    })
}

/// The header of a proof, with its key not yet read.
struct ProofHeader<'a> {
    algorithm: Algorithm,
    jwk: Members<'a>,
    thumbprint: JwkThumbprint,
}

impl<'a> ProofHeader<'a> {
    fn parse(bytes: &'a [u8], allowed: Algorithms) -> Result<Self, InvalidProof> {
        let mistyped = |name| InvalidProof::HeaderParameterMistyped { name };
        let members = header_members(bytes)?;
        let typ = members.text("typ").ok().flatten().ok_or(mistyped("typ"))?;
        if typ != "dpop+jwt" {
            return Err(InvalidProof::WrongType);
        }
        let algorithm = header_algorithm(&members)?;
        if algorithm.family() == Family::Secret || !allowed.contains(algorithm) {
            return Err(InvalidProof::AlgorithmNotAllowed { algorithm });
        }
        let jwk = members.get("jwk").ok_or(mistyped("jwk"))?.get();
        let (length, limit) = (jwk.len(), LARGEST_KEY);
        if length > limit {
            return Err(InvalidProof::KeyTooLarge { length, limit });
        }
        let jwk = Members::parse(jwk.as_bytes()).map_err(|_| mistyped("jwk"))?;
        // Every member that some type of key has for its private part (RFC 7518 section 6,
        // RFC 8037 section 2, RFC 9964 section 3).
        const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
        if PRIVATE.iter().any(|name| jwk.contains(name)) {
            return Err(InvalidProof::PrivateKey);
        }
        if let Some(modulus) = jwk.text("n").ok().flatten() {
            let (length, limit) = (modulus.len(), LARGEST_MODULUS);
            if length > limit {
                return Err(InvalidProof::KeyTooLarge { length, limit });
            }
        }
        let thumbprint = JwkThumbprint::of_members(&jwk).map_err(InvalidProof::UnusableKey)?;
        Ok(Self { algorithm, jwk, thumbprint })
    }

    /// The key, which must be for the algorithm of the header.
    fn key(&self) -> Result<VerificationKey, InvalidProof> {
        let only = Algorithms::only([self.algorithm]);
        read_public_part(&self.jwk, only.into(), Spelling::Exact).map_err(InvalidProof::UnusableKey)
    }
}

/// The claims of a proof, each of its right type. Others are allowed and ignored.
struct ProofClaims<'a> {
    id: Cow<'a, str>,
    method: Cow<'a, str>,
    target: Cow<'a, str>,
    token_hash: Cow<'a, str>,
    issued_at: NumericDate,
    nonce: Option<Cow<'a, str>>,
    expires_at: Option<NumericDate>,
    not_before: Option<NumericDate>,
}

impl<'a> ProofClaims<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, InvalidProof> {
        let malformed = |fault| InvalidProof::Malformed { part: Part::Claims, fault };
        let text = std::str::from_utf8(bytes).map_err(|_| malformed(JsonFault::NotUtf8))?;
        let members = Members::parse_whole(text).map_err(malformed)?;
        let text = |claim| {
            let mistyped = InvalidProof::ClaimMistyped { claim, expected: "a string" };
            members.text(claim).map_err(|_| mistyped)
        };
        let required = |claim| text(claim)?.ok_or(InvalidProof::ClaimMissing { claim });
        let date = |claim| -> Result<Option<NumericDate>, InvalidProof> {
            let mistyped = || InvalidProof::ClaimMistyped { claim, expected: "a number" };
            let seconds: Option<f64> = members.read(claim).map_err(|_| mistyped())?;
            // A number out of range is not an absent claim.
            seconds.map(|seconds| NumericDate::from_seconds(seconds).ok_or(mistyped())).transpose()
        };
        let id = required("jti")?;
        if id.is_empty() {
            return Err(InvalidProof::ClaimMissing { claim: "jti" });
        }
        Ok(Self {
            id,
            method: required("htm")?,
            target: required("htu")?,
            issued_at: date("iat")?.ok_or(InvalidProof::ClaimMissing { claim: "iat" })?,
            token_hash: required("ath")?,
            nonce: text("nonce")?,
            expires_at: date("exp")?,
            not_before: date("nbf")?,
        })
    }

    /// Whether the proof was made for this method, this URI and this token.
    fn check_request(&self, expected: &ExpectedProof<'_>) -> Result<(), InvalidProof> {
        if self.method != expected.method {
            return Err(InvalidProof::OtherMethod);
        }
        let target = TargetUri::new(&expected.policy.public_urls, expected.path);
        match target.compare(&self.target) {
            Ok(Comparison::Same) => {}
            Ok(Comparison::OtherOrigin) => return Err(InvalidProof::OtherOrigin),
            Ok(Comparison::OtherPath) => return Err(InvalidProof::OtherPath),
            Err(_) => return Err(InvalidProof::MalformedTarget),
        }
        let mut hash = [0; 43];
        let written = URL_SAFE_NO_PAD
            .encode_slice(digest(&SHA256, expected.token.as_bytes()), &mut hash)
            .unwrap_or_default();
        if hash.get(..written) == Some(self.token_hash.as_bytes()) && written == hash.len() {
            Ok(())
        } else {
            Err(InvalidProof::OtherToken)
        }
    }

    /// When the proof was made, and whether its nonce is half spent.
    fn check_time(
        &self,
        policy: &DpopPolicy,
        now: Timestamp,
    ) -> Result<(Timestamp, bool), Unproven> {
        self.check_validity(policy, now)?;
        let Some(nonces) = &policy.nonces else {
            return Ok((self.check_issue(policy, now)?, false));
        };
        let made = self.nonce.as_deref().and_then(|nonce| nonces.time_of(nonce));
        let made = made.ok_or(Unproven::NonceNeeded)?;
        let is_current = made <= now.plus(policy.tolerance) && now.since(made) <= policy.max_age;
        if !is_current {
            return Err(Unproven::NonceNeeded);
        }
        Ok((made, is_half_spent(made, now, policy.max_age)))
    }

    /// `iat` within the window; when the proof says it was made.
    fn check_issue(&self, policy: &DpopPolicy, now: Timestamp) -> Result<Timestamp, InvalidProof> {
        if self.issued_at.is_after(now.plus(policy.tolerance)) {
            let seconds = self.issued_at.rest(now).as_secs();
            return Err(InvalidProof::InTheFuture { seconds });
        }
        let age = self.issued_at.age(now);
        if age > policy.max_age {
            return Err(InvalidProof::TooOld { seconds: age.as_secs() });
        }
        Ok(now.plus(self.issued_at.rest(now)).minus(age))
    }

    /// `exp` and `nbf`, which a proof need not have.
    fn check_validity(&self, policy: &DpopPolicy, now: Timestamp) -> Result<(), InvalidProof> {
        if self.expires_at.is_some_and(|at| !at.plus(policy.tolerance).is_after(now)) {
            return Err(InvalidProof::OutsideItsTime { claim: "exp" });
        }
        if self.not_before.is_some_and(|at| at.is_after(now.plus(policy.tolerance))) {
            return Err(InvalidProof::OutsideItsTime { claim: "nbf" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ProofMaker, SigningKey};
    use crate::token::SkipReason;

    #[test]
    fn the_key_of_a_proof_must_be_for_the_algorithm_of_its_header() {
        const NOW: u32 = 1_700_000_000;
        let policy = DpopPolicy::new(["https://api.example".parse().expect("a URL")]);
        let judge = |algorithm, named: Algorithm| {
            let key = SigningKey::generate(algorithm);
            let proof = ProofMaker::new(&key).at(NOW).target("https://api.example/notes");
            let proof = proof.token("token").header("alg", named.to_string()).encode();
            let (key, method, path) = (&key.thumbprint(), "GET", "/notes");
            let expected = ExpectedProof { policy: &policy, key, method, path, token: "token" };
            verify(proof.as_bytes(), &expected, Timestamp::from_seconds(NOW.into())).map(drop)
        };
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
            assert_eq!(judge(algorithm, algorithm), Ok(()));
            for named in [Algorithm::Es384, Algorithm::Es512, Algorithm::Rs256] {
                let reason = InvalidProof::UnusableKey(SkipReason::NotAllowed(algorithm));
                let found = judge(algorithm, named);
                assert_eq!(found, Err(reason.into()), "RFC 8725 3.1: {algorithm} as {named}");
            }
        }
    }
}
