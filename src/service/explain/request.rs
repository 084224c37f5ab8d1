//! The check of a request's `Authorization` header.

use super::context::Context;
use super::input::Input;
use super::report::{Check, Group};
use crate::sender::MalformedCredentials;

const AS_WITHOUT_TOKEN: &str =
    "the request counts as one without a token: the response is 401 without an error code";

/// The check, if the input is a request.
pub(super) fn check(input: &Input, context: &Context<'_>) -> Option<Check> {
    const GROUP: Group = Group::Request;
    const ID: &str = "credentials";
    let field = context.token_field();
    let (expected, send) = match &context.token_header {
        None => (
            "one line: Authorization: Bearer, one space, the token".to_owned(),
            "send the header Authorization: Bearer, one space, and the token".to_owned(),
        ),
        Some(name) => (
            format!("one line, set by a trusted proxy: {name}: the token"),
            format!("have the proxy set the header {name} (TOKEN_HEADER)"),
        ),
    };
    let Input::Request { credentials, scheme, pasted, dpop } = input else { return None };
    let accepts_dpop = context.verifier.is_none_or(|verifier| verifier.dpop().is_on());
    Some(match credentials {
        Ok(Some(_)) if dpop.is_some() && accepts_dpop => {
            Check::passed(GROUP, ID, "one token of the scheme DPoP")
        }
        Ok(Some(_)) if dpop.is_some() => Check::failed(
            GROUP,
            ID,
            "credentials of the scheme DPoP, which this API does not accept",
        )
        .expected(&*expected)
        .meaning(AS_WITHOUT_TOKEN)
        .advice(
            "set PUBLIC_URL to the URL that clients use, and DPOP=allowed or, in the [[issuers]] table \
             of the issuer, dpop = \"allowed\"; or send a bearer token",
        ),
        Ok(Some(_)) => Check::passed(GROUP, ID, "one bearer token"),
        Ok(None) => Check::failed(
            GROUP,
            ID,
            match scheme {
                Some(_) if context.token_header.is_none() => {
                    "credentials of another scheme".to_owned()
                }
                _ => format!("no {field} line"),
            },
        )
        .expected(&*expected)
        .meaning(AS_WITHOUT_TOKEN)
        .advice(send),
        Err(malformed) => {
            let wrapping = pasted.as_ref().map(|pasted| pasted.wrapping.join(" and "));
            Check::failed(GROUP, ID, malformed.to_string())
                .expected(&*expected)
                .meaning("the response is 400 invalid_request: the token is not even read")
                .advice(advice(*malformed, &wrapping.unwrap_or_default()))
        }
    })
}

fn advice(malformed: MalformedCredentials, wrapping: &str) -> String {
    match malformed {
        MalformedCredentials::SeveralFields => {
            "find out what adds the second one: often a default header of the client, or a proxy"
                .to_owned()
        }
        MalformedCredentials::NoToken | MalformedCredentials::NoDpopToken => {
            "the variable that should contain the token is empty: look at the response of the \
             token endpoint"
                .to_owned()
        }
        MalformedCredentials::NoScheme => {
            "send the header Authorization: Bearer, one space, and the token".to_owned()
        }
        MalformedCredentials::SchemeTwice => {
            "write the word Bearer once: often the client adds it by itself".to_owned()
        }
        _ if !wrapping.is_empty() => format!("remove {wrapping}"),
        _ => "copy the token again, whole and alone".to_owned(),
    }
}
