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
    checks.extend(judged.expected().and_then(|expected| client(claims, expected)));
    checks.push(audience(judged, claims));
    checks.extend(token_use(judged));
    // All issuers share one clock tolerance, even if they differ otherwise.
    let by_default = Expectations::new("none", Audiences::NONE);
    let first = judged.issuers.first().map(IssuerDiagnostics::expected);
    let expected = judged.expected().or(first).unwrap_or(&by_default);
    checks.push(expiry(judged, claims, expected));
    checks.push(not_before(judged, claims, expected));
    checks.push(issue(judged, claims, expected));
    checks.extend(age(judged, claims, expected));
    checks.extend(judged.expected().and_then(|expected| presence(claims, expected)));
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
        Some(reason) => claims_advice::form(Check::failed(GROUP, ID, reason.to_string()), reason)
            .rejected(reason.clone()),
        None if judged.inspection.claims.is_none() => {
            Check::not_reached(GROUP, ID, "they cannot be read")
        }
        None => Check::passed(GROUP, ID, "one JSON object, each member once and of its type"),
    }
}

fn audience(judged: &JudgedToken<'_>, claims: &RegisteredClaims) -> Check {
    const ID: &str = "audience";
    let wanted = "aud with the name of this API, a string or an array of strings";
    // Whether it may be missing depends on what is expected.
    if claims.has_audience()
        && let Some(check) = claims_advice::faulty(judged, GROUP, ID, "aud", wanted)
    {
        return check;
    }
    let found: Vec<String> =
        claims.audience.iter().map(|name| Printable::up_to(200, name).to_string()).collect();
    let found = if found.is_empty() { "no aud".to_owned() } else { found.join(", ") };
    let Some(expected) = judged.expected() else {
        let why = if judged.issuers.is_empty() {
            "no audience is configured"
        } else {
            "the expected audience depends on the issuer"
        };
        return Check::not_reached(GROUP, ID, format!("{found}; {why}"));
    };
    match claims.check_audience(expected) {
        Ok(()) => Check::passed(GROUP, ID, found),
        Err(reason) => {
            let ours: Vec<&str> = expected.audiences.iter().collect();
            let check = Check::failed(GROUP, ID, found).expected(if ours.is_empty() {
                "no aud, since only CLIENT_IDS is set".to_owned()
            } else {
                ours.join(" or ")
            });
            let check = match claims.audience.first() {
                _ if !claims.has_audience() => claims_advice::no_audience(check, judged, claims),
                first if ours.is_empty() => claims_advice::unexpected_audience(check, first),
                _ => claims_advice::wrong_audience(check, judged, claims, &ours),
            };
            check.rejected(reason)
        }
    }
}

/// Whether the token is of a client whose tokens are accepted.
fn client(claims: &RegisteredClaims, expected: &Expectations) -> Option<Check> {
    const ID: &str = "client";
    expected.client_ids.as_ref()?;
    let client = claims.client_id.as_deref().map(|client| Printable::up_to(200, client));
    let found = client.as_ref().map_or_else(|| "no client".to_owned(), ToString::to_string);
    Some(match claims.check_client(expected) {
        Ok(()) => Check::passed(GROUP, ID, found),
        Err(reason) => {
            let check = Check::failed(GROUP, ID, found)
                .expected("a client of CLIENT_IDS in client_id, azp, cid or appid")
                .meaning("this API accepts the tokens of certain clients only")
                .rejected(reason);
            match client {
                Some(client) => check.advice(format!(
                    "request the token with an accepted client, or add {client} to CLIENT_IDS"
                )),
                None => check.advice("have the issuer add client_id, or set AUDIENCE instead"),
            }
        }
    })
}

/// Whether the token is an access token by its `token_use`, which counts where clients are listed.
fn token_use(judged: &JudgedToken<'_>) -> Option<Check> {
    const ID: &str = "token_use";
    judged.expected()?.client_ids.as_ref()?;
    let value = judged.inspection.claims_json.as_ref()?.get(ID)?;
    let found = Printable::new(&value.to_string()).to_string();
    if value == "access" {
        return Some(Check::passed(GROUP, ID, found));
    }
    let check = Check::failed(GROUP, ID, found)
        .expected("access")
        .meaning("this is an ID token: it is for the client, and tells it who signed in")
        .advice("send the access token from the same response of the token endpoint");
    Some(check.rejected(InvalidToken::WrongTokenUse))
}

fn expiry(judged: &JudgedToken<'_>, claims: &RegisteredClaims, expected: &Expectations) -> Check {
    const ID: &str = "expiry";
    let wanted = "exp, a number: seconds since 1970";
    if let Some(check) = claims_advice::faulty(judged, GROUP, ID, "exp", wanted) {
        return check;
    }
    let (date, now) = (claims.expires_at, judged.now);
    match claims.check_expiry(expected, now) {
        Ok(()) if is_in_milliseconds(date) => {
            let found = format!("expires {}: it seems to be in milliseconds", when(date, now));
            Check::passed(GROUP, ID, found)
        }
        Ok(()) => {
            Check::passed(GROUP, ID, format!("expires {} ({})", from_now(date, now), moment(date)))
        }
        Err(reason) => {
            let found = format!("expired {} ({})", from_now(date, now), moment(date));
            Check::failed(GROUP, ID, found)
                .expected(format!("a time after now, {}{}", time(now), tolerated(expected)))
                .meaning("the lifetime of the token is over")
                .advice(
                    "request a new token; a program should do so before its token expires, with a \
                     refresh token or its client credentials",
                )
                .rejected(reason)
        }
    }
}

fn not_before(
    judged: &JudgedToken<'_>,
    claims: &RegisteredClaims,
    expected: &Expectations,
) -> Check {
    const ID: &str = "not_before";
    if let Some(check) = claims_advice::faulty(judged, GROUP, ID, "nbf", "nbf absent or a number") {
        return check;
    }
    let now = judged.now;
    match (claims.check_not_before(expected, now), claims.not_before) {
        (Ok(()), None) => Check::passed(GROUP, ID, "no nbf: valid at once"),
        (Ok(()), Some(date)) => {
            Check::passed(GROUP, ID, format!("valid since {}", when(date, now)))
        }
        (Err(reason), date) => {
            early(Check::failed(GROUP, ID, "valid from"), date, now, expected).rejected(reason)
        }
    }
}

fn issue(judged: &JudgedToken<'_>, claims: &RegisteredClaims, expected: &Expectations) -> Check {
    const ID: &str = "issued_at";
    if let Some(check) = claims_advice::faulty(judged, GROUP, ID, "iat", "iat absent or a number") {
        return check;
    }
    let now = judged.now;
    match (claims.check_issue(now), claims.issued_at) {
        (Ok(()), None) => Check::passed(GROUP, ID, "no iat"),
        (Ok(()), Some(date)) => Check::passed(GROUP, ID, format!("issued {}", when(date, now))),
        (Err(reason), date) => {
            early(Check::failed(GROUP, ID, "issued"), date, now, expected).rejected(reason)
        }
    }
}

/// The failed check of a date that is in the future.
fn early(
    check: Check,
    date: Option<NumericDate>,
    now: Timestamp,
    expected: &Expectations,
) -> Check {
    let Some(date) = date else { return check };
    let wanted = format!("no time after now, {}{}", time(now), tolerated(expected));
    if is_in_milliseconds(date) {
        let found = format!("{} {}", check.found, date.seconds());
        return check
            .found(found)
            .expected(wanted)
            .meaning("the number seems to be in milliseconds instead of seconds")
            .advice("have the issuer write seconds since 1970 (RFC 7519 section 2)");
    }
    let found = format!("{} {}", check.found, when(date, now));
    check
        .found(found)
        .expected(wanted)
        .meaning("this machine's clock is behind the issuer's, or the token is for later use")
        .advice(
            "compare this machine's clock with the issuer's (actix-resource-server check does); \
             CLOCK_TOLERANCE allows for small differences",
        )
}

fn age(
    judged: &JudgedToken<'_>,
    claims: &RegisteredClaims,
    expected: &Expectations,
) -> Option<Check> {
    const ID: &str = "age";
    let limit = expected.max_token_age?;
    if claims_advice::faulty(judged, GROUP, ID, "iat", "").is_some() {
        return Some(Check::not_reached(GROUP, ID, "the time of issue is unknown"));
    }
    let wanted = format!("issued at most {} ago, as MAX_TOKEN_AGE requires", span(limit.as_secs()));
    Some(match (claims.check_age(expected, judged.now), claims.issued_at) {
        (Ok(()), _) => Check::passed(GROUP, ID, format!("at most {}", span(limit.as_secs()))),
        (Err(reason), Some(date)) => {
            Check::failed(GROUP, ID, format!("issued {}", when(date, judged.now)))
                .expected(wanted)
                .meaning("the token has not expired, but is older than this API accepts")
                .advice("request a new token, or raise MAX_TOKEN_AGE")
                .rejected(reason)
        }
        (Err(reason), None) => Check::failed(GROUP, ID, "no iat")
            .expected(wanted)
            .meaning("the token does not say when it was issued")
            .advice("have the issuer add iat, or remove MAX_TOKEN_AGE")
            .rejected(reason),
    })
}

/// The claims that the profile requires beyond `iss`, `aud` and `exp`.
fn presence(claims: &RegisteredClaims, expected: &Expectations) -> Option<Check> {
    const ID: &str = "required_claims";
    if expected.profile == Profile::Any {
        return None;
    }
    Some(match claims.check_presence(expected) {
        Ok(()) => Check::passed(GROUP, ID, "sub, client_id, iat and jti"),
        Err(reason) => {
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
            Check::failed(GROUP, ID, format!("no {}", missing.join(", no ")))
                .expected("sub, client_id, iat and jti (RFC 9068 section 2.2)")
                .meaning("TOKEN_PROFILE=rfc9068 requires them")
                .advice(
                    "have the issuer follow RFC 9068 (with Auth0: the API's Settings, JSON Web \
                     Token Profile: RFC 9068), or set TOKEN_PROFILE=any",
                )
                .rejected(reason)
        }
    })
}

/// Whether the token is bound to its sender.
pub(super) fn binding(judged: &JudgedToken<'_>) -> Option<Check> {
    let claims = judged.inspection.claims.as_ref()?;
    const ID: &str = "binding";
    let mode = judged.expected().and_then(|expected| expected.dpop);
    Some(match claims.check_bearer(mode.unwrap_or_default()) {
        Ok(()) => Check::passed(Group::Binding, ID, "none: anyone who has the token can use it"),
        Err(InvalidToken::ProofRequired) => {
            Check::failed(Group::Binding, ID, "none: anyone who has the token can use it")
                .expected("cnf.jkt, since tokens of this issuer must be bound to a DPoP key")
                .meaning(
                    "anyone who steals a token that is not bound to a key can use it, so this API \
                     rejects it",
                )
                .advice(
                    "have the client request its token with a DPoP proof, and send it with the \
                     scheme DPoP (RFC 9449). For clients that cannot, set DPOP=allowed",
                )
                .rejected(InvalidToken::ProofRequired)
        }
        Err(reason) => Check::failed(Group::Binding, ID, "cnf: the token is bound to a key")
            .expected("no cnf, since the token is sent as a plain bearer token")
            .meaning(
                "only the holder of that key may use the token, and must prove it with each \
                 request: by a DPoP proof (RFC 9449) or a client certificate (RFC 8705)",
            )
            .advice(
                "send the token with the scheme DPoP and a proof in the header DPoP, or over a \
                 connection with the client certificate. If this API accepts neither \
                 (DPOP, CLIENT_CERTIFICATE), have the issuer turn off the binding for this API, and \
                 request a new token",
            )
            .rejected(reason),
    })
}

fn tolerated(expected: &Expectations) -> String {
    format!("; tolerance {}", span(expected.clock_tolerance.duration().as_secs()))
}
