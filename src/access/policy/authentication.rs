//! Step-up requirements: how and when the user signed in (RFC 9470).

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::input::PolicyInput;
use crate::token::NumericDate;

/// How strong and how recent the user's authentication must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuthenticationRequirement {
    /// The requirement's name, for the route table.
    pub name: &'static str,
    /// What it demands, in words; empty if its declaration has no doc comment.
    #[serde(skip)]
    pub description: &'static str,
    /// Accepted values of the claim `acr`, in order of preference. Empty: any.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    pub acr_values: &'static [&'static str],
    /// The longest time since `auth_time`, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u32>,
}

/// How far `auth_time` may lie ahead of our clock, as for `iat`.
const LARGEST_LEAD: Duration = Duration::from_secs(300);

impl AuthenticationRequirement {
    /// A requirement that demands nothing yet.
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        description: &'static str,
        acr_values: &'static [&'static str],
        max_age: Option<u32>,
    ) -> Self {
        Self { name, description, acr_values, max_age }
    }

    /// Whether the token says that the authentication was strong and recent enough. A claim that is
    /// missing or has the wrong type says nothing.
    pub fn is_met(&self, input: &PolicyInput<'_>) -> bool {
        self.is_strong(input) && self.is_recent(input)
    }

    fn is_strong(&self, input: &PolicyInput<'_>) -> bool {
        self.acr_values.is_empty()
            || match input.token().claim("acr") {
                Some(Value::String(acr)) => self.acr_values.contains(&acr.as_str()),
                _ => false,
            }
    }

    /// Counted from `auth_time`, never from `iat`: a token that was refreshed is new, the sign-in
    /// is not.
    fn is_recent(&self, input: &PolicyInput<'_>) -> bool {
        let Some(max_age) = self.max_age else { return true };
        let auth_time = input.token().claim("auth_time").as_ref().and_then(Value::as_f64);
        let Some(date) = auth_time.and_then(NumericDate::from_seconds) else { return false };
        let oldest = Duration::from_secs(max_age.into()).saturating_add(input.clock_tolerance());
        date.age(input.now()) <= oldest && !date.is_after(input.now().plus(LARGEST_LEAD))
    }
}
