//! What a policy decides about: a verified token, a path and a time.

use std::time::Duration;

use super::path_parameters::PathParameters;
use crate::token::{Timestamp, VerifiedToken};

/// A verified token with what else a policy can ask about.
///
/// ```no_run
/// use actix_resource_server::access::PolicyInput;
/// use actix_resource_server::token::{Timestamp, VerifiedToken};
/// use actix_resource_server::{Guard, Scoped, scopes};
///
/// scopes! { pub ReadMessages = "read:messages"; }
///
/// fn may_read(token: &VerifiedToken) -> bool {
///     <Scoped<ReadMessages>>::POLICY.admits(&PolicyInput::new(token, Timestamp::now()))
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PolicyInput<'a> {
    token: &'a VerifiedToken,
    path: PathParameters<'a>,
    now: Timestamp,
    clock_tolerance: Duration,
    is_confirmed: bool,
}

impl<'a> PolicyInput<'a> {
    /// A token at a time, without a path and without clock tolerance, and not confirmed by its issuer.
    pub const fn new(token: &'a VerifiedToken, now: Timestamp) -> Self {
        let (path, clock_tolerance) = (PathParameters::NONE, Duration::ZERO);
        Self { token, path, now, clock_tolerance, is_confirmed: false }
    }

    /// The same with these path parameters.
    #[must_use]
    pub const fn with_path(mut self, path: PathParameters<'a>) -> Self {
        self.path = path;
        self
    }

    /// The same with this tolerance for the issuer's clock.
    #[must_use]
    pub const fn with_clock_tolerance(mut self, tolerance: Duration) -> Self {
        self.clock_tolerance = tolerance;
        self
    }

    /// The same, and whether the issuer has just confirmed that the token is active, as
    /// [`verify_fresh`](crate::verifier::Verifier::verify_fresh) has it do. [`Fresh`](crate::Fresh) is
    /// not met otherwise (RFC 7662 section 2.2).
    #[must_use]
    pub const fn with_confirmation(mut self, is_confirmed: bool) -> Self {
        self.is_confirmed = is_confirmed;
        self
    }

    pub(super) const fn is_confirmed(&self) -> bool {
        self.is_confirmed
    }

    /// The token.
    pub const fn token(&self) -> &'a VerifiedToken {
        self.token
    }

    /// The path parameters.
    pub const fn path(&self) -> PathParameters<'a> {
        self.path
    }

    /// The time of the decision.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// How far the issuer's clock may differ from ours.
    pub const fn clock_tolerance(&self) -> Duration {
        self.clock_tolerance
    }
}
