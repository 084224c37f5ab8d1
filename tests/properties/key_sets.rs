//! Properties of parsing key sets.

use actix_resource_server::token::{Algorithms, KeySet};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// JSON of every type with limited nesting.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[a-z]{1,4}", inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

/// A member with an often valid, sometimes arbitrary value.
fn member(usual: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => proptest::sample::select(usual).prop_map(Value::from),
        1 => any_json(),
    ]
}

prop_compose! {
    fn key()(
        kty in member(&["RSA", "EC", "OKP", "oct"]),
        crv in member(&["P-256", "P-384", "Ed25519", "X25519"]),
        alg in member(&["RS256", "PS256", "ES256", "ES384", "EdDSA", "HS256", "none"]),
        purpose in member(&["sig", "enc"]),
        kid in member(&["a", "b", ""]),
        numbers in vec(vec(any::<u8>(), 0..300), 4),
        extra in any_json(),
    ) -> Value {
        let text: Vec<String> = numbers.iter().map(|bytes| base64url(bytes)).collect();
        json!({"kty": kty, "crv": crv, "alg": alg, "use": purpose, "kid": kid, "n": text[0],
            "e": text[1], "x": text[2], "y": text[3], "other": extra})
    }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

proptest! {
    #[test]
    fn any_bytes_are_handled(bytes in vec(any::<u8>(), 0..256)) {
        let _ = KeySet::from_json(&bytes, Algorithms::DEFAULT);
    }

    #[test]
    fn any_json_is_handled(json in any_json()) {
        let _ = KeySet::from_json(json.to_string().as_bytes(), Algorithms::DEFAULT);
    }

    #[test]
    fn keys_are_judged_individually(keys in vec(key(), 0..6)) {
        let count = keys.len();
        let json = json!({"keys": keys}).to_string();
        if let Ok((keys, skipped)) = KeySet::from_json(json.as_bytes(), Algorithms::DEFAULT) {
            prop_assert_eq!(keys.len() + skipped.len(), count);
            for skipped in skipped {
                prop_assert!(skipped.to_string().bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            }
        }
    }
}
