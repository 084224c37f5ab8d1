//! What issuers write in more than one way, compared with `jsonwebtoken`: where a spelling is accepted,
//! the token or key is one that `jsonwebtoken` accepts in its exact spelling.

use actix_resource_server::testing::SigningKey;
use actix_resource_server::token::{
    Algorithm, Algorithms, Audiences, Expectations, InvalidToken, KeySet, Timestamp,
    UnverifiedToken,
};
use jsonwebtoken::{DecodingKey, Validation, decode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::differential::{AUDIENCE, ISSUER, KEYS, claims, ours, signed, theirs};

fn es256() -> &'static SigningKey {
    &KEYS[1]
}

fn verified_with(set: &[u8], token: &str) -> Result<(), InvalidToken> {
    let algorithms = Algorithms::only([Algorithm::Es256]);
    // A set without a usable key verifies nothing.
    let keys = KeySet::from_json(set, algorithms).map_or(KeySet::new(Vec::new()), |read| read.0);
    let mut expected = Expectations::new(ISSUER, Audiences::new([AUDIENCE]).expect("one"));
    expected.algorithms = algorithms;
    UnverifiedToken::parse(token)?.verify(&keys, &expected, Timestamp::now()).map(drop)
}

/// One key in another spelling, by the number of the change: the same key, or none.
fn respelled(mut jwk: Value, member: &str, change: u8) -> (Value, bool) {
    let text = jwk[member].as_str().unwrap_or_default().to_owned();
    match change {
        0 => jwk["alg"] = Value::Null,
        1 => jwk["use"] = Value::Null,
        2 => jwk["d"] = Value::Null,
        3 => jwk["key_ops"] = json!([]),
        4 => jwk["kid"] = json!(""),
        5 => jwk[member] = format!("{text}=").into(),
        6 => jwk[member] = text.replace('-', "+").replace('_', "/").into(),
        7 => jwk["x5c"] = Value::Null,
        // Those that stay out.
        8 => jwk["d"] = json!("AA"),
        9 => jwk["use"] = json!("enc"),
        10 => jwk["key_ops"] = json!(["sign"]),
        11 => jwk[member] = format!("{text}==").into(),
        12 => jwk[member] = Value::Null,
        13 => jwk[member] = text.get(1..).unwrap_or_default().into(),
        _ => jwk["kty"] = json!(""),
    }
    (jwk, change < 8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// RFC 7515 section 4.1.9.
    #[test]
    fn known_types_are_as_no_type(
        key in 0..3_usize,
        (typ, is_accepted) in select(vec![
            (None, true), (Some("JWT"), true), (Some("jwt"), true), (Some("at+jwt"), true),
            (Some("application/at+JWT"), true), (Some("application/jwt"), true),
            (Some("JOSE"), true), (Some("jose"), true),
            (Some("dpop+jwt"), false), (Some("logout+jwt"), false), (Some("secevent+jwt"), false),
            (Some("Bearer"), false), (Some(""), false),
            (Some("token-introspection+jwt"), false),
        ]),
    ) {
        let key = &KEYS[key];
        let mut header = json!({"alg": key.algorithm().to_string(), "kid": key.id()});
        if let Some(typ) = typ {
            header["typ"] = typ.into();
        }
        let token = signed(key, &header, claims([60, 0, 0], &[]));
        prop_assert!(theirs(key, &token).is_ok());
        prop_assert_eq!(ours(key, &token).is_ok(), is_accepted, "{:?}", typ);
    }

    /// `iat` up to 5 minutes ahead, whatever the tolerance; `nbf` is strict (RFC 7519 section 4.1).
    #[test]
    fn issued_ahead_is_no_reason_within_five_minutes(
        ahead in select(vec![-400_i64, -6, 0, 6, 60, 290, 310, 4000]),
        not_before in select(vec![-400_i64, 0, 30, 4000]),
    ) {
        let key = es256();
        let header = json!({"alg": "ES256", "kid": key.id()});
        let token = signed(key, &header, claims([9000, not_before, ahead], &[]));
        let there = theirs(key, &token).is_ok();
        prop_assert_eq!(there, not_before <= 0, "jsonwebtoken judges nbf, and not iat");
        prop_assert_eq!(ours(key, &token).is_ok(), there && ahead <= 300);
    }

    /// A key is the same in every spelling; one that is for something else is none.
    #[test]
    fn respelled_keys_verify_what_the_exact_key_verifies(
        member in select(vec!["x", "y"]),
        changes in vec(0..15_u8, 1..3),
        is_forged in any::<bool>(),
        has_mark in any::<bool>(),
    ) {
        let key = es256();
        let exact = key.public_jwk();
        let (mut jwk, mut is_same) = (exact.clone(), true);
        let mut seen = Vec::new();
        for change in changes {
            // Each change once, and one for each member: a second one could undo the first.
            let kind = if matches!(change, 5 | 6 | 11..=13) { 100 } else { change };
            let kind = if matches!(change, 2 | 8) { 101 } else { kind };
            let kind = if matches!(change, 1 | 9) { 102 } else { kind };
            let kind = if matches!(change, 3 | 10) { 103 } else { kind };
            if seen.contains(&kind) {
                continue;
            }
            seen.push(kind);
            let (next, same) = respelled(jwk, member, change);
            (jwk, is_same) = (next, is_same && same);
        }
        let other = SigningKey::generate(Algorithm::Es256).with_id(key.id());
        let signer = if is_forged { &other } else { key };
        let header = json!({"alg": "ES256"});
        let token = signed(signer, &header, claims([60, 0, 0], &[]));
        let there = theirs(key, &token).is_ok();
        prop_assert_eq!(there, !is_forged);
        let mark = if has_mark { "\u{feff}" } else { "" };
        let set = format!("{mark}{}", json!({"keys": [jwk]}));
        prop_assert_eq!(verified_with(set.as_bytes(), &token).is_ok(), there && is_same, "{}", set);
    }

    /// Of keys with one `kid` or none, the signer is found among the first four, and no other key
    /// makes a token good.
    #[test]
    fn keys_that_share_a_name_are_tried_in_turn(
        count in 1..7_usize,
        place in 0..7_usize,
        kid in select(vec![None, Some("shared")]),
        in_header in any::<bool>(),
    ) {
        let keys: Vec<_> = (0..count).map(|_| SigningKey::generate(Algorithm::Es256)).collect();
        let stranger = SigningKey::generate(Algorithm::Es256);
        let signer = keys.get(place).unwrap_or(&stranger);
        let published: Vec<Value> = keys
            .iter()
            .map(|key| {
                let mut jwk = key.public_jwk();
                jwk["kid"] = kid.map_or(Value::Null, Value::from);
                jwk
            })
            .collect();
        let mut header = json!({"alg": "ES256"});
        if in_header {
            header["kid"] = "shared".into();
        }
        let token = signed(signer, &header, claims([60, 0, 0], &[]));
        let validation = || {
            let mut validation = Validation::new(jsonwebtoken::Algorithm::ES256);
            validation.set_issuer(&[ISSUER]);
            validation.set_audience(&[AUDIENCE]);
            validation
        };
        let by_jsonwebtoken = |key: &SigningKey| {
            let mut jwk = key.public_jwk();
            jwk.as_object_mut().expect("an object").remove("kid");
            let jwk = serde_json::from_value(jwk).expect("a JWK");
            let key = DecodingKey::from_jwk(&jwk).expect("a key");
            decode::<Value>(&token, &key, &validation()).is_ok()
        };
        let there = keys.iter().take(4).any(by_jsonwebtoken);
        let set = json!({"keys": published}).to_string();
        prop_assert_eq!(verified_with(set.as_bytes(), &token).is_ok(), there);
    }

    /// A byte order mark is part of no token (RFC 8259 section 8.1), `scope: null` of many.
    #[test]
    fn marks_are_refused_and_no_scopes_accepted_in_tokens(
        in_header in any::<bool>(),
        in_claims in any::<bool>(),
        scope in select(vec![json!(null), json!(""), json!([]), json!(7), json!({}), json!([null])]),
    ) {
        let key = es256();
        let mark = |is_there: bool| if is_there { "\u{feff}" } else { "" };
        let header = format!("{}{}", mark(in_header), json!({"alg": "ES256", "kid": key.id()}));
        let changes = [("scope".to_owned(), scope.clone())];
        let claims = format!("{}{}", mark(in_claims), claims([60, 0, 0], &changes));
        let token = signed(key, header, claims);
        let (here, there) = (ours(key, &token), theirs(key, &token));
        prop_assert_eq!(there.is_ok(), !in_header && !in_claims);
        let has_none = scope.is_null() || scope == json!("") || scope == json!([]);
        prop_assert_eq!(here.is_ok(), there.is_ok() && has_none, "RFC 8693 4.2: {}", scope);
        if let Ok(read) = here {
            prop_assert_eq!(read.claims().scopes.as_str(), "");
        }
    }
}
