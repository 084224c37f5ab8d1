//! What a token must be to be accepted here.

use std::time::Duration;

use derive_more::{Display, Error};

use super::algorithm::Algorithms;
use super::profile::Profile;

/// What is expected of a token of one issuer.
///
/// ```
/// use actix_resource_server::token::{Audiences, Expectations, Profile};
///
/// let audiences = Audiences::new(["https://api.example"])?;
/// let expected = Expectations {
///     profile: Profile::Rfc9068,
///     ..Expectations::new("https://tenant.eu.auth0.com/", audiences)
/// };
/// # Ok::<(), actix_resource_server::token::NoAudience>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectations {
    /// `iss` must be this, code point by code point (RFC 7519 section 7.3).
    pub issuer: String,
    /// `aud` must hold one of these.
    pub audiences: Audiences,
    /// `alg` must be one of these. By default [`Algorithms::DEFAULT`].
    pub algorithms: Algorithms,
    /// How strictly the token's form is judged. By default [`Profile::Any`].
    pub profile: Profile,
    /// How far the issuer's clock and ours may differ. By default 5 seconds.
    pub clock_tolerance: ClockTolerance,
    /// How long ago a token may have been issued, whatever its `exp`. By default not limited.
    pub max_token_age: Option<Duration>,
}

impl Expectations {
    /// The safe defaults for tokens of `issuer` that are meant for one of `audiences`.
    pub fn new(issuer: impl Into<String>, audiences: Audiences) -> Self {
        Self {
            issuer: issuer.into(),
            audiences,
            algorithms: Algorithms::DEFAULT,
            profile: Profile::default(),
            clock_tolerance: ClockTolerance::default(),
            max_token_age: None,
        }
    }
}

/// The audiences that this server answers to: at least one, none of them empty.
///
/// A server without an audience would accept tokens meant for anybody (RFC 8725 section 3.9), so
/// there is no such value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audiences(Vec<String>);

/// No audience was given, or an empty one; the operator is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("at least one audience is needed, and none may be empty")]
pub struct NoAudience;

impl Audiences {
    /// The audiences given.
    ///
    /// # Errors
    ///
    /// [`NoAudience`] if there is none, or one of them is empty.
    pub fn new<T: Into<String>>(
        audiences: impl IntoIterator<Item = T>,
    ) -> Result<Self, NoAudience> {
        let audiences: Vec<String> = audiences.into_iter().map(Into::into).collect();
        if audiences.is_empty() || audiences.iter().any(String::is_empty) {
            return Err(NoAudience);
        }
        Ok(Self(audiences))
    }

    /// Whether `audience` is one of them, code point by code point.
    pub fn contains(&self, audience: &str) -> bool {
        self.0.iter().any(|ours| ours == audience)
    }

    /// The audiences in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// How far two clocks may differ: at most five minutes (RFC 7519 section 4.1.4 allows "a few").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockTolerance(Duration);

/// The tolerance is more than five minutes; the operator is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("a clock tolerance is at most 300 seconds")]
pub struct TooTolerant;

impl ClockTolerance {
    /// No tolerance at all.
    pub const NONE: Self = Self(Duration::ZERO);
    /// The largest tolerance there is: five minutes.
    pub const LARGEST: Self = Self(Duration::from_secs(300));

    /// The tolerance as a span of time.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl Default for ClockTolerance {
    fn default() -> Self {
        Self(Duration::from_secs(5))
    }
}

impl TryFrom<Duration> for ClockTolerance {
    type Error = TooTolerant;

    fn try_from(duration: Duration) -> Result<Self, Self::Error> {
        if duration > Self::LARGEST.0 { Err(TooTolerant) } else { Ok(Self(duration)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_that_is_missing_or_empty_cannot_be_expected() {
        assert_eq!(Audiences::new([""; 0]), Err(NoAudience));
        assert_eq!(Audiences::new(["a", ""]), Err(NoAudience));
    }

    #[test]
    fn five_minutes_are_the_most_that_clocks_may_differ() {
        assert!(ClockTolerance::try_from(Duration::from_secs(300)).is_ok());
        assert!(ClockTolerance::try_from(Duration::from_millis(300_001)).is_err());
    }
}
