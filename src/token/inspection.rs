//! Every fault of a token, for the command that explains tokens.

use serde_json::{Map, Value};

use super::access_token::{MAX_TOKEN_LENGTH, check_replicated};
use super::claims::RegisteredClaims;
use super::header::Header;
use super::invalid_token::InvalidToken;
use super::json::JsonFault;
use super::jws::{CompactJws, Part, decode};

/// What a token by itself tells. [`UnverifiedToken`](super::UnverifiedToken) stops at the first fault;
/// this corrects the fault and reads on. A token with only one of these faults would be rejected for
/// it.
#[derive(Debug, Default)]
pub(crate) struct Inspection {
    /// The fault of the form as a whole.
    pub(crate) shape: Option<InvalidToken>,
    /// Faults of the encoding of its parts.
    pub(crate) encoding: Vec<InvalidToken>,
    /// Faults of its header.
    pub(crate) header_faults: Vec<InvalidToken>,
    /// Faults of its claims, and claims that differ from those in the header.
    pub(crate) claims_faults: Vec<InvalidToken>,
    /// The corrected header; `None` if it cannot be read.
    pub(crate) header: Option<Header>,
    /// The corrected claims; `None` if they cannot be read.
    pub(crate) claims: Option<RegisteredClaims>,
    /// The original header, if it is a JSON object.
    pub(crate) header_json: Option<Map<String, Value>>,
    /// The original claims, if they are a JSON object.
    pub(crate) claims_json: Option<Map<String, Value>>,
    /// The signing input and the signature; `None` if the parts are not known.
    pub(crate) signed: Option<(String, Vec<u8>)>,
}

impl Inspection {
    pub(crate) fn of(token: &str) -> Self {
        let shape = CompactJws::split(token, MAX_TOKEN_LENGTH).err().map(Into::into);
        let mut found = Self { shape, ..Self::default() };
        let parts: Vec<&str> = token.split('.').collect();
        let (header, claims, signature) = match (&found.shape, parts.as_slice()) {
            (Some(InvalidToken::TooLong { .. }), _) => return found,
            // Only the header of a JWE can be read, and it is not the header of a JWS.
            (_, [header, _, _, _, _]) => {
                found.header_json = decode(header, Part::Header).ok().as_deref().and_then(object);
                return found;
            }
            (_, [header, claims]) => (*header, *claims, None),
            (_, [header, claims, signature, ..]) => (*header, *claims, Some(*signature)),
            _ => return found,
        };
        match decode(header, Part::Header) {
            Ok(json) => found.read_header(json),
            Err(fault) => found.encoding.push(fault.into()),
        }
        match decode(claims, Part::Claims) {
            Ok(json) => found.read_claims(json),
            Err(fault) => found.encoding.push(fault.into()),
        }
        match signature.map(|signature| decode(signature, Part::Signature)) {
            Some(Ok(bytes)) => found.signed = Some((format!("{header}.{claims}"), bytes)),
            Some(Err(fault)) => found.encoding.push(fault.into()),
            None => {}
        }
        found
    }

    fn read_header(&mut self, mut json: Vec<u8>) {
        self.header_json = object(&json);
        loop {
            let fault = match Header::parse(&json) {
                Ok((header, _)) => {
                    self.header = Some(header);
                    return;
                }
                Err(fault) => fault,
            };
            let corrected = corrected_header(&json, &fault);
            self.header_faults.push(fault);
            let Some(corrected) = corrected else { return };
            json = corrected;
        }
    }

    fn read_claims(&mut self, mut json: Vec<u8>) {
        self.claims_json = object(&json);
        loop {
            let fault = match RegisteredClaims::parse(&json) {
                Ok((claims, members)) => {
                    let header = self.header_json.clone().map(Value::Object);
                    let header = header.unwrap_or_default().to_string();
                    if let Ok((_, header)) = Header::parse(header.as_bytes()) {
                        self.claims_faults.extend(check_replicated(&header, &members).err());
                    }
                    if !claims.has_audience() {
                        self.claims_faults.push(InvalidToken::ClaimMissing { claim: "aud" });
                    }
                    self.claims = Some(claims);
                    return;
                }
                Err(fault) => fault,
            };
            let corrected = corrected_claims(&json, &fault);
            self.claims_faults.push(fault);
            let Some(corrected) = corrected else { return };
            json = corrected;
        }
    }
}

/// The header without this fault. Each correction removes something, so the loop ends.
fn corrected_header(json: &[u8], fault: &InvalidToken) -> Option<Vec<u8>> {
    let mut members = object(json)?;
    let removed = match fault {
        InvalidToken::Malformed { fault: JsonFault::DuplicateMember, .. } => None,
        InvalidToken::CriticalExtension => Some("crit"),
        InvalidToken::UnencodedPayload => Some("b64"),
        InvalidToken::Nested => Some("cty"),
        InvalidToken::WrongType => Some("typ"),
        InvalidToken::HeaderParameterMistyped { name } if *name != "alg" => Some(*name),
        InvalidToken::HeaderParameterMistyped { .. }
        | InvalidToken::Unsigned
        | InvalidToken::UnsupportedAlgorithm { .. } => {
            members.insert("alg".to_owned(), "RS256".into());
            None
        }
        _ => return None,
    };
    if let Some(name) = removed {
        members.remove(name)?;
    }
    Some(Value::Object(members).to_string().into_bytes())
}

/// The claims without this fault.
fn corrected_claims(json: &[u8], fault: &InvalidToken) -> Option<Vec<u8>> {
    let mut members = object(json)?;
    match fault {
        InvalidToken::Malformed { fault: JsonFault::DuplicateMember, .. } => {}
        InvalidToken::ClaimMissing { claim } | InvalidToken::ClaimMistyped { claim, .. } => {
            let neutral = match *claim {
                "iss" => Value::from(""),
                "aud" => Value::Array(Vec::new()),
                "exp" => Value::from(0),
                optional => {
                    members.remove(optional)?;
                    return Some(Value::Object(members).to_string().into_bytes());
                }
            };
            if members.insert((*claim).to_owned(), neutral.clone()) == Some(neutral) {
                return None;
            }
        }
        _ => return None,
    }
    Some(Value::Object(members).to_string().into_bytes())
}

fn object(json: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tests::unsigned as token;
    use crate::token::{Printable, UnverifiedToken};

    const HEADER: &str = r#"{"alg":"RS256"}"#;
    const CLAIMS: &str = r#"{"iss":"a","aud":"b","exp":1}"#;

    #[test]
    fn every_fault_is_found_and_the_rest_is_read() {
        let header =
            r#"{"alg":"none","crit":["x"],"typ":"logout+jwt","kid":1,"cty":"JWT","b64":1}"#;
        let claims = r#"{"iss":["a"],"aud":"b","sub":7,"sub":"s","scope":1}"#;
        let found = Inspection::of(&token(header, claims));
        let mistyped = |name| InvalidToken::HeaderParameterMistyped { name };
        let expected = [
            InvalidToken::CriticalExtension,
            InvalidToken::UnencodedPayload,
            InvalidToken::Unsigned,
            InvalidToken::Nested,
            InvalidToken::WrongType,
            mistyped("kid"),
        ];
        assert_eq!(found.header_faults, expected);
        let reasons: Vec<_> = found.claims_faults.iter().map(InvalidToken::reason).collect();
        assert_eq!(reasons, ["malformed", "claim_mistyped", "claim_missing", "claim_mistyped"]);
        assert_eq!(found.claims.map(|claims| claims.audience), Some(vec!["b".to_owned()]));
    }

    #[test]
    fn the_reason_for_a_rejection_is_among_the_faults() {
        let twice = r#"{"iss":"a","aud":"b","exp":1,"exp":2}"#;
        let replicated = r#"{"alg":"RS256","iss":"x"}"#;
        let table = [
            token(HEADER, CLAIMS),
            token("[]", CLAIMS),
            token(HEADER, "null"),
            token(HEADER, twice),
            token(replicated, CLAIMS),
            token(r#"{"alg":"none"}"#, "{}"),
            token(r#"{"alg":"X"}"#, CLAIMS),
            token(HEADER, r#"{"iss":"a","aud":1,"exp":1e999}"#),
            "a.b.c".to_owned(),
            "opaque".to_owned(),
            "a.b.c.d.e".to_owned(),
            "a.b".to_owned(),
            "a b.c.d".to_owned(),
            "a".repeat(20_000),
        ];
        for token in table {
            let found = Inspection::of(&token);
            let mut faults = found.shape.into_iter().chain(found.encoding);
            let mut faults = faults.by_ref().chain(found.header_faults).chain(found.claims_faults);
            let rejected = UnverifiedToken::parse(&token).err();
            assert!(
                rejected.is_none() || faults.any(|fault| Some(fault) == rejected),
                "{:?} {rejected:?}",
                Printable::new(&token)
            );
        }
    }
}
