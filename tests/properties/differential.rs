//! Differential test: every token accepted here is also accepted by `jsonwebtoken`'s `decode` with equal
//! claims, however the token is encoded.

use std::sync::LazyLock;

use actix_resource_server::testing::{SigningKey, TokenMaker};
use actix_resource_server::token::{
    Algorithm, Algorithms, Audiences, Expectations, InvalidToken, KeySet, Timestamp,
    UnverifiedToken, VerificationKey, VerifiedToken,
};
use jsonwebtoken::{DecodingKey, TokenData, Validation, decode};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::key_sets::any_json;

pub(crate) const ISSUER: &str = "https://issuer.example/\u{e9}\u{1f511}";
pub(crate) const AUDIENCE: &str = "https://api.example";

/// A fast key of each kind.
pub(crate) static KEYS: LazyLock<[SigningKey; 3]> = LazyLock::new(|| {
    [Algorithm::Hs256, Algorithm::Es256, Algorithm::EdDsa].map(SigningKey::generate)
});

/// A token with exactly this header and these claims.
pub(crate) fn signed(key: &SigningKey, header: impl ToString, claims: impl ToString) -> String {
    let maker = TokenMaker::new(ISSUER, key).raw_header(header.to_string());
    maker.raw_claims(claims.to_string()).encode()
}

pub(crate) fn ours(key: &SigningKey, token: &str) -> Result<VerifiedToken, InvalidToken> {
    let allowed = Algorithms::only([key.algorithm()]);
    let keys = match key.secret() {
        Some(secret) => {
            let secret =
                VerificationKey::from_secret(key.algorithm(), secret).expect("long enough");
            KeySet::new(vec![secret.with_id(Some(key.id().to_owned()))])
        }
        None => {
            let set = json!({"keys": [key.public_jwk()]}).to_string();
            KeySet::from_json(set.as_bytes(), allowed).expect("a key").0
        }
    };
    let audiences = Audiences::new([AUDIENCE]).expect("one audience");
    let mut expected = Expectations::new(ISSUER, audiences);
    expected.algorithms = allowed;
    UnverifiedToken::parse(token)?.verify(&keys, &expected, Timestamp::now())
}

pub(crate) fn theirs(
    key: &SigningKey,
    token: &str,
) -> jsonwebtoken::errors::Result<TokenData<Value>> {
    let mut validation =
        Validation::new(key.algorithm().to_string().parse().expect("known there too"));
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    validation.leeway = 5;
    let key = match key.secret() {
        Some(secret) => DecodingKey::from_secret(secret),
        None => {
            let jwk = serde_json::from_value(key.public_jwk()).expect("a JWK");
            DecodingKey::from_jwk(&jwk).expect("a key")
        }
    };
    decode(token, &key, &validation)
}

/// JSON with optional whitespace and unnecessary escapes.
struct Writing<'a> {
    noise: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    text: String,
}

impl Writing<'_> {
    fn of(value: &Value, noise: &[u8]) -> String {
        let mut writing = Writing { noise: noise.iter().cycle(), text: String::new() };
        writing.value(value);
        writing.text
    }

    fn space(&mut self) {
        let byte = self.noise.next().copied().unwrap_or_default();
        self.text.push_str(["", "", " ", "\t", "\r\n", "  "][usize::from(byte) % 6]);
    }

    fn value(&mut self, value: &Value) {
        self.space();
        match value {
            Value::Array(values) => {
                self.list('[', values.iter(), |writing, value| writing.value(value));
                self.text.push(']');
            }
            Value::Object(members) => {
                self.list('{', members.iter(), |writing, (name, value)| {
                    writing.space();
                    writing.string(name);
                    writing.space();
                    writing.text.push(':');
                    writing.value(value);
                });
                self.text.push('}');
            }
            Value::String(text) => self.string(text),
            other => self.text.push_str(&other.to_string()),
        }
        self.space();
    }

    fn list<T>(
        &mut self,
        open: char,
        items: impl Iterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) {
        self.text.push(open);
        self.space();
        for (place, item) in items.enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            write(self, item);
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            let byte = self.noise.next().copied().unwrap_or_default();
            let must = character.is_control() || character == '"' || character == '\\';
            if must || byte % 4 == 0 {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let unit = format!("{unit:04x}");
                    let unit = if byte % 8 == 0 { unit } else { unit.to_uppercase() };
                    self.text.push_str("\\u");
                    self.text.push_str(&unit);
                }
            } else {
                self.text.push(character);
            }
        }
        self.text.push('"');
    }
}

/// Valid claims, except for the changed ones.
pub(crate) fn claims(offsets: [i64; 3], changes: &[(String, Value)]) -> Value {
    let now = Timestamp::now().milliseconds() / 1000;
    let at = |offset: i64| now.saturating_add_signed(offset);
    let mut claims = json!({
        "iss": ISSUER, "aud": [AUDIENCE, "\u{0}"], "exp": at(offsets[0]), "nbf": at(offsets[1]),
        "iat": at(offsets[2]), "sub": "\u{202e}\"\\/", "jti": "", "scope": "a b", "client_id": "c",
    });
    for (name, value) in changes {
        claims[name] = value.clone();
    }
    claims
}

fn change() -> impl Strategy<Value = (String, Value)> {
    let name = prop_oneof![
        3 => any::<String>(),
        1 => "iss|sub|aud|exp|nbf|iat|jti|scope|client_id|cnf|permissions",
    ];
    let value = prop_oneof![
        2 => any_json(),
        1 => any::<String>().prop_map(Value::from),
        1 => Just(json!(AUDIENCE)),
        1 => Just(json!(ISSUER)),
    ];
    (name, value)
}

proptest! {
    #[test]
    fn accepted_tokens_are_accepted_by_jsonwebtoken_with_equal_claims(
        key in 0..3_usize,
        // No time is near the limit, because the two read the clock at different moments.
        offsets in [
            prop::sample::select(vec![-1_000_000_i64, -60, 60, 60, 60, 1_000_000]),
            prop::sample::select(vec![-1_000_000_i64, -60, 0, 0, 0, 60]),
            // RFC 7519 4.1.6: `iat` may be up to 5 minutes ahead.
            prop::sample::select(vec![-1_000_000_i64, -60, 0, 0, 60, 280, 320, 1_000_000]),
        ],
        changes in vec(change(), 0..4),
        parameters in vec((any::<String>(), any_json()), 0..3),
        noise in vec(any::<u8>(), 1..64),
    ) {
        let key = &KEYS[key];
        let claims = claims(offsets, &changes);
        let mut header = json!({"alg": key.algorithm().to_string(), "typ": "at+jwt"});
        for (name, value) in parameters {
            header[name] = value;
        }
        // `harmless` marks tokens that differ from a valid token only in their encoding.
        header["alg"] = key.algorithm().to_string().into();
        header["kid"] = key.id().into();
        let token = signed(key, Writing::of(&header, &noise), Writing::of(&claims, &noise));
        let harmless = offsets[0] > 0 && offsets[1] <= 0 && offsets[2] <= 280 && changes.is_empty();
        match ours(key, &token) {
            Ok(read) => {
                prop_assert_eq!(read.claims_as::<Value>(), Ok(claims.clone()));
                // A date beyond any calendar does not fit into u64; it is in the future.
                prop_assume!(claims["exp"].as_f64().is_some_and(|exp| exp < 1e19));
                // Neither does one before 1970, which is in the past.
                prop_assume!(claims["nbf"].as_f64().is_none_or(|nbf| nbf >= 0.0));
                let there = theirs(key, &token);
                prop_assert!(there.is_ok(), "{:?}: {header} {claims}", there.map(drop));
                prop_assert_eq!(there.map(|there| there.claims).ok(), Some(claims));
            }
            Err(refusal) => prop_assert!(!harmless, "{refusal}: {header} {claims}"),
        }
    }
}

#[test]
fn both_accept_the_base_token() {
    for key in KEYS.iter() {
        let claims = claims([60, 0, 0], &[]);
        let header = json!({"alg": key.algorithm().to_string(), "kid": key.id()});
        let token = signed(key, header, claims);
        assert!(ours(key, &token).is_ok() && theirs(key, &token).is_ok(), "{}", key.algorithm());
    }
}
