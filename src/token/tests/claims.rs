//! Claims of a verified token, and lists of algorithms.

use serde_json::{Value, json};

use super::{expected, secret_key, signed};
use crate::token::{Algorithm, Algorithms, KeySet, Timestamp, UnverifiedToken, VerifiedToken};

/// A token with these claims beside the required ones, verified.
fn verified(more: &Value) -> VerifiedToken {
    let mut claims = json!({"iss": "a", "aud": "b", "exp": 9_999_999_999_u64});
    let members = claims.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    let token = signed(r#"{"alg":"HS256"}"#, &claims.to_string());
    let unverified = UnverifiedToken::parse(&token).expect("well-formed");
    let keys = KeySet::new(vec![secret_key()]);
    let now = Timestamp::from_seconds(1_000_000_000);
    unverified.verify(&keys, &expected(), now).expect("a valid token")
}

#[test]
fn a_claim_includes_a_member_of_a_list_and_a_word_of_a_text() {
    let token = verified(&json!({
        "list": ["red", 7, true], "text": "red  green", "number": 7, "none": null,
    }));
    let table = [
        ("list", json!("red"), true),
        ("list", json!(7), true),
        ("list", json!("green"), false),
        ("list", json!("7"), false),
        ("text", json!("red"), true),
        ("text", json!("green"), true),
        ("text", json!("gree"), false),
        // Two spaces enclose no word (RFC 8693 section 4.2).
        ("text", json!(""), false),
        ("text", json!("red  green"), false),
        ("number", json!(7), false),
        ("none", json!(null), false),
        ("missing", json!("red"), false),
    ];
    for (claim, value, included) in table {
        assert_eq!(token.claim_includes(claim, value.clone()), included, "{claim} {value}");
    }
}

#[test]
fn an_algorithm_named_twice_is_in_the_list_once() {
    let twice = Algorithms::only([Algorithm::Es256, Algorithm::Rs256, Algorithm::Es256]);
    assert_eq!(twice, Algorithms::only([Algorithm::Rs256, Algorithm::Es256]));
    assert!(twice.contains(Algorithm::Es256), "RFC 8725 3.1");
}
