//! Checks of the claims against what this server expects.

use std::time::Duration;

use super::RegisteredClaims;
use crate::token::dpop_mode::DpopMode;
use crate::token::expectations::Expectations;
use crate::token::invalid_token::InvalidToken;
use crate::token::profile::Profile;
use crate::token::timestamp::{NumericDate, Timestamp};

/// How far `iat` may be in the future, whatever the configured tolerance.
const ISSUER_CLOCK_AHEAD: Duration = Duration::from_secs(300);

/// Result of a check.
type Checked = Result<(), InvalidToken>;

impl RegisteredClaims {
    /// Every check but that of the binding, which depends on how the token was sent.
    pub(crate) fn check(&self, expected: &Expectations, now: Timestamp) -> Checked {
        self.check_audience(expected)?;
        self.check_client(expected)?;
        self.check_times(expected, now)?;
        self.check_presence(expected)
    }

    /// The checks whose result changes with time.
    pub(crate) fn check_times(&self, expected: &Expectations, now: Timestamp) -> Checked {
        if now == Timestamp::UNKNOWN {
            return Err(InvalidToken::TimeUnknown);
        }
        self.check_expiry(expected, now)?;
        self.check_not_before(expected, now)?;
        self.check_issue(now)?;
        self.check_age(expected, now)
    }

    pub(crate) fn check_audience(&self, expected: &Expectations) -> Checked {
        if expected.audiences.is_empty() {
            // Only the client says then whom the token is for.
            let accepted = !self.has_audience && expected.client_ids.is_some();
            return if accepted { Ok(()) } else { Err(InvalidToken::AudienceMismatch) };
        }
        if !self.has_audience {
            return Err(InvalidToken::ClaimMissing { claim: "aud" });
        }
        if self.audience.iter().any(|audience| expected.audiences.contains(audience)) {
            Ok(())
        } else {
            Err(InvalidToken::AudienceMismatch)
        }
    }

    pub(crate) fn check_client(&self, expected: &Expectations) -> Checked {
        let Some(clients) = &expected.client_ids else { return Ok(()) };
        match &self.client_id {
            Some(client) if clients.contains(client) => Ok(()),
            _ => Err(InvalidToken::ClientMismatch),
        }
    }

    pub(crate) fn check_expiry(&self, expected: &Expectations, now: Timestamp) -> Checked {
        if self.expires_at.plus(expected.clock_tolerance.duration()).is_after(now) {
            return Ok(());
        }
        Err(InvalidToken::Expired { seconds: self.expires_at.age(now).as_secs() })
    }

    pub(crate) fn check_not_before(&self, expected: &Expectations, now: Timestamp) -> Checked {
        match seconds_ahead(self.not_before, expected.clock_tolerance.duration(), now) {
            Some(seconds) => Err(InvalidToken::NotYetValid { seconds }),
            None => Ok(()),
        }
    }

    /// `iat` says nothing about validity (RFC 7519 section 4.1.6), so the clock of the issuer may be
    /// ahead. A date far in the future is an error of the issuer.
    pub(crate) fn check_issue(&self, now: Timestamp) -> Checked {
        match seconds_ahead(self.issued_at, ISSUER_CLOCK_AHEAD, now) {
            Some(seconds) => Err(InvalidToken::IssuedInTheFuture { seconds }),
            None => Ok(()),
        }
    }

    pub(crate) fn check_age(&self, expected: &Expectations, now: Timestamp) -> Checked {
        let Some(age) = expected.max_token_age else { return Ok(()) };
        let issued_at = self.issued_at.ok_or(InvalidToken::ClaimMissing { claim: "iat" })?;
        if issued_at.plus(age).plus(expected.clock_tolerance.duration()).is_after(now) {
            return Ok(());
        }
        Err(InvalidToken::TooOld { seconds: issued_at.age(now).as_secs() })
    }

    /// The claims that the profile requires in addition to `iss`, `aud` and `exp` (RFC 9068 section
    /// 2.2).
    pub(crate) fn check_presence(&self, expected: &Expectations) -> Checked {
        if expected.profile == Profile::Any {
            return Ok(());
        }
        let required = [
            ("sub", self.subject.is_some()),
            ("client_id", self.has_client_id),
            ("iat", self.issued_at.is_some()),
            ("jti", self.token_id.is_some()),
        ];
        match required.into_iter().find(|(_, present)| !present) {
            Some((claim, _)) => Err(InvalidToken::ClaimMissing { claim }),
            None => Ok(()),
        }
    }

    /// A bound token is not a bearer token (RFC 7800 section 3.1, RFC 9449 section 7.2), nor is
    /// any token of an issuer for which DPoP is required.
    pub(crate) const fn check_bearer(&self, mode: DpopMode) -> Checked {
        match (&self.confirmation, mode) {
            (Some(_), _) => Err(InvalidToken::BoundToKey),
            (None, DpopMode::Required) => Err(InvalidToken::ProofRequired),
            (None, _) => Ok(()),
        }
    }
}

/// How far ahead the date is, if that is more than `tolerance`.
fn seconds_ahead(date: Option<NumericDate>, tolerance: Duration, now: Timestamp) -> Option<u64> {
    let date = date.filter(|date| date.is_after(now.plus(tolerance)))?;
    Some(date.rest(now).as_secs())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::claims::tests::{NOW, good, parse, with, without};
    use crate::token::expectations::{Audiences, ClockTolerance};

    fn expected() -> Expectations {
        let audiences = Audiences::new(["https://api.example", "https://old.example"]);
        Expectations::new("https://issuer.example/", audiences.expect("two audiences"))
    }

    fn check(claims: &Value, expected: &Expectations) -> Result<(), InvalidToken> {
        let claims = parse(claims)?;
        claims.check(expected, Timestamp::from_seconds(NOW))?;
        claims.check_bearer(expected.dpop.unwrap_or_default())
    }

    #[test]
    fn times_are_checked_with_the_tolerance_and_to_the_second() {
        let now = i64::try_from(NOW).expect("small");
        let table = [
            ("exp", json!(now + 1), Ok(())),
            ("exp", json!(now - 4), Ok(())),
            ("exp", json!(now - 5), Err(InvalidToken::Expired { seconds: 5 })),
            ("exp", json!(now - 3600), Err(InvalidToken::Expired { seconds: 3600 })),
            ("exp", json!(1_699_999_995.5), Ok(())),
            ("exp", json!(-1), Err(InvalidToken::Expired { seconds: NOW + 1 })),
            ("exp", json!(1e300), Ok(())),
            ("nbf", json!(now + 5), Ok(())),
            ("nbf", json!(now + 6), Err(InvalidToken::NotYetValid { seconds: 6 })),
            ("nbf", json!(-1e300), Ok(())),
            ("iat", json!(now + 6), Ok(())),
            ("iat", json!(now + 60), Ok(())),
            ("iat", json!(now + 300), Ok(())),
            ("iat", json!(now + 301), Err(InvalidToken::IssuedInTheFuture { seconds: 301 })),
            ("iat", json!(now + 3600), Err(InvalidToken::IssuedInTheFuture { seconds: 3600 })),
        ];
        for (claim, value, verdict) in table {
            let claims = with(claim, value);
            assert_eq!(check(&claims, &expected()), verdict, "RFC 7519 4.1.4-6: {claims}");
        }
    }

    #[test]
    fn an_issue_date_ahead_does_not_depend_on_the_tolerance_and_other_dates_do() {
        let now = i64::try_from(NOW).expect("small");
        for tolerance in [0, 5, 60, 300] {
            let seconds = Duration::from_secs(tolerance);
            let clock_tolerance = ClockTolerance::try_from(seconds).expect("a tolerance");
            let expected = Expectations { clock_tolerance, ..expected() };
            let ahead = |seconds| InvalidToken::IssuedInTheFuture { seconds };
            for (seconds, verdict) in
                [(1, Ok(())), (6, Ok(())), (300, Ok(())), (301, Err(ahead(301)))]
            {
                let claims = with("iat", json!(now + seconds));
                assert_eq!(check(&claims, &expected), verdict, "RFC 7519 4.1.6: {tolerance} s");
            }
            let tolerated = i64::try_from(tolerance).expect("small");
            let early = with("nbf", json!(now + tolerated + 1));
            let not_yet = InvalidToken::NotYetValid { seconds: tolerance + 1 };
            assert_eq!(check(&early, &expected), Err(not_yet), "RFC 7519 4.1.5: {tolerance} s");
            let late = with("exp", json!(now - tolerated));
            let expired = InvalidToken::Expired { seconds: tolerance };
            assert_eq!(check(&late, &expected), Err(expired), "RFC 7519 4.1.4: {tolerance} s");
        }
    }

    #[test]
    fn nothing_is_accepted_while_the_time_is_not_known() {
        let claims = parse(&json!({"iss": "https://issuer.example/", "aud": "https://api.example",
            "exp": 1}));
        let claims = claims.expect("well-formed");
        let at = |now| claims.check(&expected(), now);
        assert_eq!(at(Timestamp::UNKNOWN), Err(InvalidToken::TimeUnknown), "RFC 7519 4.1.4");
        assert_eq!(at(Timestamp::from_milliseconds(1)), Ok(()));
    }

    #[test]
    fn the_maximum_age_counts_from_iat_and_needs_it() {
        let strict = Expectations {
            max_token_age: Some(Duration::from_secs(100)),
            clock_tolerance: ClockTolerance::NONE,
            ..expected()
        };
        assert_eq!(check(&with("iat", json!(NOW - 99)), &strict), Ok(()));
        let old = check(&with("iat", json!(NOW - 100)), &strict);
        assert_eq!(old, Err(InvalidToken::TooOld { seconds: 100 }));
        let missing = Err(InvalidToken::ClaimMissing { claim: "iat" });
        assert_eq!(check(&without("iat"), &strict), missing);
    }

    #[test]
    fn one_of_our_audiences_must_be_in_aud() {
        let table = [
            (json!("https://api.example"), true),
            (json!(["https://other.example", "https://old.example"]), true),
            (json!("https://api.example/"), false),
            (json!("HTTPS://API.example"), false),
            (json!(""), false),
            (json!([]), false),
            (json!(["https://other.example"]), false),
        ];
        for (audience, accepted) in table {
            let verdict = check(&with("aud", audience.clone()), &expected());
            let wanted = if accepted { Ok(()) } else { Err(InvalidToken::AudienceMismatch) };
            assert_eq!(verdict, wanted, "RFC 7519 4.1.3: {audience}");
        }
    }

    #[test]
    fn the_required_claims_depend_on_the_profile() {
        let strict = Expectations { profile: Profile::Rfc9068, ..expected() };
        assert_eq!(check(&good(), &strict), Ok(()));
        for claim in ["iss", "aud", "exp", "sub", "client_id", "iat", "jti"] {
            let claims = without(claim);
            let missing = Err(InvalidToken::ClaimMissing { claim });
            assert_eq!(check(&claims, &strict), missing, "RFC 9068 2.2");
            let lenient = if ["iss", "aud", "exp"].contains(&claim) { missing } else { Ok(()) };
            assert_eq!(check(&claims, &expected()), lenient, "RFC 7519 4.1");
        }
        let mut other = without("client_id");
        other["azp"] = json!("b");
        let missing = InvalidToken::ClaimMissing { claim: "client_id" };
        assert_eq!(check(&other, &strict), Err(missing), "RFC 9068 2.2");
    }

    #[test]
    fn a_bound_token_is_not_a_bearer_token() {
        for binding in [json!({"jkt": "x"}), json!({"unknown": 1}), json!({}), json!(null)] {
            let verdict = check(&with("cnf", binding.clone()), &expected());
            assert_eq!(verdict, Err(InvalidToken::BoundToKey), "RFC 7800 3.1: {binding}");
        }
    }

    #[test]
    fn a_token_without_audience_is_accepted_for_listed_clients_only() {
        use crate::token::expectations::ClientIds;

        let clients = ClientIds::new(["app", "other"]).expect("clients");
        let without_audience =
            Expectations::for_clients("https://issuer.example/", clients.clone());
        let both = Expectations { client_ids: Some(clients), ..expected() };
        let no_audience = Expectations { audiences: Audiences::NONE, ..expected() };
        let token = |client: Value, audience: Option<Value>| {
            let mut claims = audience.map_or_else(|| without("aud"), |aud| with("aud", aud));
            claims["client_id"] = client;
            claims
        };
        let ours = || Some(json!("https://api.example"));
        let missing = || Err(InvalidToken::ClaimMissing { claim: "aud" });
        let foreign = || Err(InvalidToken::AudienceMismatch);
        let other_client = || Err(InvalidToken::ClientMismatch);
        let table = [
            (&without_audience, token(json!("app"), None), Ok(())),
            (&without_audience, token(json!("other"), None), Ok(())),
            (&without_audience, token(json!("stranger"), None), other_client()),
            (&without_audience, token(json!("App"), None), other_client()),
            (&without_audience, token(json!("app"), ours()), foreign()),
            (&without_audience, token(json!("app"), Some(json!([]))), foreign()),
            (&both, token(json!("app"), ours()), Ok(())),
            (&both, token(json!("stranger"), ours()), other_client()),
            (&both, token(json!("app"), None), missing()),
            (&both, token(json!("app"), Some(json!("x"))), foreign()),
            (&expected(), token(json!("app"), None), missing()),
            (&no_audience, token(json!("app"), None), foreign()),
            (&no_audience, token(json!("app"), ours()), foreign()),
        ];
        for (expected, claims, verdict) in table {
            assert_eq!(check(&claims, expected), verdict, "RFC 8725 3.9: {claims}");
        }
    }
}
