//! Admission: from a verified token to a guard.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::HttpRequest;

use super::authentication::Authentication;
use super::guards::TokenGuard;
use super::rejection::{Rejection, RejectionReason};
use crate::token::{InvalidToken, VerifiedToken};

/// The future of a guard that needs a token.
///
/// It is ready at its first poll, without allocating, whenever the held keys suffice.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct Admission<G>(Authentication, PhantomData<fn() -> G>);

impl<G: TokenGuard> Admission<G> {
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self(Authentication::of(request), PhantomData)
    }
}

impl<G: TokenGuard> Future for Admission<G> {
    type Output = Result<G, Rejection>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let token = ready!(self.0.poll(context));
        let guard = token.and_then(|token| match token {
            Some(token) => admit(&self.0, token),
            None => {
                self.0.log(&RejectionReason::NoCredentials, None, G::POLICY);
                Err(RejectionReason::NoCredentials)
            }
        });
        Poll::Ready(guard.map_err(|reason| self.0.rejection(reason, G::POLICY)))
    }
}

/// Applies the policy, the same value that the route table prints.
pub(super) fn admit<G: TokenGuard>(
    authentication: &Authentication,
    token: Arc<VerifiedToken>,
) -> Result<G, RejectionReason> {
    if G::POLICY.admits(&token) {
        return G::from_token(token)
            .inspect_err(|reason| authentication.log(reason, None, G::POLICY));
    }
    let reason = if G::POLICY.admits_if_bound(&token) {
        RejectionReason::InvalidToken(InvalidToken::NotBound)
    } else {
        RejectionReason::InsufficientScope
    };
    authentication.log(&reason, Some(&token.claims().issuer), G::POLICY);
    Err(reason)
}
