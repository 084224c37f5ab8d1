//! The check of a request's `Authorization` header.

use super::input::Input;
use super::report::{Check, Group};
use crate::sender::MalformedCredentials;

/// The check of the request's header, if one was input.
pub(super) fn checks(input: &Input) -> Vec<Check> {
    const GROUP: Group = Group::Request;
    const EXPECTED: &str = "one line: Authorization: Bearer, one space, the token";
    let Input::Request { credentials, scheme, pasted } = input else { return Vec::new() };
    let check = match credentials {
        Ok(Some(_)) => Check::passed(GROUP, "credentials", "one bearer token"),
        Ok(None) => {
            let found = match scheme.as_deref() {
                Some(scheme) if scheme.eq_ignore_ascii_case("dpop") => {
                    "credentials of the scheme DPoP, which this server does not offer"
                }
                Some(_) => "credentials of another scheme",
                None => "no Authorization line",
            };
            Check::failed(GROUP, "credentials", found)
                .meaning(
                    "the request counts as one without a token: the answer is 401 and no \
                          error code",
                )
                .advice("send the header Authorization: Bearer, one space, and the token")
        }
        Err(malformed) => {
            let advice = match (malformed, pasted) {
                (MalformedCredentials::SeveralFields, _) => {
                    "find out what adds the second one: often a client's default header, or a \
                     proxy in between"
                        .to_owned()
                }
                (MalformedCredentials::NoToken, _) => {
                    "the variable that should hold the token is empty: look at the request \
                     that should have obtained it"
                        .to_owned()
                }
                (MalformedCredentials::NoScheme, _) => {
                    "send the header Authorization: Bearer, one space, and the token".to_owned()
                }
                (MalformedCredentials::SchemeTwice, _) => {
                    "write the word Bearer once: often the client adds it by itself".to_owned()
                }
                (_, Some(pasted)) if !pasted.wrapping.is_empty() => {
                    format!("leave out {}", pasted.wrapping.join(" and "))
                }
                _ => "copy the token once more, whole and alone".to_owned(),
            };
            Check::failed(GROUP, "credentials", malformed.to_string())
                .meaning("the answer is 400 invalid_request: the token is not even looked at")
                .advice(advice)
        }
    };
    vec![if check.meaning.is_empty() { check } else { check.expected(EXPECTED) }]
}
