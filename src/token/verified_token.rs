//! Verified tokens: their claims and grants.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::claims::RegisteredClaims;
use super::dpop_mode::DpopMode;
use super::expectations::{ClockTolerance, Expectations};
use super::grants::{GrantClaims, claim_at, first_grants};
use super::invalid_token::InvalidToken;
use super::json::{Members, OneOrMany};
use super::scopes::Scopes;
use super::timestamp::NumericDate;

/// A token with a valid signature and valid claims.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedToken {
    claims: RegisteredClaims,
    claims_json: Box<str>,
    dpop: Option<DpopMode>,
    max_age: Option<Duration>,
    clock_tolerance: ClockTolerance,
}

impl VerifiedToken {
    /// A token with these claims, which the caller has verified.
    pub(super) fn of_claims(
        claims: RegisteredClaims,
        claims_json: Box<str>,
        expected: &Expectations,
    ) -> Self {
        let (dpop, max_age) = (expected.dpop, expected.max_token_age);
        let clock_tolerance = expected.clock_tolerance;
        let mut token = Self { claims, claims_json, dpop, max_age, clock_tolerance };
        token.read_grants(&expected.grants);
        token
    }

    /// The claims that the standards define.
    pub const fn claims(&self) -> &RegisteredClaims {
        &self.claims
    }

    /// Whether tokens of its issuer may or must be bound to a DPoP key, if that issuer has a mode of
    /// its own.
    pub(crate) const fn dpop(&self) -> Option<DpopMode> {
        self.dpop
    }

    /// The tolerance for the clock of its issuer.
    pub(crate) const fn clock_tolerance(&self) -> Duration {
        self.clock_tolerance.duration()
    }

    /// When the token is no longer accepted, without tolerance: at `exp`, or before if its age is limited.
    pub(crate) fn ends_at(&self) -> NumericDate {
        let expires_at = self.claims.expires_at;
        let too_old_at = self.claims.issued_at.zip(self.max_age).map(|(date, age)| date.plus(age));
        too_old_at.filter(|date| *date < expires_at).unwrap_or(expires_at)
    }

    /// Replaces the grants that come from claims other than the default ones.
    pub(super) fn read_grants(&mut self, claims: &GrantClaims) {
        let read = |names: &[String]| {
            (!names.is_empty()).then(|| first_grants(names, |name| self.claim_at(name)))
        };
        let (scopes, roles, permissions) =
            (read(&claims.scopes), read(&claims.roles), read(&claims.permissions));
        if let Some(scopes) = scopes {
            self.claims.scopes = Scopes::from_claim(OneOrMany::Many(scopes));
        }
        if let Some(roles) = roles {
            self.claims.roles = roles;
        }
        if let Some(permissions) = permissions {
            self.claims.permissions = permissions;
        }
    }

    /// All claims as a type of your own.
    ///
    /// # Errors
    ///
    /// [`InvalidToken::ClaimsDoNotFit`] if they do not fit that type.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, InvalidToken> {
        serde_json::from_str(&self.claims_json).map_err(|_| InvalidToken::ClaimsDoNotFit)
    }

    /// Whether the claim, named as in [`claim_at`](Self::claim_at), is this string, number or
    /// boolean.
    ///
    /// ```no_run
    /// # fn example(token: actix_resource_server::token::VerifiedToken) {
    /// let is_member = token.claim_equals("org_id", "org_acme");
    /// # }
    /// ```
    pub fn claim_equals(&self, claim: &str, value: impl Into<Value>) -> bool {
        self.claim_at(claim).is_some_and(|found| found == value.into())
    }

    /// Whether the claim, named as in [`claim_at`](Self::claim_at), is an array that contains this
    /// string, number or boolean, or a space-separated string that contains this word.
    pub fn claim_includes(&self, claim: &str, value: impl Into<Value>) -> bool {
        match (self.claim_at(claim), value.into()) {
            (Some(Value::Array(members)), value) => members.contains(&value),
            (Some(Value::String(text)), Value::String(word)) => {
                !word.is_empty() && text.split(' ').any(|found| found == word)
            }
            _ => false,
        }
    }

    /// A claim by its name, of any type.
    pub fn claim(&self, claim: &str) -> Option<Value> {
        let members = Members::parse(self.claims_json.as_bytes()).ok()?;
        members.read(claim).ok().flatten()
    }

    /// A claim by its name, or by a path to it: `realm_access.roles` reaches into an object, and a
    /// JSON pointer (RFC 6901) reaches any member, such as `/https:~1~1acme.example/roles`.
    ///
    /// A claim whose name is the whole text goes first, so names with dots and slashes need no
    /// pointer.
    pub fn claim_at(&self, path: &str) -> Option<Value> {
        claim_at(path, |name| self.claim(name))
    }

    /// The claims as the token has them: one JSON object.
    pub fn claims_json(&self) -> &str {
        &self.claims_json
    }
}
