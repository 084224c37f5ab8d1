//! Claims of an otherwise valid token.

use actix_resource_server::token::{InvalidToken, MAX_TOKEN_LENGTH, NumericDate};
use serde_json::{Map, Value};

use super::reading::{AUDIENCE, ISSUER, NOW, accepted_by_jsonwebtoken, object, signed, verdict};

/// Clock tolerance in seconds.
const TOLERANCE: f64 = 5.0;

/// Accepts claims that are valid at [`NOW`].
pub fn claims(bytes: &[u8]) -> bool {
    let token = signed(br#"{"alg":"HS256"}"#, bytes);
    let verdict = verdict(&token, Vec::new());
    if token.len() > MAX_TOKEN_LENGTH {
        assert!(matches!(verdict, Err(InvalidToken::TooLong { .. })));
        return false;
    }
    let members = object(bytes).filter(are_good);
    assert_eq!(verdict.is_ok(), members.is_some(), "{}: {verdict:?}", bytes.escape_ascii());
    let (Ok(token_read), Some(members)) = (verdict, members) else { return false };
    let read = token_read.claims();
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let date =
        |name: &str| members.get(name).and_then(Value::as_f64).and_then(NumericDate::from_seconds);
    assert_eq!(Some(read.issuer.as_str()), text("iss"));
    assert_eq!(read.subject.as_deref(), text("sub"));
    assert_eq!(read.token_id.as_deref(), text("jti"));
    let client = ["client_id", "azp", "cid", "appid"].into_iter().find_map(text);
    assert_eq!(read.client_id.as_deref(), client);
    assert_eq!(Some(read.expires_at), date("exp"));
    assert_eq!(read.not_before, date("nbf"));
    assert_eq!(read.issued_at, date("iat"));
    assert_eq!(Some(read.audience.clone()), texts(&members["aud"]));
    for scope in read.scopes.iter() {
        let claim = ["scope", "scp"].into_iter().find_map(|name| texts(members.get(name)?));
        let granted = claim.unwrap_or_default();
        assert!(granted.iter().any(|text| text.split(' ').any(|word| word == scope)));
    }
    let whole = Value::Object(members);
    assert_eq!(token_read.claims_as::<Value>().ok().as_ref(), Some(&whole));
    assert_eq!(accepted_by_jsonwebtoken(&token).as_ref(), Ok(&whole), "equal claims");
    true
}

/// Reference for the rules of the claims (RFC 7519 section 4.1, RFC 7800 section 3.1).
fn are_good(members: &Map<String, Value>) -> bool {
    let is = |name, check: fn(&Value) -> bool| members.get(name).is_none_or(check);
    let not_after = |name: &str, latest: f64| {
        members.get(name).is_none_or(|value| value.as_f64().is_some_and(|date| date <= latest))
    };
    let now = f64::from(NOW);
    members.get("iss").is_some_and(|issuer| issuer == ISSUER)
        && members.get("aud").and_then(texts).is_some_and(|audiences| {
            audiences.iter().any(|audience| [AUDIENCE, "second"].contains(&audience.as_str()))
        })
        && members.get("exp").and_then(Value::as_f64).is_some_and(|exp| exp + TOLERANCE > now)
        && not_after("nbf", now + TOLERANCE)
        && not_after("iat", now + 300.0)
        && ["sub", "jti", "client_id"].into_iter().all(|name| is(name, Value::is_string))
        && is("scope", |scope| scope.is_null() || texts(scope).is_some())
        && !members.contains_key("cnf")
}

/// One text, or an array of texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(values) => {
            values.iter().map(|value| value.as_str().map(ToOwned::to_owned)).collect()
        }
        _ => None,
    }
}
