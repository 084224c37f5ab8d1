//! Request authentication: from credentials to a verified token.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use actix_web::http::uri::PathAndQuery;

use super::policy::Policy;
use super::rejection::{Circumstances, Rejection, RejectionReason, unconfigured};
use super::resource::ProtectedResource;
use crate::sender::{BearerToken, MalformedCredentials, Presentation};
use crate::token::{InvalidToken, VerifiedToken};
use crate::verifier::Pending;

/// The verified token of a request; none if the request has no credentials.
pub(super) type Authenticated = Result<Option<Arc<VerifiedToken>>, RejectionReason>;

/// The authentication of one request, decided at once whenever the held keys suffice.
pub(super) struct Authentication {
    resource: Option<ProtectedResource>,
    state: State,
}

enum State {
    Decided(Option<Authenticated>),
    Waiting(Pin<Box<dyn Future<Output = Authenticated>>>),
}

impl Authentication {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let resource = request.app_data::<ProtectedResource>().cloned();
        let state = match &resource {
            Some(resource) => authenticate(request, resource),
            None => State::decided(Err(unconfigured())),
        };
        Self { resource, state }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Authenticated> {
        let decided = match &mut self.state {
            // Polled after completion, which no executor does: fail closed.
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

    /// Logs a rejection for which the token, or its absence, is not to blame.
    pub(super) fn log(&self, reason: &RejectionReason, issuer: Option<&str>, policy: Policy) {
        if let Some(resource) = &self.resource {
            resource.log(reason, || Circumstances { issuer, policy: Some(policy) });
        }
    }

    pub(super) fn rejection(&self, reason: RejectionReason, policy: Policy) -> Rejection {
        let challenges = self.resource.as_ref().map(|resource| Arc::clone(resource.challenges()));
        Rejection::new(reason, policy, challenges)
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
    let presentation = match presentation(request) {
        Ok(Some(presentation)) => presentation,
        Ok(None) => return State::decided(Ok(None)),
        Err(malformed) => return State::decided(Err(logged(resource, None, malformed.into()))),
    };
    match resource.verifier().check_presentation(&presentation) {
        Ok(verdict) => {
            let rejected =
                |reason: InvalidToken| logged(resource, Some(&presentation), reason.into());
            State::decided(verdict.map(Some).map_err(rejected))
        }
        Err(pending) => {
            State::Waiting(Box::pin(finish(request.clone(), resource.clone(), pending)))
        }
    }
}

async fn finish(
    request: HttpRequest,
    resource: ProtectedResource,
    pending: Pending,
) -> Authenticated {
    let Some(presentation) = presentation(&request)? else { return Ok(None) };
    let verdict = resource.verifier().finish_presentation(&presentation, pending).await;
    verdict.map(Some).map_err(|error| logged(&resource, Some(&presentation), error.into()))
}

/// What the request presents; none if it has no credentials.
fn presentation(request: &HttpRequest) -> Result<Option<Presentation<'_>>, MalformedCredentials> {
    let fields = request.headers().get_all(AUTHORIZATION).map(|value| value.as_bytes());
    let Some(token) = BearerToken::from_fields(fields)? else { return Ok(None) };
    let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    Ok(Some(Presentation::new(token.into(), request.method().as_str(), target)))
}

/// Logs a rejection while the token is available, because only the token names the issuer.
fn logged(
    resource: &ProtectedResource,
    presentation: Option<&Presentation<'_>>,
    reason: RejectionReason,
) -> RejectionReason {
    resource.log(&reason, || Circumstances {
        issuer: presentation.and_then(|presentation| {
            resource.verifier().trusted_issuer(presentation.credentials.token.as_str())
        }),
        policy: None,
    });
    reason
}
