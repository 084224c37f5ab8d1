//! Checks of the token's header.

use super::judged_token::JudgedToken;
use super::key;
use super::report::{Check, Group};
use crate::token::{InvalidToken, Printable, Profile};

const GROUP: Group = Group::Header;

/// The checks of the first part.
pub(super) fn checks(judged: &JudgedToken<'_>) -> Vec<Check> {
    let form = judged.header_fault(|fault| {
        matches!(
            fault,
            InvalidToken::Malformed { .. } | InvalidToken::HeaderParameterMistyped { name: "kid" }
        )
    });
    let form = match form {
        None if judged.inspection.header.is_none() => {
            return vec![Check::not_reached(GROUP, "header", "it cannot be read")];
        }
        None => Check::passed(GROUP, "header", "one JSON object, each member once"),
        Some(reason) => Check::failed(GROUP, "header", reason.to_string())
            .expected("one JSON object in UTF-8, each member once, kid a string")
            .meaning("two readers of this token could read two different things")
            .advice("this is a fault of the program that made the token: use one of the issuer's")
            .rejected(reason.clone()),
    };
    vec![form, extensions(judged), key::algorithm(judged), token_type(judged)]
}

fn extensions(judged: &JudgedToken<'_>) -> Check {
    const ID: &str = "extensions";
    let fault = judged.header_fault(|fault| {
        matches!(fault, InvalidToken::CriticalExtension | InvalidToken::UnencodedPayload)
    });
    let Some(reason) = fault else { return Check::passed(GROUP, ID, "neither crit nor b64") };
    let found = if *reason == InvalidToken::CriticalExtension { "crit" } else { "b64" };
    Check::failed(GROUP, ID, found)
        .expected("neither crit nor b64 (RFC 7515 section 4.1.11, RFC 7797 section 7)")
        .meaning("a reader that does not support the extension must reject the token")
        .advice("have the issuer make tokens without the extension")
        .rejected(reason.clone())
}

fn token_type(judged: &JudgedToken<'_>) -> Check {
    const ID: &str = "type";
    let fault = judged.header_fault(|fault| {
        matches!(
            fault,
            InvalidToken::Nested
                | InvalidToken::WrongType
                | InvalidToken::HeaderParameterMistyped { name: "typ" | "cty" }
        )
    });
    let profile = judged.expected().map_or(Profile::Any, |expected| expected.profile);
    let wanted = match profile {
        Profile::Any => "typ absent, JWT or at+jwt",
        Profile::Rfc9068 => "typ at+jwt, as TOKEN_PROFILE=rfc9068 requires (RFC 9068 section 2.1)",
    };
    let typ = judged.header_text("typ");
    let found = typ.as_ref().map_or_else(|| "no typ".to_owned(), |typ| format!("typ {typ}"));
    match fault {
        Some(InvalidToken::Nested) => Check::failed(GROUP, ID, "cty JWT: a nested token")
            .expected("a token that contains claims")
            .meaning("the claims of a nested token are those of another token inside it")
            .advice("have the issuer make plain signed tokens for this API")
            .rejected(InvalidToken::Nested),
        Some(reason) => wrong_type(Check::failed(GROUP, ID, found), typ.as_ref())
            .expected(wanted)
            .rejected(reason.clone()),
        None => match judged.inspection.header.as_ref().map(|header| header.check_profile(profile))
        {
            Some(Err(reason)) => Check::failed(GROUP, ID, found)
                .expected(wanted)
                .meaning(
                    "without it an access token cannot be distinguished from an ID token of the \
                     same issuer",
                )
                .advice(
                    "have the issuer follow RFC 9068 (with Auth0: the API's Settings, JSON Web \
                     Token Profile: RFC 9068), or set TOKEN_PROFILE=any",
                )
                .rejected(reason),
            Some(Ok(())) => Check::passed(GROUP, ID, found),
            None => Check::not_reached(GROUP, ID, "the header cannot be read"),
        },
    }
}

fn wrong_type(check: Check, typ: Option<&Printable>) -> Check {
    let typ = typ.map(|typ| typ.to_string().to_lowercase()).unwrap_or_default();
    if typ.contains("logout") {
        return check
            .meaning("this is a logout token: an issuer sends it to tell clients of a logout")
            .advice(
                "send the access token; a logout token belongs to the client's logout endpoint",
            );
    }
    if typ.contains("dpop") {
        return check
            .meaning("this is a DPoP proof, which accompanies an access token")
            .advice("send the access token in Authorization");
    }
    if typ.contains("id") {
        return check
            .meaning("this is an ID token: it tells a client who signed in")
            .advice("send the access token from the same response of the token endpoint");
    }
    check
        .meaning("this token is for another purpose than calling an API")
        .advice("send the access token: the member access_token of the token endpoint's response")
}
