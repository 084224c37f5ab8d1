//! Signed introspection responses: JWTs that contain the response (RFC 9701 section 5).

use std::time::Duration;

use derive_more::{Display, Error};
use serde_json::value::RawValue;

use super::algorithm::Algorithms;
use super::header::Header;
use super::json::{JsonFault, Members, OneOrMany};
use super::jws::{CompactJws, JwsFault, Part};
use super::key_set::{KeySet, SignatureChecks};
use super::timestamp::{NumericDate, Timestamp};

/// Who must have signed a response, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedIntrospection<'a> {
    /// The issuer that was asked.
    pub(crate) issuer: &'a str,
    /// The client id that asked: the response must be for it.
    pub(crate) recipient: &'a str,
    /// Accepted signature algorithms.
    pub(crate) algorithms: Algorithms,
}

/// Why a signed introspection response is not used. The issuer is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSignedIntrospection {
    /// Not a signed JWT of the right form.
    #[display("is not a well-formed signed JWT")]
    Malformed,
    /// `typ` is not `token-introspection+jwt`.
    #[display("has a typ other than token-introspection+jwt")]
    WrongType,
    /// `alg` is `none`, not supported, or not accepted.
    #[display("is signed with an algorithm that is not accepted")]
    AlgorithmNotAllowed,
    /// No key of the issuer fits.
    #[display("is signed with a key that is not known")]
    UnknownKey,
    /// The signature is wrong.
    #[display("has an invalid signature")]
    SignatureInvalid,
    /// `iss` is a different issuer, or missing.
    #[display("is from a different issuer")]
    IssuerMismatch,
    /// `aud` does not name this server's client id.
    #[display("is for a different recipient")]
    RecipientMismatch,
    /// `iat` is missing, or too far from now.
    #[display("was not issued now")]
    NotCurrent,
    /// `token_introspection` is missing or not an object.
    #[display("has no token_introspection object")]
    NoIntrospection,
}

/// How far `iat` may be from now. Responses are used at once, so this is only about clocks.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(300);

/// Longest response that is read, in bytes.
const LONGEST_RESPONSE: usize = 256 * 1024;

/// Verifies a signed response and returns its `token_introspection`.
pub(crate) fn read_signed_introspection(
    text: &str,
    keys: &KeySet,
    expected: SignedIntrospection<'_>,
    now: Timestamp,
) -> Result<String, InvalidSignedIntrospection> {
    let jws = CompactJws::split(text, LONGEST_RESPONSE).map_err(malformed)?;
    let header = jws.decode(Part::Header).map_err(malformed)?;
    let header = Header::of_introspection_response(&header).map_err(malformed)?;
    let header = header.ok_or(InvalidSignedIntrospection::WrongType)?;
    if !expected.algorithms.contains(header.algorithm()) {
        return Err(InvalidSignedIntrospection::AlgorithmNotAllowed);
    }
    let candidates =
        keys.candidates(&header).map_err(|_| InvalidSignedIntrospection::UnknownKey)?;
    let signature = jws.decode(Part::Signature).map_err(malformed)?;
    let message = jws.signing_input().as_bytes();
    candidates
        .signer(message, &signature, &mut SignatureChecks::default(), &header)
        .map_err(|_| InvalidSignedIntrospection::SignatureInvalid)?;
    let claims = jws.decode(Part::Claims).map_err(malformed)?;
    let claims = std::str::from_utf8(&claims).map_err(|_| InvalidSignedIntrospection::Malformed)?;
    read_claims(claims, expected, now)
}

fn read_claims(
    json: &str,
    expected: SignedIntrospection<'_>,
    now: Timestamp,
) -> Result<String, InvalidSignedIntrospection> {
    let members =
        Members::parse_whole(json).map_err(|_: JsonFault| InvalidSignedIntrospection::Malformed)?;
    let issuer = members.text("iss").ok().flatten();
    if issuer.as_deref() != Some(expected.issuer) {
        return Err(InvalidSignedIntrospection::IssuerMismatch);
    }
    let is_recipient = match members.read::<OneOrMany>("aud").ok().flatten() {
        Some(OneOrMany::One(recipient)) => recipient == expected.recipient,
        Some(OneOrMany::Many(recipients)) => {
            recipients.iter().any(|recipient| recipient == expected.recipient)
        }
        None => false,
    };
    if !is_recipient {
        return Err(InvalidSignedIntrospection::RecipientMismatch);
    }
    let issued_at = members.read::<f64>("iat").ok().flatten().and_then(NumericDate::from_seconds);
    let is_current = issued_at.is_some_and(|issued_at| {
        issued_at.plus(MAX_CLOCK_DIFFERENCE).is_after(now)
            && !issued_at.is_after(now.plus(MAX_CLOCK_DIFFERENCE))
    });
    if !is_current {
        return Err(InvalidSignedIntrospection::NotCurrent);
    }
    let response = members.get("token_introspection").map(RawValue::get);
    response
        .filter(|response| response.starts_with('{'))
        .map(ToOwned::to_owned)
        .ok_or(InvalidSignedIntrospection::NoIntrospection)
}

fn malformed(fault: JwsFault) -> InvalidSignedIntrospection {
    match fault {
        JwsFault::Unsigned | JwsFault::UnsupportedAlgorithm { .. } => {
            InvalidSignedIntrospection::AlgorithmNotAllowed
        }
        _ => InvalidSignedIntrospection::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::Algorithm;
    use crate::token::tests::{secret_key, signed};

    const NOW: u64 = 1_700_000_000;

    fn header() -> Value {
        json!({"alg": "HS256", "typ": "token-introspection+jwt"})
    }

    fn claims() -> Value {
        json!({
            "iss": "https://issuer.example/", "aud": "api", "iat": NOW,
            "token_introspection": {"active": true},
        })
    }

    fn sign(header: &Value, claims: &Value) -> String {
        signed(&header.to_string(), &claims.to_string())
    }

    fn read(text: &str) -> Result<String, InvalidSignedIntrospection> {
        let expected = SignedIntrospection {
            issuer: "https://issuer.example/",
            recipient: "api",
            algorithms: Algorithms::only([Algorithm::Hs256]),
        };
        let keys = KeySet::new(vec![secret_key()]);
        read_signed_introspection(text, &keys, expected, Timestamp::from_seconds(NOW))
    }

    #[test]
    fn a_valid_response_is_unwrapped() {
        assert_eq!(read(&sign(&header(), &claims())), Ok(r#"{"active":true}"#.to_owned()));
        for recipients in [json!(["api"]), json!(["other", "api"])] {
            let mut claims = claims();
            claims["aud"] = recipients;
            assert!(read(&sign(&header(), &claims)).is_ok(), "RFC 9701 5: {claims}");
        }
    }

    #[test]
    fn every_other_response_is_rejected() {
        use InvalidSignedIntrospection::{
            AlgorithmNotAllowed, IssuerMismatch, Malformed, NoIntrospection, NotCurrent,
            RecipientMismatch, SignatureInvalid, WrongType,
        };
        let by_header = [
            ("typ", json!("at+jwt"), WrongType),
            ("typ", json!("JWT"), WrongType),
            ("typ", Value::Null, Malformed),
            ("alg", json!("none"), AlgorithmNotAllowed),
            ("alg", json!("RS256"), AlgorithmNotAllowed),
            ("alg", json!("XX"), AlgorithmNotAllowed),
            ("crit", json!(["x"]), Malformed),
        ];
        for (name, value, fault) in by_header {
            let mut header = header();
            header[name] = value;
            assert_eq!(read(&sign(&header, &claims())), Err(fault), "RFC 9701 5: {header}");
        }
        let by_claims = [
            ("iss", json!("https://other.example/"), IssuerMismatch),
            ("iss", Value::Null, IssuerMismatch),
            ("aud", json!("other"), RecipientMismatch),
            ("aud", json!([]), RecipientMismatch),
            ("aud", json!(["other"]), RecipientMismatch),
            ("aud", json!(["other", "another"]), RecipientMismatch),
            ("aud", Value::Null, RecipientMismatch),
            ("iat", json!(NOW - 300), NotCurrent),
            ("iat", json!(NOW + 301), NotCurrent),
            ("iat", json!("now"), NotCurrent),
            ("token_introspection", Value::Null, NoIntrospection),
            ("token_introspection", json!("x"), NoIntrospection),
        ];
        for (name, value, fault) in by_claims {
            let mut claims = claims();
            claims[name] = value;
            assert_eq!(read(&sign(&header(), &claims)), Err(fault), "RFC 9701 5: {claims}");
        }
        let mut untyped = header();
        untyped.as_object_mut().expect("an object").remove("typ");
        assert_eq!(read(&sign(&untyped, &claims())), Err(WrongType), "RFC 9701 5");
        let mut forged = sign(&header(), &claims());
        forged.replace_range(forged.len() - 4.., "AAAA");
        assert_eq!(read(&forged), Err(SignatureInvalid));
        for text in ["", "a.b", "{}", "a.b.c.d.e"] {
            assert_eq!(read(text), Err(Malformed), "{text}");
        }
    }
}
