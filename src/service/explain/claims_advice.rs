//! What it means that claims are wrong, and what to do.

use serde_json::{Map, Value};

use super::report::Check;
use crate::service::check::is_client_id;
use crate::token::{InvalidToken, JsonFault, RegisteredClaims};

/// Claims that ID tokens have and access tokens have not (OpenID Connect Core section 2, 3.3.2.11).
const OF_ID_TOKENS: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];

pub(super) fn wrong_audience(
    check: Check,
    claims: &RegisteredClaims,
    json: Option<&Map<String, Value>>,
    ours: &[&str],
) -> Check {
    let first = ours.first().copied().unwrap_or_default();
    let theirs = || claims.audience.iter().map(String::as_str);
    let bare = |text: &str| text.trim_end_matches('/').to_lowercase();
    let nearly = theirs().find_map(|theirs| {
        let ours = ours.iter().find(|ours| bare(ours) == bare(theirs))?;
        Some((*ours, theirs.to_owned()))
    });
    if let Some((ours, theirs)) = nearly {
        let what = if ours.to_lowercase() == theirs.to_lowercase() {
            "only upper and lower case differ"
        } else {
            "only a slash at the end differs"
        };
        let found = crate::token::Printable::new(&theirs);
        return check.meaning(format!("{what}: names are compared character by character")).advice(
            format!(
                "request the token with audience={ours}, or set AUDIENCE to {found}; with Auth0 \
                 the API's Identifier is what counts"
            ),
        );
    }
    if looks_like_id_token(claims, json) {
        return check
            .meaning(
                "it looks like an ID token: it is meant for the client, and says who logged in",
            )
            .advice(format!(
                "send the access token, which the issuer gave in the same answer (access_token, \
                 not id_token), and request it with audience={first}"
            ));
    }
    if theirs().any(|theirs| theirs.trim_end_matches('/').ends_with("/userinfo")) {
        return check
            .meaning("the token is for the issuer's own userinfo endpoint: no API was asked for")
            .advice(format!("request the token with audience={first}"));
    }
    check
        .meaning("the token is meant for another API, which alone should accept it")
        .advice(format!("request the token with audience={first}"))
}

fn looks_like_id_token(claims: &RegisteredClaims, json: Option<&Map<String, Value>>) -> bool {
    let has = |name: &&str| json.is_some_and(|json| json.contains_key(*name));
    let party = json.and_then(|json| json.get("azp")).and_then(Value::as_str);
    let is_client = |audience: &String| {
        is_client_id(audience)
            || Some(audience.as_str()) == party
            || Some(audience) == claims.client_id.as_ref()
    };
    OF_ID_TOKENS.iter().any(has) || claims.audience.iter().any(is_client)
}

/// A claim that is missing or of the wrong type.
pub(super) fn faulty(check: Check, name: &str) -> Check {
    let is_missing = check.found == format!("no {name}");
    match (name, is_missing) {
        ("iss", true) => check
            .meaning("whose token it is cannot be told")
            .advice("have the issuer add iss; every issuer of JWT access tokens does"),
        ("aud", true) => check
            .meaning("for which API it is cannot be told, so any API's token would do")
            .advice("request the token for this API (audience=, or resource=), so that it has aud"),
        ("exp", true) => check
            .meaning("it would be good for ever")
            .advice("have the issuer add exp: limit the lifetime of this API's tokens"),
        _ => check
            .meaning("it is not of the type that RFC 7519 section 4.1 says, so it cannot be judged")
            .advice("this is a fault of the program that made the token: use the issuer's own"),
    }
}

/// Claims that cannot be read as a whole.
pub(super) fn form(check: Check, refusal: &InvalidToken) -> Check {
    const FAULT_OF_MAKER: &str =
        "this is a fault of the program that made the token: use the issuer's own";
    match refusal {
        InvalidToken::Malformed { fault: JsonFault::DuplicateMember, .. } => check
            .expected("one JSON object, each member once (RFC 7519 section 4)")
            .meaning("two readers of this token could read two different things")
            .advice(FAULT_OF_MAKER),
        InvalidToken::ReplicatedClaimDiffers { .. } => check
            .expected("the same in header and claims (RFC 7519 section 5.3)")
            .meaning("two readers of this token could read two different things")
            .advice(FAULT_OF_MAKER),
        InvalidToken::ClaimMistyped { expected, .. } => check
            .expected(*expected)
            .meaning("other programs may read it another way")
            .advice(FAULT_OF_MAKER),
        _ => check
            .expected("one JSON object in UTF-8 (RFC 7519 section 7.2)")
            .meaning("what the token says cannot be read")
            .advice(FAULT_OF_MAKER),
    }
}
