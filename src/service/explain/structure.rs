//! Checks of the token's structure: length, parts, characters, encoding.

use super::input::Input;
use super::opaque::{self, OpaqueToken};
use super::report::{Check, Group};
use crate::token::{Inspection, InvalidToken, MAX_TOKEN_LENGTH};

const GROUP: Group = Group::Structure;

const SIGNED: &str = "a signed JWT: three parts with dots between them";
const THREE_PARTS: &str = "three parts with dots between them: header, claims, signature";
const ALPHABET: &str = "letters, digits, - and _, with dots between the parts";

/// The checks, each passed until the one that fails. `request` says how to obtain a token for this
/// API.
pub(super) fn checks(input: &Input, inspection: &Inspection, request: &str) -> Vec<Check> {
    let wrapped = input.taken_for_token().filter(|pasted| !pasted.wrapping.is_empty());
    let raw = wrapped.map(|pasted| Inspection::of(&pasted.text).shape);
    let fault = raw.as_ref().unwrap_or(&inspection.shape);
    let opaque = opaque::recognize(input.bare().unwrap_or_default());
    let failing = match fault {
        None => 3,
        Some(InvalidToken::TooLong { .. }) => 0,
        Some(_) if wrapped.is_none() && opaque.is_some() => 1,
        Some(InvalidToken::ForbiddenCharacter) => 2,
        Some(_) => 1,
    };
    let length = input.bare().map_or(0, str::len);
    let passed = [
        ("length", format!("{length} bytes of at most {MAX_TOKEN_LENGTH}")),
        ("parts", "three: header, claims, signature".to_owned()),
        ("characters", ALPHABET.to_owned()),
    ];
    let mut checks = Vec::new();
    for (place, (id, found)) in passed.into_iter().enumerate() {
        checks.push(match fault {
            Some(reason) if place == failing => {
                let check = Check::failed(GROUP, id, "");
                let check = match (wrapped, opaque) {
                    (Some(pasted), _) => without_wrapping(check, &pasted.wrapping.join(" and ")),
                    (None, Some(token)) if failing == 1 => opaque_token(check, token, request),
                    _ => explained(check, reason, length == 0, request),
                };
                check.rejected(reason.clone())
            }
            Some(_) if place > failing => Check::not_reached(GROUP, id, "see above"),
            _ => Check::passed(GROUP, id, found),
        });
    }
    if inspection.shape.is_none() {
        checks.extend(encoding(inspection));
    }
    checks
}

fn without_wrapping(check: Check, wrapping: &str) -> Check {
    check
        .found(format!("more than the token: {wrapping}"))
        .expected(ALPHABET)
        .meaning("the server reads all of it as the token, and these characters are not allowed")
        .advice(format!("remove {wrapping}; the checks below are those of the token without it"))
}

fn opaque_token(check: Check, token: OpaqueToken, request: &str) -> Check {
    let OpaqueToken { name, advice } = token;
    let found = name.map_or_else(
        || "an opaque token".to_owned(),
        |name| format!("an opaque token: {name}, by its prefix"),
    );
    let meaning = match name {
        Some(_) => "only the issuer of the token can read it",
        None => {
            "only the issuer of the token can read it. Many issuers return such tokens when the \
             client requests no audience; they are valid at the issuer's own endpoints, such as \
             userinfo"
        }
    };
    check.found(found).expected(SIGNED).meaning(meaning).advice(advice.unwrap_or(request))
}

fn explained(check: Check, reason: &InvalidToken, is_empty: bool, request: &str) -> Check {
    match reason {
        InvalidToken::TooLong { length, limit } => check
            .found(format!("{length} bytes"))
            .expected(format!("at most {limit} bytes"))
            .meaning("many servers and proxies reject header fields of that size")
            .advice(
                "have the issuer put less into the token: groups and profile data are the usual \
                 cause of long tokens",
            ),
        InvalidToken::Opaque if is_empty => check
            .found("nothing")
            .expected("a token")
            .meaning("the variable or file that should contain the token is empty")
            .advice("look at the response of the token endpoint: it says why there is no token"),
        InvalidToken::Opaque => check
            .found("one part")
            .expected(THREE_PARTS)
            .meaning("the token is cut off after its header")
            .advice("copy the token again, from its beginning to its end"),
        InvalidToken::Encrypted => check
            .found("five parts: an encrypted token (JWE)")
            .expected(SIGNED)
            .meaning(
                "only the holder of the decryption key can read it. Auth0 returns such a token \
                 when the client requests no audience: it is then meant for Auth0 itself",
            )
            .advice(format!(
                "{request}; if the client does so already, turn off encryption (JWE) for this API \
                 at the issuer"
            )),
        InvalidToken::WrongPartCount { parts: 2 } => check
            .found("2 parts")
            .expected(THREE_PARTS)
            .meaning("the signature is cut off, so anyone could have written the rest")
            .advice("copy the token again, up to its very end"),
        InvalidToken::WrongPartCount { parts } => check
            .found(format!("{parts} parts"))
            .expected(THREE_PARTS)
            .meaning("the text is not a JWT")
            .advice("copy the token again, alone and from its beginning to its end"),
        _ => check
            .found("another character")
            .expected(ALPHABET)
            .meaning("something was added to the token or changed in it")
            .advice(
                "copy the token again; if a program sends it, make sure that the program neither \
                 encodes nor pads it",
            ),
    }
}

fn encoding(inspection: &Inspection) -> Option<Check> {
    let first = inspection.encoding.first()?;
    let parts: Vec<String> = inspection
        .encoding
        .iter()
        .filter_map(|reason| match reason {
            InvalidToken::NotBase64Url { part } => Some(part.to_string()),
            _ => None,
        })
        .collect();
    let check = Check::failed(GROUP, "encoding", format!("not base64url: {}", parts.join(", ")))
        .expected("each part in canonical base64url without padding (RFC 7515 section 2)")
        .meaning("the token was cut or changed")
        .advice("copy the whole token again");
    Some(check.rejected(first.clone()))
}
