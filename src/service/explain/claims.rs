//! Checks of the claims.

use super::claims_advice;
use super::judged_token::JudgedToken;
use super::report::{Check, Group};
use super::times::{from_now, is_in_milliseconds, moment, span, time, when};
use crate::issuer::IssuerDiagnostics;
use crate::token::{
    Audiences, Expectations, InvalidToken, NumericDate, Printable, Profile, RegisteredClaims,
    Timestamp,
};

const GROUP: Group = Group::Claims;

/// The checks of the second part.
pub(super) fn checks(judged: &JudgedToken<'_>) -> Vec<Check> {
    let mut checks = vec![form(judged)];
    let Some(claims) = &judged.inspection.claims else { return checks };
    checks.push(audience(judged, claims));
    let by_default;
    let expected =
        match judged.expected().or(judged.issuers.first().map(IssuerDiagnostics::expected)) {
            // Where issuers differ, their tolerance of clocks is the same all the same.
            Some(expected) => expected,
            None => match Audiences::new(["none"]) {
                Ok(audiences) => {
                    by_default = Expectations::new("none", audiences);
                    &by_default
                }
                Err(_) => return checks,
            },
        };
    checks.push(expiry(judged, claims, expected));
    checks.push(not_before(judged, claims, expected));
    checks.push(issue(judged, claims, expected));
    checks.extend(age(judged, claims, expected));
    checks.extend(judged.expected().and_then(|expected| presence(claims, expected)));
    checks.push(binding(claims));
    checks
}

fn form(judged: &JudgedToken<'_>) -> Check {
    const ID: &str = "claims";
    let fault = judged.inspection.claims_faults.iter().find(|fault| match fault {
        InvalidToken::ClaimMissing { claim } | InvalidToken::ClaimMistyped { claim, .. } => {
            !["iss", "aud", "exp", "nbf", "iat"].contains(claim)
        }
        _ => true,
    });
    match fault {
        Some(refusal) => {
            claims_advice::form(Check::failed(GROUP, ID, refusal.to_string()), refusal)
                .refused(refusal.clone())
        }
        None if judged.inspection.claims.is_none() => {
            Check::not_reached(GROUP, ID, "they cannot be told from the rest of the text")
        }
        None => Check::passed(GROUP, ID, "one JSON object, each member once and of its type"),
    }
}

fn audience(judged: &JudgedToken<'_>, claims: &RegisteredClaims) -> Check {
    const ID: &str = "audience";
    let wanted = "aud with the name of this API, a text or an array of texts";
    if let Some(check) = judged.faulty_claim(GROUP, ID, "aud", wanted) {
        return check;
    }
    let found: Vec<String> =
        claims.audience.iter().map(|name| Printable::new(name).to_string()).collect();
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    let Some(expected) = judged.expected() else {
        let why = if judged.issuers.is_empty() {
            "no audience is configured"
        } else {
            "which audience counts depends on the issuer"
        };
        return Check::not_reached(GROUP, ID, format!("{found}; {why}"));
    };
    match claims.check_audience(expected) {
        Ok(()) => Check::passed(GROUP, ID, found),
        Err(refusal) => {
            let ours: Vec<&str> = expected.audiences.iter().collect();
            let check = Check::failed(GROUP, ID, found).expected(ours.join(" or "));
            let json = judged.inspection.claims_json.as_ref();
            claims_advice::wrong_audience(check, claims, json, &ours).refused(refusal)
        }
    }
}

fn expiry(judged: &JudgedToken<'_>, claims: &RegisteredClaims, expected: &Expectations) -> Check {
    const ID: &str = "expiry";
    let wanted = "exp, a number: seconds since 1970";
    if let Some(check) = judged.faulty_claim(GROUP, ID, "exp", wanted) {
        return check;
    }
    let (date, now) = (claims.expires_at, judged.now);
    match claims.check_expiry(expected, now) {
        Ok(()) if is_in_milliseconds(date) => {
            let found = format!("expires {}: it seems to count milliseconds", when(date, now));
            Check::passed(GROUP, ID, found)
        }
        Ok(()) => {
            Check::passed(GROUP, ID, format!("expires {} ({})", from_now(date, now), moment(date)))
        }
        Err(refusal) => {
            let found = format!("expired {} ({})", from_now(date, now), moment(date));
            Check::failed(GROUP, ID, found)
                .expected(format!("a time after now, {}{}", time(now), tolerated(expected)))
                .meaning("tokens are good for a limited time, and this one's is over")
                .advice(
                    "request a new token; a program should do so before each expires, with its \
                     refresh token or its client credentials",
                )
                .refused(refusal)
        }
    }
}

fn not_before(
    judged: &JudgedToken<'_>,
    claims: &RegisteredClaims,
    expected: &Expectations,
) -> Check {
    const ID: &str = "not_before";
    if let Some(check) = judged.faulty_claim(GROUP, ID, "nbf", "nbf absent, or a number") {
        return check;
    }
    let now = judged.now;
    match (claims.check_not_before(expected, now), claims.not_before) {
        (Ok(()), None) => Check::passed(GROUP, ID, "no nbf: valid from the beginning"),
        (Ok(()), Some(date)) => {
            Check::passed(GROUP, ID, format!("valid since {}", when(date, now)))
        }
        (Err(refusal), date) => {
            early(Check::failed(GROUP, ID, "valid from"), date, now, expected).refused(refusal)
        }
    }
}

fn issue(judged: &JudgedToken<'_>, claims: &RegisteredClaims, expected: &Expectations) -> Check {
    const ID: &str = "issued_at";
    if let Some(check) = judged.faulty_claim(GROUP, ID, "iat", "iat absent, or a number") {
        return check;
    }
    let now = judged.now;
    match (claims.check_issue(expected, now), claims.issued_at) {
        (Ok(()), None) => Check::passed(GROUP, ID, "no iat"),
        (Ok(()), Some(date)) => Check::passed(GROUP, ID, format!("issued {}", when(date, now))),
        (Err(refusal), date) => {
            early(Check::failed(GROUP, ID, "issued"), date, now, expected).refused(refusal)
        }
    }
}

/// A date that should not be in the future.
fn early(
    check: Check,
    date: Option<NumericDate>,
    now: Timestamp,
    expected: &Expectations,
) -> Check {
    let Some(date) = date else { return check };
    let wanted = format!("a time that is not after now, {}{}", time(now), tolerated(expected));
    if is_in_milliseconds(date) {
        let found = format!("{} {}", check.found, date.seconds());
        return Check { found, ..check }
            .expected(wanted)
            .meaning("the number seems to count milliseconds, where seconds are meant")
            .advice("have whoever makes the tokens write seconds since 1970 (RFC 7519 section 2)");
    }
    let found = format!("{} {}", check.found, when(date, now));
    let check = Check { found, ..check }.expected(wanted);
    check
        .meaning("this machine's clock is behind the issuer's, or the token is made for later")
        .advice(
            "look at the clock of this machine (actix-resource-server check compares it with the \
             issuer's); a small difference is what CLOCK_TOLERANCE is for",
        )
}

fn age(
    judged: &JudgedToken<'_>,
    claims: &RegisteredClaims,
    expected: &Expectations,
) -> Option<Check> {
    const ID: &str = "age";
    let limit = expected.max_token_age?;
    if judged.faulty_claim(GROUP, ID, "iat", "").is_some() {
        return Some(Check::not_reached(GROUP, ID, "when it was issued cannot be told"));
    }
    let wanted = format!("issued at most {} ago, as MAX_TOKEN_AGE demands", span(limit.as_secs()));
    Some(match (claims.check_age(expected, judged.now), claims.issued_at) {
        (Ok(()), _) => Check::passed(GROUP, ID, format!("at most {}", span(limit.as_secs()))),
        (Err(refusal), Some(date)) => {
            Check::failed(GROUP, ID, format!("issued {}", when(date, judged.now)))
                .expected(wanted)
                .meaning("the token has not expired, and is older than this API accepts")
                .advice("request a new token, or raise MAX_TOKEN_AGE")
                .refused(refusal)
        }
        (Err(refusal), None) => Check::failed(GROUP, ID, "no iat")
            .expected(wanted)
            .meaning("when it was issued the token does not say")
            .advice("have the issuer add iat, or leave MAX_TOKEN_AGE out")
            .refused(refusal),
    })
}

/// The claims that a profile requires. Those that are named here may be missing each by itself.
fn presence(claims: &RegisteredClaims, expected: &Expectations) -> Option<Check> {
    const ID: &str = "required_claims";
    if expected.profile == Profile::Any {
        return None;
    }
    Some(match claims.check_presence(expected) {
        Ok(()) => Check::passed(GROUP, ID, "sub, client_id, iat and jti are there"),
        Err(refusal) => {
            let present = [
                ("sub", claims.subject.is_some()),
                ("client_id", claims.client_id.is_some()),
                ("iat", claims.issued_at.is_some()),
                ("jti", claims.token_id.is_some()),
            ];
            let missing: Vec<&str> = present
                .into_iter()
                .filter(|(_, is_there)| !is_there)
                .map(|(name, _)| name)
                .collect();
            Check::failed(GROUP, ID, format!("lacks {}", missing.join(", ")))
                .expected("sub, client_id, iat and jti (RFC 9068 section 2.2)")
                .meaning("TOKEN_PROFILE=rfc9068 requires them")
                .advice(
                    "have the issuer follow RFC 9068 (with Auth0: the API's Settings, JSON Web \
                     Token Profile: RFC 9068), or set TOKEN_PROFILE=any",
                )
                .refused(refusal)
        }
    })
}

fn binding(claims: &RegisteredClaims) -> Check {
    const ID: &str = "binding";
    match claims.check_binding() {
        Ok(()) => Check::passed(Group::Binding, ID, "none: whoever holds the token may use it"),
        Err(refusal) => Check::failed(Group::Binding, ID, "cnf: the token is bound to a key")
            .expected("no cnf")
            .meaning(
                "only who proves to have that key may use it (DPoP, RFC 9449, or a client \
                 certificate, RFC 8705), and this server checks no such proof",
            )
            .advice(
                "request a plain bearer token: have the issuer turn DPoP or mTLS binding off \
                     for this API",
            )
            .refused(refusal),
    }
}

fn tolerated(expected: &Expectations) -> String {
    format!("; {} are tolerated", span(expected.clock_tolerance.duration().as_secs()))
}
