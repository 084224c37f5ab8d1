//! What faulty claims mean, and how to fix them.

use serde_json::{Map, Value};

use super::judged_token::JudgedToken;
use super::report::{Check, Group};
use crate::service::check::{IssuerProduct, is_client_id};
use crate::token::{InvalidToken, JsonFault, Printable, RegisteredClaims};

/// Claims of ID tokens that access tokens do not have (OpenID Connect Core sections 2, 3.3.2.11).
const OF_ID_TOKENS: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];

/// Names of Microsoft Graph and of its predecessor in `aud`, without a trailing slash.
const GRAPH: [&str; 7] = [
    "00000003-0000-0000-c000-000000000000",
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "00000002-0000-0000-c000-000000000000",
    "https://graph.windows.net",
];

const FAULT_OF_MAKER: &str =
    "this is a fault of the program that made the token: use one of the issuer's";

/// Whether the token is for Microsoft Graph. Microsoft signs such tokens over a header other than
/// the one that it sends, so that only Graph can verify them.
pub(super) fn is_for_graph(claims: &RegisteredClaims) -> bool {
    let bare = |audience: &String| audience.trim_end_matches('/').to_ascii_lowercase();
    claims.audience.iter().any(|audience| GRAPH.contains(&bare(audience).as_str()))
}

/// What to do about a token for Microsoft Graph.
pub(super) fn instead_of_graph(audience: &str) -> String {
    format!(
        "{}; an access token for Graph is only for Graph",
        IssuerProduct::Entra.request(audience)
    )
}

pub(super) fn wrong_audience(
    check: Check,
    judged: &JudgedToken<'_>,
    claims: &RegisteredClaims,
    ours: &[&str],
) -> Check {
    let first = ours.first().copied().unwrap_or_default();
    let request = judged.product().request(first);
    let theirs = || claims.audience.iter().map(String::as_str);
    if is_for_graph(claims) {
        return check
            .meaning("the token is for Microsoft Graph, which is the only API that can verify it")
            .advice(instead_of_graph(first));
    }
    if let Some(check) = nearly_right(&check, claims, ours, &request) {
        return check;
    }
    if looks_like_id_token(claims, judged.inspection.claims_json.as_ref()) {
        return check
            .meaning("this is an ID token: it is for the client, and tells it who signed in")
            .advice(format!(
                "send the access token from the same response of the token endpoint \
                 (access_token, not id_token), and {request}"
            ));
    }
    if theirs().any(|theirs| theirs.trim_end_matches('/').ends_with("/userinfo")) {
        return check
            .meaning(
                "the token is for the issuer's own userinfo endpoint: the client requested no API",
            )
            .advice(request);
    }
    if judged.product() == IssuerProduct::Keycloak && theirs().all(|theirs| theirs == "account") {
        return check
            .meaning("Keycloak names this API in aud only if an Audience mapper adds it")
            .advice(request);
    }
    check.meaning("the token is for another API").advice(request)
}

/// The check of an audience that differs from one of ours only in spelling.
fn nearly_right(
    check: &Check,
    claims: &RegisteredClaims,
    ours: &[&str],
    request: &str,
) -> Option<Check> {
    fn bare(text: &str) -> String {
        text.trim_end_matches('/').to_lowercase()
    }
    fn without_scheme(text: &str) -> String {
        bare(text).trim_start_matches("api://").to_owned()
    }
    let find = |normalized: fn(&str) -> String| {
        let pairs = claims
            .audience
            .iter()
            .flat_map(|theirs| ours.iter().map(move |ours| (*ours, theirs.as_str())));
        pairs.into_iter().find(|(ours, theirs)| normalized(ours) == normalized(theirs))
    };
    let nearly = find(bare);
    let (ours, theirs) = nearly.or_else(|| find(without_scheme))?;
    let found = Printable::up_to(200, theirs);
    let (difference, advice) = if nearly.is_none() {
        (
            "only api:// differs: Entra writes the client ID of the API into tokens of version \
             2.0, and the App ID URI that was requested into those of version 1.0",
            format!("set AUDIENCE={ours},{found}, so that both are accepted"),
        )
    } else if ours.to_lowercase() == theirs.to_lowercase() {
        ("only upper and lower case differ", format!("{request}, or set AUDIENCE={found}"))
    } else {
        ("only a slash at the end differs", format!("{request}, or set AUDIENCE={found}"))
    };
    let meaning = format!("{difference}; names are compared character by character");
    Some(check.clone().meaning(meaning).advice(advice))
}

fn looks_like_id_token(claims: &RegisteredClaims, json: Option<&Map<String, Value>>) -> bool {
    let has = |name: &&str| json.is_some_and(|json| json.contains_key(*name));
    let text = |name: &str| json.and_then(|json| json.get(name)).and_then(Value::as_str);
    let is_client = |audience: &String| {
        is_client_id(audience)
            || ["azp", "client_id", "cid", "appid"].map(text).contains(&Some(audience.as_str()))
    };
    OF_ID_TOKENS.iter().any(has)
        || text("token_use") == Some("id")
        || claims.audience.iter().any(is_client)
}

/// The failed check of a claim that is missing or of the wrong type.
pub(super) fn faulty(
    judged: &JudgedToken<'_>,
    group: Group,
    id: &'static str,
    name: &str,
    expected: &str,
) -> Option<Check> {
    let reason = judged.claim_fault(name)?;
    let value = judged.inspection.claims_json.as_ref().and_then(|members| members.get(name));
    let check = Check::failed(
        group,
        id,
        value.map_or_else(
            || format!("no {name}"),
            |value| format!("{name} is {}", Printable::new(&value.to_string())),
        ),
    )
    .expected(expected)
    .rejected(reason.clone());
    Some(match (name, value) {
        ("iss", None) => check
            .meaning("the token does not say who issued it")
            .advice("have the issuer add iss, as every issuer of JWT access tokens does"),
        ("exp", None) => check
            .meaning("the token would be valid forever")
            .advice("have the issuer add exp: limit the lifetime of this API's tokens"),
        _ => check
            .meaning("it does not have the type that RFC 7519 section 4.1 defines")
            .advice(FAULT_OF_MAKER),
    })
}

/// What a missing `aud` means. Only listed clients can take its place.
pub(super) fn no_audience(
    check: Check,
    judged: &JudgedToken<'_>,
    claims: &RegisteredClaims,
) -> Check {
    let check = check.meaning(
        "the token does not say which API it is for, so any API of the issuer could use it here",
    );
    let request = judged.product().request(judged.audience());
    let Some(client) = &claims.client_id else {
        return check.advice(format!("{request}, so that it has aud"));
    };
    let client = Printable::up_to(200, client);
    let remedy = format!("set CLIENT_IDS={client} and remove AUDIENCE");
    if judged.claim_text("token_use").is_some() {
        return check.advice(format!(
            "{request}, or {remedy}: access tokens of Amazon Cognito have no aud unless the client \
             requests a resource"
        ));
    }
    check.advice(format!(
        "{request}, so that it has aud. If the issuer cannot do that, {remedy}: then tokens of \
         this client alone are accepted"
    ))
}

/// What an `aud` means where only clients are listed.
pub(super) fn unexpected_audience(check: Check, first: Option<&String>) -> Check {
    let check = check.meaning(
        "without AUDIENCE a token must not have aud: it could be for any other API of the issuer",
    );
    match first {
        Some(first) => check.advice(format!(
            "if this is the name of this API, set AUDIENCE={}",
            Printable::up_to(200, first)
        )),
        None => check.advice("have the issuer leave out the empty aud"),
    }
}

/// The check of claims that cannot be read as a whole.
pub(super) fn form(check: Check, reason: &InvalidToken) -> Check {
    match reason {
        InvalidToken::Malformed { fault: JsonFault::DuplicateMember, .. } => check
            .expected("one JSON object, each member once (RFC 7519 section 4)")
            .meaning("two readers of this token could read two different things"),
        InvalidToken::ReplicatedClaimDiffers { .. } => check
            .expected("the same value in header and claims (RFC 7519 section 5.3)")
            .meaning("two readers of this token could read two different things"),
        InvalidToken::ClaimMistyped { expected, .. } => {
            check.expected(*expected).meaning("other programs may read it differently")
        }
        _ => check
            .expected("one JSON object in UTF-8 (RFC 7519 section 7.2)")
            .meaning("the claims cannot be read"),
    }
    .advice(FAULT_OF_MAKER)
}
