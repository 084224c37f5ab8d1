//! Admission: from a verified token to a guard.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::HttpRequest;

use super::authentication::Authentication;
use super::guards::TokenGuard;
use super::policy::{PathParameters, PolicyInput};
use super::rejection::{Rejection, RejectionReason};
use crate::token::{Timestamp, VerifiedToken};

/// The future of a guard that needs a token.
///
/// It is ready at its first poll, without allocating, whenever the keys held can decide.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct Admission<G>(OptionalToken<G>);

/// A request's token on its way to a guard.
#[derive(Debug)]
pub(super) struct OptionalToken<G> {
    authentication: Authentication,
    /// The request, if the policy reads its path.
    request: Option<HttpRequest>,
    guard: PhantomData<fn() -> G>,
}

impl<G: TokenGuard> Admission<G> {
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self(OptionalToken::of(request))
    }
}

impl<G: TokenGuard> Future for Admission<G> {
    type Output = Result<G, Rejection>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.0.poll(context)) {
            Ok(Some(guard)) => Ok(guard),
            Ok(None) => Err(self.0.rejection(RejectionReason::NoCredentials)),
            Err(rejection) => Err(rejection),
        })
    }
}

impl<G: TokenGuard> OptionalToken<G> {
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self {
            authentication: Authentication::of(request),
            request: const { G::POLICY.reads_path() }.then(|| request.clone()),
            guard: PhantomData,
        }
    }

    /// The guard; none if the request has no credentials.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<G>, Rejection>> {
        Poll::Ready(match ready!(self.authentication.poll(context)) {
            Ok(Some(token)) => self.admit(token).map(Some),
            Ok(None) => Ok(None),
            // Logged when the token was at hand.
            Err(reason) => Err(self.authentication.rejection(reason, G::POLICY)),
        })
    }

    /// Applies the policy, the same value that the route table prints.
    fn admit(&self, token: Arc<VerifiedToken>) -> Result<G, Rejection> {
        let now = if const { G::POLICY.reads_time() } {
            self.authentication.now()
        } else {
            Timestamp::from_seconds(0)
        };
        let mut input = PolicyInput::new(&token, now);
        if const { G::POLICY.reads_time() } {
            input = input.with_clock_tolerance(self.authentication.clock_tolerance(&token));
        }
        if let Some(request) = &self.request {
            input = input.with_path(PathParameters::of(request));
        }
        if let Err(shortfall) = G::POLICY.decide(&input) {
            let reason = shortfall.into();
            self.authentication.log(&reason, Some(&token.claims().issuer), G::POLICY);
            return Err(self.authentication.rejection(reason, G::POLICY));
        }
        G::from_token(token).map_err(|reason| self.rejection(reason))
    }

    fn rejection(&self, reason: RejectionReason) -> Rejection {
        self.authentication.log(&reason, None, G::POLICY);
        self.authentication.rejection(reason, G::POLICY)
    }
}
