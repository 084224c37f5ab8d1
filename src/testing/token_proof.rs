//! DPoP proofs at the token endpoint of the test issuer (RFC 9449 section 5).

use actix_web::HttpRequest;
use serde_json::Value;
use url::Url;

use crate::sender::MAX_PROOF_LENGTH;
use crate::token::{
    Algorithm, Algorithms, CompactJws, JwkThumbprint, Part, Spelling, Timestamp, read_key,
};

/// Tolerated difference between the clocks of client and issuer, in seconds.
const TOLERANCE: f64 = 300.0;

/// What a proof tells.
pub(super) struct ProvenKey {
    /// The key to bind the token to.
    pub(super) thumbprint: JwkThumbprint,
    /// `nonce`; empty if there is none.
    pub(super) nonce: String,
}

/// Verifies the proof of a token request. None without a `DPoP` header field.
///
/// # Errors
///
/// The description of an `invalid_dpop_proof` error. The client is at fault.
pub(super) fn proven_key(request: &HttpRequest) -> Result<Option<ProvenKey>, &'static str> {
    let mut fields = request.headers().get_all("dpop");
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err("more than one DPoP header field");
    }
    let proof = field.to_str().map_err(|_| "the proof is not ASCII text")?;
    verify(proof, request.path(), Timestamp::now()).map(Some)
}

fn verify(proof: &str, path: &str, now: Timestamp) -> Result<ProvenKey, &'static str> {
    const MALFORMED: &str = "the proof is not a signed JWT";
    let jws = CompactJws::split(proof, MAX_PROOF_LENGTH).map_err(|_| MALFORMED)?;
    let json = |part| -> Result<Value, &'static str> {
        let bytes = jws.decode(part).map_err(|_| MALFORMED)?;
        serde_json::from_slice(&bytes).map_err(|_| MALFORMED)
    };
    let (header, claims) = (json(Part::Header)?, json(Part::Claims)?);
    let signature = jws.decode(Part::Signature).map_err(|_| MALFORMED)?;
    let text = |object: &Value, name: &str| {
        object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if text(&header, "typ") != "dpop+jwt" {
        return Err("typ is not dpop+jwt");
    }
    let algorithm: Algorithm = text(&header, "alg").parse().map_err(|_| "alg is not supported")?;
    let jwk = header.get("jwk").ok_or("jwk is missing")?.to_string();
    let only = Algorithms::only([algorithm]);
    let key = read_key(jwk.as_bytes(), only.into(), Spelling::Exact)
        .map_err(|_| "jwk is not a public key for alg")?;
    let thumbprint = JwkThumbprint::of_jwk(jwk.as_bytes()).map_err(|_| "jwk is not supported")?;
    if key.algorithm() != algorithm || !key.verifies(jws.signing_input().as_bytes(), &signature) {
        return Err("the signature is not valid");
    }
    if text(&claims, "htm") != "POST" {
        return Err("htm is not POST");
    }
    if Url::parse(&text(&claims, "htu")).map_or(true, |url| url.path() != path) {
        return Err("htu is not the token endpoint");
    }
    if text(&claims, "jti").is_empty() {
        return Err("jti is missing");
    }
    let issued_at = claims.get("iat").and_then(Value::as_f64).ok_or("iat is missing")?;
    let now = f64::from(u32::try_from(now.milliseconds() / 1000).unwrap_or(u32::MAX));
    if (issued_at - now).abs() > TOLERANCE {
        return Err("iat is too far from now");
    }
    Ok(ProvenKey { thumbprint, nonce: text(&claims, "nonce") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ProofMaker, SigningKey};

    fn verify(proof: &str, path: &str, now: Timestamp) -> Result<JwkThumbprint, &'static str> {
        super::verify(proof, path, now).map(|proven| proven.thumbprint)
    }

    #[test]
    fn a_proof_is_checked_before_a_token_is_bound() {
        let (path, now) = ("/oauth/token", Timestamp::now());
        for algorithm in [Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa] {
            let key = SigningKey::generate(algorithm);
            let good = || {
                let proof = ProofMaker::new(&key).method("POST");
                proof.target("http://127.0.0.1:3011/oauth/token")
            };
            assert_eq!(verify(&good().encode(), path, now), Ok(key.thumbprint()));
            let table = [
                (good().method("GET"), "htm is not POST"),
                (good().target("http://127.0.0.1:3011/token"), "htu is not the token endpoint"),
                (good().made_in(-400.0), "iat is too far from now"),
                (good().made_in(400.0), "iat is too far from now"),
                (good().claim("jti", ""), "jti is missing"),
                (good().header("typ", "jwt"), "typ is not dpop+jwt"),
                (good().header("alg", "none"), "alg is not supported"),
                (good().header("jwk", 1), "jwk is not a public key for alg"),
            ];
            for (proof, text) in table {
                assert_eq!(verify(&proof.encode(), path, now), Err(text), "RFC 9449 4.3, 5");
            }
            let other = SigningKey::generate(algorithm).public_key_members();
            let stolen = good().header("jwk", other).encode();
            assert_eq!(verify(&stolen, path, now), Err("the signature is not valid"));
        }
        assert!(verify("a.b", path, now).is_err());
    }
}
