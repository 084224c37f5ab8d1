//! From a request to a guard: credentials, token, policy.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::guard::{Guard, TokenGuard};
use super::maybe::Maybe;
use super::protected_resource::ProtectedResource;
use super::rejection::{Rejection, RejectionReason};
use super::rejection_log::{Circumstances, unconfigured};
use crate::sender::BearerToken;
use crate::token::{InvalidToken, VerifiedToken};

/// The future of a guard that needs a token.
///
/// It is ready at its first poll, and holds no box, whenever the keys at hand decide.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct Admission<G>(Authentication, PhantomData<fn() -> G>);

/// The future of [`Maybe`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct OptionalAdmission<G>(Authentication, PhantomData<fn() -> G>);

impl<G: TokenGuard> Admission<G> {
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self(Authentication::of(request), PhantomData)
    }
}

impl<G: TokenGuard> OptionalAdmission<G> {
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self(Authentication::of(request), PhantomData)
    }
}

impl<G: TokenGuard> Future for Admission<G> {
    type Output = Result<G, Rejection>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let token = ready!(self.0.poll(context));
        let guard = token.and_then(|token| match token {
            Some(token) => self.0.admit(token),
            None => Err(self.0.noted::<G>(RejectionReason::NoCredentials)),
        });
        Poll::Ready(guard.map_err(|reason| self.0.rejection::<G>(reason)))
    }
}

impl<G: TokenGuard> Future for OptionalAdmission<G> {
    type Output = Result<Maybe<G>, Rejection>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let token = ready!(self.0.poll(context));
        let guard = token.and_then(|token| token.map(|token| self.0.admit(token)).transpose());
        Poll::Ready(guard.map(Maybe::new).map_err(|reason| self.0.rejection::<G>(reason)))
    }
}

/// The token of a request, if it has one.
type Authenticated = Result<Option<Arc<VerifiedToken>>, RejectionReason>;

struct Authentication {
    resource: Option<ProtectedResource>,
    state: State,
}

enum State {
    Decided(Option<Authenticated>),
    Waiting(Pin<Box<dyn Future<Output = Authenticated>>>),
}

impl Authentication {
    fn of(request: &HttpRequest) -> Self {
        let resource = request.app_data::<ProtectedResource>().cloned();
        let state = match &resource {
            Some(resource) => authenticate(request, resource),
            None => State::decided(Err(unconfigured())),
        };
        Self { resource, state }
    }

    /// The policy decides, and it is the very value that the route table prints.
    fn admit<G: TokenGuard>(&self, token: Arc<VerifiedToken>) -> Result<G, RejectionReason> {
        if G::POLICY.admits(&token) {
            return G::from_token(token).map_err(|reason| self.noted::<G>(reason));
        }
        let reason = RejectionReason::InsufficientScope;
        if let Some(resource) = &self.resource {
            let issuer = Some(token.claims().issuer.as_str());
            resource.note(&reason, || Circumstances { issuer, policy: Some(G::POLICY) });
        }
        Err(reason)
    }

    fn noted<G: Guard>(&self, reason: RejectionReason) -> RejectionReason {
        if let Some(resource) = &self.resource {
            resource.note(&reason, || Circumstances { issuer: None, policy: Some(G::POLICY) });
        }
        reason
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Authenticated> {
        let decided = match &mut self.state {
            // Polled after it was done, which no executor does: stay shut.
            State::Decided(decided) => {
                decided.take().unwrap_or(Err(RejectionReason::NoCredentials))
            }
            State::Waiting(waiting) => ready!(waiting.as_mut().poll(context)),
        };
        if let (Ok(Some(token)), Some(resource)) = (&decided, &self.resource) {
            resource.admits_now(token)?;
        }
        Poll::Ready(decided)
    }

    fn rejection<G: Guard>(&self, reason: RejectionReason) -> Rejection {
        Rejection::new(reason, G::POLICY, self.resource.clone())
    }
}

impl std::fmt::Debug for Authentication {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self.state {
            State::Decided(_) => "Authentication(decided)",
            State::Waiting(_) => "Authentication(waiting for keys)",
        })
    }
}

impl State {
    const fn decided(result: Authenticated) -> Self {
        Self::Decided(Some(result))
    }
}

fn authenticate(request: &HttpRequest, resource: &ProtectedResource) -> State {
    let fields = request.headers().get_all(AUTHORIZATION).map(|value| value.as_bytes());
    let token = match BearerToken::from_fields(fields) {
        Ok(Some(token)) => token.as_str(),
        Ok(None) => return State::decided(Ok(None)),
        Err(malformed) => return State::decided(Err(refused(resource, "", malformed.into()))),
    };
    match resource.verifier().check(token) {
        Ok(verdict) => {
            let refused = |refusal: InvalidToken| refused(resource, token, refusal.into());
            State::decided(verdict.map(Some).map_err(refused))
        }
        Err(waiting) => {
            let (resource, token) = (resource.clone(), token.to_owned());
            State::Waiting(Box::pin(async move {
                let verdict = resource.verifier().finish(&token, waiting).await;
                verdict.map(Some).map_err(|error| refused(&resource, &token, error.into()))
            }))
        }
    }
}

/// Notes a refusal while the token is at hand, because only the token names the issuer.
fn refused(resource: &ProtectedResource, token: &str, reason: RejectionReason) -> RejectionReason {
    resource.note(&reason, || Circumstances {
        issuer: resource.verifier().trusted_issuer(token),
        policy: None,
    });
    reason
}
