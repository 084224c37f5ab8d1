//! Properties of parsing tokens: structure, header, claims.

use actix_resource_server::token::{
    Algorithm, Audiences, Expectations, InvalidToken, KeySet, Timestamp, UnverifiedToken,
    VerificationKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::key_sets::any_json;

const ISSUER: &str = "https://issuer.example/";
const NOW: u64 = 1_700_000_000;
const SECRET: &[u8] = b"a secret of at least 32 bytes, known to this test";

fn verdict(token: &str) -> Result<(), InvalidToken> {
    let key = VerificationKey::from_secret(Algorithm::Hs256, SECRET).expect("long enough");
    let audiences = Audiences::new(["https://api.example"]).expect("one audience");
    let mut expected = Expectations::new(ISSUER, audiences);
    expected.algorithms = actix_resource_server::token::Algorithms::only([Algorithm::Hs256]);
    UnverifiedToken::parse(token)?
        .verify(&KeySet::new(vec![key]), &expected, Timestamp::from_seconds(NOW))
        .map(drop)
}

fn sign(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let signature =
        jsonwebtoken::crypto::sign(input.as_bytes(), &key, jsonwebtoken::Algorithm::HS256)
            .expect("a signature");
    format!("{input}.{signature}")
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "https://api.example", "exp": NOW + 60, "iat": NOW, "sub": "s"})
}

/// Error texts must be safe for callers and operators.
fn check_texts(refusal: &InvalidToken) -> Result<(), TestCaseError> {
    let plain = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    prop_assert!(refusal.description().bytes().all(plain), "RFC 6750 3: {refusal:?}");
    prop_assert!(refusal.to_string().bytes().all(|byte| (0x20..0x7f).contains(&byte)));
    prop_assert!(refusal.to_string().len() < 200);
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_handled(text in any::<String>()) {
        if let Err(refusal) = verdict(&text) {
            check_texts(&refusal)?;
        }
    }

    #[test]
    fn any_three_parts_are_handled(parts in vec(vec(any::<u8>(), 0..100), 3)) {
        let parts: Vec<String> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
        let refusal = verdict(&parts.join(".")).expect_err("nobody signed it");
        check_texts(&refusal)?;
    }

    #[test]
    fn any_header_is_handled(name in "[a-z0-9]{1,4}|alg|kid|typ|cty|crit|b64|jwk|iss|sub|aud",
        value in any_json(),
    ) {
        let mut header = json!({"alg": "HS256", "typ": "JWT"});
        header[name] = value;
        if let Err(refusal) = verdict(&sign(&header.to_string(), &claims().to_string())) {
            check_texts(&refusal)?;
        }
    }

    #[test]
    fn any_claims_are_handled(
        name in "[a-z]{1,4}|iss|sub|aud|exp|nbf|iat|jti|scope|client_id|cnf|permissions",
        value in any_json(),
    ) {
        let mut changed = claims();
        changed[&name] = value;
        let token = sign(r#"{"alg":"HS256"}"#, &changed.to_string());
        match verdict(&token) {
            Ok(()) => prop_assert!(accepted_by_jsonwebtoken(&token), "{changed}"),
            Err(refusal) => check_texts(&refusal)?,
        }
    }

    #[test]
    fn token_with_one_changed_character_is_rejected(
        place in any::<prop::sample::Index>(), other in "[A-Za-z0-9_-]",
    ) {
        let good = sign(r#"{"alg":"HS256"}"#, &claims().to_string());
        prop_assert_eq!(verdict(&good), Ok(()));
        let place = place.index(good.len());
        let mut changed = good.clone();
        changed.replace_range(place..=place, &other);
        prop_assume!(changed != good);
        prop_assert!(verdict(&changed).is_err(), "RFC 7515 5.2");
    }
}

/// Differential check: everything accepted here must also be accepted by `jsonwebtoken`.
fn accepted_by_jsonwebtoken(token: &str) -> bool {
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&["https://api.example"]);
    validation.set_required_spec_claims(&["iss", "aud"]);
    // It uses the machine's clock and we use the test's; times are covered by our own tables.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let key = jsonwebtoken::DecodingKey::from_secret(SECRET);
    jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok()
}
