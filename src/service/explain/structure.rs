//! The checks of the token's form and of its header.

use super::input::Input;
use super::judged_token::JudgedToken;
use super::report::{Check, Group};
use crate::token::{Inspection, InvalidToken, LONGEST_TOKEN, Printable, Profile};

/// What a text looks like that is no signed JWT, and how to get one instead.
pub(super) fn checks(input: &Input, inspection: &Inspection, audience: &str) -> Vec<Check> {
    const GROUP: Group = Group::Shape;
    let wrapped = input.taken_for_token().filter(|pasted| !pasted.wrapping.is_empty());
    let raw = wrapped.map(|pasted| Inspection::of(&pasted.text).shape);
    let shape = raw.as_ref().unwrap_or(&inspection.shape);
    let names = ["length", "parts", "characters"];
    let passed = |id: &'static str| match id {
        "length" => {
            let length = input.bare().map_or(0, str::len);
            Check::passed(GROUP, id, format!("{length} bytes of {LONGEST_TOKEN} at most"))
        }
        "parts" => Check::passed(GROUP, id, "three: header, claims, signature"),
        _ => Check::passed(GROUP, id, "letters, digits, - and _ with dots between"),
    };
    let failing = match shape {
        None => 3,
        Some(InvalidToken::TooLong { .. }) => 0,
        Some(InvalidToken::ForbiddenCharacter) => 2,
        Some(_) => 1,
    };
    let mut checks: Vec<Check> = names
        .into_iter()
        .enumerate()
        .map(|(place, id)| match shape {
            Some(refusal) if place == failing => {
                let check = explained(Check::failed(GROUP, id, ""), refusal, audience);
                let check = check.refused(refusal.clone());
                match wrapped {
                    Some(pasted) => without_wrapping(check, &pasted.wrapping.join(" and ")),
                    None => check,
                }
            }
            Some(_) if place > failing => Check::not_reached(GROUP, id, "see above"),
            _ => passed(id),
        })
        .collect();
    if inspection.shape.is_none() {
        checks.extend(encoding(inspection));
    }
    checks
}

fn without_wrapping(check: Check, wrapping: &str) -> Check {
    Check { found: format!("not the token alone: {wrapping}"), ..check }
        .meaning("a server takes all of it for the token, and no token has such characters")
        .advice(format!("leave out {wrapping}; the checks below are those of the token without it"))
}

fn explained(check: Check, refusal: &InvalidToken, audience: &str) -> Check {
    match refusal {
        InvalidToken::TooLong { length, limit } => Check {
            found: format!("{length} bytes"),
            ..check
        }
        .expected(format!("at most {limit} bytes"))
        .meaning("no header field of that size gets through the servers on its way")
        .advice(
            "have the issuer put less into the token: groups and profile data are what makes \
             tokens long",
        ),
        InvalidToken::Opaque => Check { found: "one part: an opaque token".to_owned(), ..check }
            .expected("a signed JWT: three parts with dots between")
            .meaning(
                "only the issuer can read it. Issuers answer with such a token when they are asked \
                 for no audience, and some in any case; it is good for the issuer's own userinfo \
                 endpoint alone",
            )
            .advice(format!(
                "request the token for this API: with Auth0 and many others add \
                 audience={audience} to the request, elsewhere resource={audience} (RFC 8707) or a \
                 scope of this API"
            )),
        InvalidToken::Encrypted => Check {
            found: "five parts: an encrypted token".to_owned(),
            ..check
        }
        .expected("a signed JWT: three parts with dots between")
        .meaning(
            "only who has the key can read it. Auth0 answers with such a token when it is asked \
                 for no audience: then it is the issuer's alone to read",
        )
        .advice(format!(
            "request the token for this API, with audience={audience}; if that was done, turn \
                 encryption (JWE) off for this API at the issuer"
        )),
        InvalidToken::WrongPartCount { parts } => {
            let check = Check { found: format!("{parts} parts"), ..check }
                .expected("three parts with dots between: header, claims, signature");
            if *parts == 2 {
                check
                    .meaning("the signature is cut off, so anybody could have written the rest")
                    .advice("copy the token once more, up to its very end")
            } else {
                check
                    .meaning("it is no JWT")
                    .advice("copy the token once more, alone and from its beginning to its end")
            }
        }
        _ => Check { found: "another character".to_owned(), ..check }
            .expected("letters, digits, - and _ with dots between")
            .meaning("something was added to the token, or changed in it, on the way")
            .advice(
                "copy the token once more; if a program sends it, see that it neither encodes nor \
                 pads it",
            ),
    }
}

fn encoding(inspection: &Inspection) -> Option<Check> {
    let first = inspection.encoding.first()?;
    let parts: Vec<String> = inspection
        .encoding
        .iter()
        .filter_map(|refusal| match refusal {
            InvalidToken::NotBase64Url { part } => Some(part.to_string()),
            _ => None,
        })
        .collect();
    let check = Check::failed(Group::Shape, "encoding", format!("not so: {}", parts.join(", ")))
        .expected("each part in base64url without padding, in its one form (RFC 7515 section 2)")
        .meaning("the token was cut or changed")
        .advice("copy the token once more, whole");
    Some(check.refused(first.clone()))
}

/// The checks of the first part.
pub(super) fn header_checks(judged: &JudgedToken<'_>) -> Vec<Check> {
    const GROUP: Group = Group::Header;
    let faults = &judged.inspection.header_faults;
    let fault = |mine: fn(&InvalidToken) -> bool| faults.iter().find(|fault| mine(fault)).cloned();
    let form = fault(|fault| {
        matches!(
            fault,
            InvalidToken::Malformed { .. } | InvalidToken::HeaderParameterMistyped { name: "kid" }
        )
    });
    let mut checks = vec![match form {
        None if judged.inspection.header.is_none() => {
            let why = "it cannot be told from the rest of the text";
            return vec![Check::not_reached(GROUP, "header", why)];
        }
        None => Check::passed(GROUP, "header", "one JSON object, each member once"),
        Some(refusal) => Check::failed(GROUP, "header", refusal.to_string())
            .expected("one JSON object in UTF-8, each member once, kid a text")
            .meaning("two readers of this token could read two different things")
            .advice("this is a fault of the program that made the token: use the issuer's own")
            .refused(refusal),
    }];
    let extension = fault(|fault| {
        matches!(fault, InvalidToken::CriticalExtension | InvalidToken::UnencodedPayload)
    });
    checks.push(match extension {
        None => Check::passed(GROUP, "extensions", "neither crit nor b64"),
        Some(refusal) => {
            let found = match refusal {
                InvalidToken::CriticalExtension => "crit",
                _ => "b64",
            };
            Check::failed(GROUP, "extensions", found)
                .expected("neither crit nor b64 (RFC 7515 section 4.1.11, RFC 7797 section 7)")
                .meaning("it says that whoever does not know the extension must refuse the token")
                .advice("have the issuer make tokens without the extension")
                .refused(refusal)
        }
    });
    checks.push(super::key::algorithm(judged));
    checks.push(token_type(judged));
    checks
}

fn token_type(judged: &JudgedToken<'_>) -> Check {
    const GROUP: Group = Group::Header;
    const ID: &str = "type";
    let member = |name: &str| judged.header_text(name);
    let fault = judged.inspection.header_faults.iter().find(|fault| {
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
        Profile::Rfc9068 => "typ at+jwt, as TOKEN_PROFILE=rfc9068 demands (RFC 9068 section 2.1)",
    };
    let found = member("typ").map_or_else(|| "no typ".to_owned(), |typ| format!("typ {typ}"));
    match fault {
        Some(InvalidToken::Nested) => Check::failed(GROUP, ID, "cty JWT: a token within a token")
            .expected("a token that holds claims")
            .meaning("a nested token is for whoever can decrypt or unpack it first")
            .advice("have the issuer make plain signed tokens for this API")
            .refused(InvalidToken::Nested),
        Some(refusal) => wrong_type(Check::failed(GROUP, ID, found), member("typ").as_ref())
            .expected(wanted)
            .refused(refusal.clone()),
        None => match judged.inspection.header.as_ref().map(|header| header.check_profile(profile))
        {
            Some(Err(refusal)) => Check::failed(GROUP, ID, found)
                .expected(wanted)
                .meaning(
                    "without it an access token cannot be told from an ID token of the same issuer",
                )
                .advice(
                    "have the issuer follow RFC 9068 (with Auth0: the API's Settings, JSON Web \
                     Token Profile: RFC 9068), or set TOKEN_PROFILE=any",
                )
                .refused(refusal),
            Some(Ok(())) => Check::passed(GROUP, ID, found),
            None => Check::not_reached(GROUP, ID, "the header cannot be read"),
        },
    }
}

fn wrong_type(check: Check, typ: Option<&Printable>) -> Check {
    let typ = typ.map(|typ| typ.to_string().to_lowercase()).unwrap_or_default();
    if typ.contains("logout") {
        return check
            .meaning("it is a logout token: an issuer sends it to tell clients that a user is gone")
            .advice("send the access token; a logout token is for the client's logout address");
    }
    if typ.contains("dpop") {
        return check
            .meaning("it is a DPoP proof, which goes with a token and is none")
            .advice("send the access token in Authorization; this server takes no DPoP proofs");
    }
    if typ.contains("id") {
        return check
            .meaning("it is an ID token: it tells a client who logged in")
            .advice("send the access token, which the issuer gave in the same answer");
    }
    check
        .meaning("it is a token for something else than calling an API")
        .advice("send the access token: the member access_token of the token endpoint's answer")
}
