//! What it means that issuer, algorithm, key or signature are wrong, and what to do.

use url::Url;

use super::report::Check;
use crate::issuer::IssuerStatus;
use crate::token::{Algorithm, Family, InvalidToken};

/// Whether two issuers' names differ only as people misspell them: in the scheme, in slashes at the
/// end, in upper and lower case.
pub(super) fn is_similar(one: &str, other: &str) -> bool {
    let bare = |text: &str| {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        text.trim_end_matches('/').to_lowercase()
    };
    !one.is_empty() && bare(one) == bare(other)
}

pub(super) fn wrong_issuer(check: Check, found: &str, ours: &[&str]) -> Check {
    let similar = ours.iter().find(|ours| is_similar(ours, found));
    let Some(ours) = similar else { return other_issuer(check, found, ours) };
    let slashes = |text: &str| text.len().saturating_sub(text.trim_end_matches('/').len());
    let scheme = |text: &str| text.split_once("://").map(|(scheme, _)| scheme.to_owned());
    if scheme(found) != scheme(ours) {
        return check
            .meaning("only http and https differ: names are compared character by character")
            .advice(format!(
                "have the issuer name itself {ours} in its tokens. A proxy in front of it often is \
                 the reason: the issuer must know that it is reached by https"
            ));
    }
    if slashes(found) != slashes(ours) {
        return check
            .meaning(
                "only a slash at the end differs: names are compared character by character, and \
                 the issuer's own spelling counts",
            )
            .advice(format!(
                "use a token as the issuer made it, which names {ours}. If this is one, the \
                 setting ISSUER is spelled another way than the issuer does: copy the token's"
            ));
    }
    check
        .meaning("only upper and lower case differ: names are compared character by character")
        .advice("set ISSUER to the name exactly as the token has it")
}

fn other_issuer(check: Check, found: &str, ours: &[&str]) -> Check {
    let is_tenant = |text: &&str| host(text).is_some_and(|host| host.ends_with(".auth0.com"));
    let (theirs, any_of_ours) = (is_tenant(&found), ours.iter().any(is_tenant));
    let check = check.meaning("this API does not trust the issuer that the token names");
    match (theirs, any_of_ours) {
        (true, false) => check.advice(
            "request the token from the configured issuer. If both are one Auth0 tenant, the configured \
             issuer is its custom domain: request the token there, or add the tenant's domain \
             (ISSUER_BASE_URL takes several, with commas between)",
        ),
        (false, true) => check.advice(
            "request the token from the configured issuer. If both are one Auth0 tenant, which has a \
             custom domain, the token was requested there: set AUTH0_DOMAIN to the custom domain, \
             or request the token at the tenant's",
        ),
        (true, true) => check.advice(
            "the token is another Auth0 tenant's. Request it from the configured tenant, or set \
             AUTH0_DOMAIN to the tenant that the token is from",
        ),
        (false, false) => check.advice(
            "request the token from the configured issuer; or, if this issuer is to be trusted, \
             set ISSUER_BASE_URL to its name, exactly as the token has it",
        ),
    }
}

fn host(text: &str) -> Option<String> {
    Url::parse(text).ok()?.host_str().map(ToOwned::to_owned)
}

pub(super) fn not_allowed(check: Check, algorithm: Algorithm) -> Check {
    if algorithm.family() == Family::Secret {
        return check
            .meaning(
                "the token is signed with a shared secret, and this issuer's tokens are to be \
                 signed with a private key that nobody else has",
            )
            .advice(
                "have the issuer sign this API's tokens with RS256 (with Auth0: Applications > \
                 APIs > Settings, Signing Algorithm); or, if the secret is meant, set ISSUER and \
                 SECRET_FILE",
            );
    }
    check.meaning("the settings do not allow this algorithm").advice(format!(
        "have the issuer sign with one that is allowed, or add {algorithm} to TOKEN_SIGNING_ALG"
    ))
}

/// The keys that are held, as what was expected.
pub(super) fn held(issuer: &IssuerStatus) -> String {
    let keys: Vec<String> = issuer
        .keys
        .iter()
        .map(|key| match &key.id {
            Some(id) => format!("{id} ({})", key.algorithm),
            None => format!("any kid ({})", key.algorithm),
        })
        .collect();
    format!("the kid of a key of {}: {}", issuer.issuer, keys.join(", "))
}

pub(super) fn no_key(check: Check, refusal: &InvalidToken) -> Check {
    match refusal {
        InvalidToken::AmbiguousKey => check
            .meaning("several keys fit, and which of them is meant the token does not say")
            .advice("have the issuer put the kid of the signing key into the token's header"),
        InvalidToken::KeyForAnotherAlgorithm { .. } => check
            .meaning("the key of that name is for another algorithm than the token's header says")
            .advice("use a token as the issuer made it: one key has one algorithm"),
        _ => check
            .meaning(
                "the issuer publishes no such key: the token is from before its keys changed, or \
                 from another issuer or tenant (of a development environment, say)",
            )
            .advice(
                "request a new token. If the new one fails as well, compare the issuer that you \
                 request it from with the configured one",
            ),
    }
}

pub(super) fn bad_signature(check: Check, algorithm: Algorithm) -> Check {
    let check = check
        .meaning("the token was changed or cut after it was signed, or somebody else signed it");
    if algorithm.family() == Family::Secret {
        return check.advice(
            "compare the secret with the issuer's, byte by byte: it is often in base64 at one side \
             and decoded at the other, or has a line break at its end",
        );
    }
    check.advice(
        "copy the token once more, whole and unedited. If it fails as the issuer gave it, the key \
         of this name is not the issuer's: see PUBLIC_KEY_FILE or JWKS_URI, if they are set",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_similar_if_people_take_one_for_the_other() {
        let table = [
            ("https://a.example/", "https://a.example", true),
            ("https://a.example/", "http://a.example/", true),
            ("https://a.example/", "https://A.example/", true),
            ("https://a.example/", "a.example", true),
            ("https://a.example/", "https://a.example/t", false),
            ("https://a.example/", "https://b.example/", false),
            ("", "", false),
        ];
        for (one, other, similar) in table {
            assert_eq!(is_similar(one, other), similar, "{one} {other}");
        }
    }
}
