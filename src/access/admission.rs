//! Admission: from a verified token to a guard.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::HttpRequest;

use super::authentication::{Authentication, is_confirmed, is_of_another_issuer};
use super::guards::TokenGuard;
use super::policy::{PathParameters, PolicyInput};
use super::rejection::{Rejection, RejectionReason};
use super::resource::{ProtectedResource, Throttled};
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
    /// The request, if the policy reads its path, or whether the token is confirmed.
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
            authentication: Authentication::of(request, G::POLICY),
            request: const { G::POLICY.reads_path() || G::POLICY.needs_fresh() }
                .then(|| request.clone()),
            guard: PhantomData,
        }
    }

    /// The guard; none if the request has no credentials.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<G>, Rejection>> {
        let admitted = match ready!(self.authentication.poll(context)) {
            Ok(Some(token)) => self.admit(token).map(Some),
            Ok(None) => Ok(None),
            // Logged while the token was available.
            Err(reason) => Err(reason),
        };
        Poll::Ready(
            admitted.map_err(|reason| self.authentication.rejection(reason, const { &G::POLICY })),
        )
    }

    /// Applies the policy, the same value that the route table prints.
    fn admit(&self, token: Arc<VerifiedToken>) -> Result<G, RejectionReason> {
        let mut input = PolicyInput::new(&token, Timestamp::from_seconds(0));
        if const { G::POLICY.reads_time() } {
            input = PolicyInput::new(&token, self.authentication.now())
                .with_clock_tolerance(token.clock_tolerance());
        }
        if let Some(request) = &self.request {
            input = input
                .with_path(PathParameters::of(request))
                .with_confirmation(is_confirmed(request));
        }
        if let Err(shortfall) = G::POLICY.decide(&input) {
            let reason = shortfall.into();
            self.authentication.log(&reason, Some(&token.claims().issuer), G::POLICY);
            return Err(reason);
        }
        G::from_token(token).inspect_err(|reason| self.authentication.log(reason, None, G::POLICY))
    }

    fn rejection(&self, reason: RejectionReason) -> Rejection {
        self.authentication.log(&reason, None, G::POLICY);
        self.authentication.rejection(reason, const { &G::POLICY })
    }
}

impl ProtectedResource {
    /// Makes a guard from a token without a request: to test a handler as a function, or to judge
    /// the messages of a WebSocket.
    ///
    /// A rule over the path needs [`admit_at`](Self::admit_at). Each call counts for the
    /// [`rate_limit`](Self::rate_limit). A token that is bound to its sender is rejected, since there is
    /// no proof.
    ///
    /// # Errors
    ///
    /// [`Rejection`] as the guard itself would answer a request with this token.
    pub async fn admit<G: TokenGuard>(&self, token: &str) -> Result<G, Rejection> {
        self.admit_at(PathParameters::NONE, token).await
    }

    /// The same for a path, such as that of a [`MatchedPath`](crate::access::MatchedPath).
    ///
    /// # Errors
    ///
    /// As [`admit`](Self::admit).
    pub async fn admit_at<G: TokenGuard>(
        &self,
        path: PathParameters<'_>,
        token: &str,
    ) -> Result<G, Rejection> {
        let rejection = |reason: RejectionReason| self.rejection(reason, const { &G::POLICY });
        let verifier = self.verifier();
        let (verified, is_confirmed) = if const { G::POLICY.needs_fresh() } {
            match verifier.verify_fresh(token).await {
                Err(error) if is_of_another_issuer(verifier, &error) => {
                    (verifier.verify(token).await, false)
                }
                verified => (verified, true),
            }
        } else {
            (verifier.verify(token).await, true)
        };
        let token = verified.map_err(|error| rejection(error.into()))?;
        let limit = match self.admits_now(&token) {
            Throttled::Decided(limit) => limit,
            Throttled::Waiting(limit) => limit.await,
        };
        limit.map_err(|retry_after| rejection(RejectionReason::TooManyRequests { retry_after }))?;
        let input = PolicyInput::new(&token, verifier.now())
            .with_path(path)
            .with_confirmation(is_confirmed)
            .with_clock_tolerance(token.clock_tolerance());
        G::POLICY.decide(&input).map_err(|shortfall| rejection(shortfall.into()))?;
        G::from_token(token).map_err(rejection)
    }
}
