//! Checks of the claims against what this server expects.

use std::time::Duration;

use super::RegisteredClaims;
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
        Err(InvalidToken::Expired { seconds: seconds_since(self.expires_at, now) })
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
        Err(InvalidToken::TooOld { seconds: seconds_since(issued_at, now) })
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

    /// A bound token is not a bearer token (RFC 7800 section 3.1, RFC 9449 section 7.2).
    pub(crate) const fn check_binding(&self) -> Checked {
        if self.confirmation.is_some() { Err(InvalidToken::BoundToKey) } else { Ok(()) }
    }
}

fn seconds_since(date: NumericDate, now: Timestamp) -> u64 {
    whole_seconds(seconds_of(now) - date.seconds())
}

/// How far ahead the date is, if that is more than `tolerance`.
fn seconds_ahead(date: Option<NumericDate>, tolerance: Duration, now: Timestamp) -> Option<u64> {
    let latest = now.plus(tolerance);
    let date = date.filter(|date| date.is_after(latest))?;
    Some(whole_seconds(date.seconds() - seconds_of(now)))
}

fn seconds_of(now: Timestamp) -> f64 {
    Duration::from_millis(now.milliseconds()).as_secs_f64()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and the number is for display only"
)]
const fn whole_seconds(seconds: f64) -> u64 {
    seconds as u64
}
