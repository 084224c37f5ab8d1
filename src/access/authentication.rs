//! Request authentication: from credentials, proof and certificate to a verified token.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::http::uri::PathAndQuery;
use actix_web::{HttpMessage, HttpRequest};

use super::policy::Policy;
use super::rejection::{Rejection, RejectionContext, RejectionReason, unconfigured};
use super::resource::{ProtectedResource, Throttled};
use crate::sender::{
    BearerToken, Credentials, DpopMode, Presentation, Proofs, Scheme, check_fields,
};
use crate::token::{InvalidToken, Timestamp, VerifiedToken};
use crate::verifier::{
    Freshness, Pending, PresentationError, SenderCheck, VerificationError, Verifier,
};

/// The verified token of a request; none if the request has no credentials.
pub(super) type Authenticated = Result<Option<Arc<VerifiedToken>>, RejectionReason>;

/// The authentication of one request, decided at once whenever the held keys suffice.
pub(super) struct Authentication {
    resource: Option<ProtectedResource>,
    /// The scheme of the request's credentials; none if there are none or it is ambiguous.
    scheme: Option<Scheme>,
    state: State,
}

enum State {
    Decided(Option<Authenticated>),
    Waiting(Pin<Box<dyn Future<Output = Authenticated>>>),
    /// Authenticated; the rate limit is being asked.
    Limited(Pin<Box<dyn Future<Output = Authenticated>>>),
}

/// A nonce for the response to an admitted request (RFC 9449 section 8.2).
pub(super) struct NextNonce(pub(super) HeaderValue);

/// The token's issuer cannot confirm it, since only another one has introspection.
struct NotConfirmed;

/// Whether the token of a request was confirmed by its issuer, if the policy asks for that.
pub(super) fn is_confirmed(request: &HttpRequest) -> bool {
    !request.extensions().contains::<NotConfirmed>()
}

/// Whether a token cannot be confirmed because its issuer has no introspection, but another one has.
pub(super) fn is_of_another_issuer(verifier: &Verifier, error: &VerificationError) -> bool {
    *error == VerificationError::NoIntrospection && verifier.introspection_status().is_some()
}

impl Authentication {
    /// Authenticates a request to a route with this policy.
    pub(super) fn of(request: &HttpRequest, policy: Policy) -> Self {
        let freshness = if policy.needs_fresh() { Freshness::Now } else { Freshness::Cached };
        let Some(resource) = request.app_data::<ProtectedResource>().cloned() else {
            let state = State::decided(Err(unconfigured()));
            return Self { resource: None, scheme: None, state };
        };
        let (scheme, state) = match credentials(request, &resource) {
            Ok(Some(found)) => {
                (Some(found.scheme), authenticate(request, &resource, found, freshness))
            }
            Ok(None) => (None, State::decided(Ok(None))),
            Err(reason) => {
                let scheme = Scheme::of_fields(authorization(request));
                (scheme, State::decided(Err(logged(&resource, "", reason))))
            }
        };
        Self { resource: Some(resource), scheme, state }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Authenticated> {
        let decided = match &mut self.state {
            // Polled after completion, which no executor does: fail closed.
            State::Decided(decided) => {
                decided.take().unwrap_or(Err(RejectionReason::NoCredentials))
            }
            State::Waiting(waiting) => ready!(waiting.as_mut().poll(context)),
            State::Limited(waiting) => return waiting.as_mut().poll(context),
        };
        if let (Ok(Some(token)), Some(resource)) = (&decided, &self.resource) {
            match resource.admits_now(token) {
                Throttled::Decided(limit) => limit.map_err(too_many)?,
                Throttled::Waiting(limit) => {
                    let wait = async move { limit.await.map_err(too_many).and(decided) };
                    self.state = State::Limited(Box::pin(wait));
                    return self.poll(context);
                }
            }
        }
        Poll::Ready(decided)
    }

    /// Logs a rejection for which the token, or its absence, is not to blame.
    pub(super) fn log(&self, reason: &RejectionReason, issuer: Option<&str>, policy: Policy) {
        if let Some(resource) = &self.resource {
            resource.log(reason, || RejectionContext { issuer, policy: Some(policy) });
        }
    }

    /// The time by the verifier's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.resource.as_ref().map_or_else(Timestamp::now, |resource| resource.verifier().now())
    }

    pub(super) fn rejection(&self, reason: RejectionReason, policy: &'static Policy) -> Rejection {
        match &self.resource {
            Some(resource) => resource.rejection(reason, policy).under(self.scheme),
            None => Rejection::new(reason, policy, None),
        }
    }
}

impl std::fmt::Debug for Authentication {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self.state {
            State::Decided(_) => "Authentication(decided)",
            State::Waiting(_) | State::Limited(_) => "Authentication(waiting)",
        })
    }
}

impl State {
    const fn decided(result: Authenticated) -> Self {
        Self::Decided(Some(result))
    }
}

/// The credentials of a request. Those of a scheme that this resource does not know are none.
fn credentials<'a>(
    request: &'a HttpRequest,
    resource: &ProtectedResource,
) -> Result<Option<Credentials<'a>>, RejectionReason> {
    let fields = authorization(request);
    let dpop = resource.verifier().dpop();
    let credentials = match resource.tokens() {
        Some(source) => source.token(request)?.map(Credentials::from),
        None if dpop.is_on() => Credentials::from_fields(fields)?,
        None => return Ok(BearerToken::from_fields(fields)?.map(Credentials::from)),
    };
    let is_bearer = credentials.is_some_and(|found| found.scheme == Scheme::Bearer);
    if is_bearer && dpop.mode == DpopMode::Required {
        return Err(InvalidToken::ProofRequired.into());
    }
    Ok(credentials)
}

/// Whether the request has a field that may carry credentials, valid or not.
pub(crate) fn has_credentials(request: &HttpRequest) -> bool {
    let source = || request.app_data::<ProtectedResource>().and_then(ProtectedResource::tokens);
    request.headers().contains_key(AUTHORIZATION)
        || source().is_some_and(|source| source.is_in(request))
}

/// The access token of a request, as its guard read it.
pub(crate) fn raw_token(request: &HttpRequest) -> Option<&str> {
    let resource = request.app_data::<ProtectedResource>()?;
    let credentials = credentials(request, resource).ok().flatten()?;
    Some(credentials.token.as_str())
}

fn authorization(request: &HttpRequest) -> impl Iterator<Item = &[u8]> {
    request.headers().get_all(AUTHORIZATION).map(|value| value.as_bytes())
}

/// What the request presents with these credentials, but for the certificate.
fn presentation<'a>(request: &'a HttpRequest, credentials: Credentials<'a>) -> Presentation<'a> {
    const DPOP: HeaderName = HeaderName::from_static("dpop");
    let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let presentation = Presentation::new(credentials, request.method().as_str(), target);
    match credentials.scheme {
        Scheme::Bearer => presentation,
        Scheme::Dpop => {
            let fields = request.headers().get_all(DPOP).map(|value| value.as_bytes());
            presentation.with_proofs(Proofs::from_fields(fields))
        }
    }
}

fn authenticate(
    request: &HttpRequest,
    resource: &ProtectedResource,
    credentials: Credentials<'_>,
    freshness: Freshness,
) -> State {
    let token = credentials.token;
    let presentation = presentation(request, credentials);
    if let Err(reason) = check_fields(&presentation) {
        return State::decided(Err(logged(resource, token.as_str(), reason.into())));
    }
    match resource.verifier().check_bearer_token(token, freshness) {
        Ok(Ok(verified)) => check_sender(request, resource, presentation, verified),
        Ok(Err(reason)) => State::decided(Err(logged(resource, token.as_str(), reason.into()))),
        Err(pending) => {
            let (request, resource) = (request.clone(), resource.clone());
            State::Waiting(Box::pin(wait_for_token(request, resource, pending, freshness)))
        }
    }
}

/// Authenticates a request whose token took waiting for keys or introspection.
async fn wait_for_token(
    request: HttpRequest,
    resource: ProtectedResource,
    pending: Pending,
    freshness: Freshness,
) -> Authenticated {
    let Some(credentials) = credentials(&request, &resource)? else { return Ok(None) };
    let token = credentials.token.as_str();
    let verifier = resource.verifier();
    let mut verified = verifier.finish_for(token, pending, freshness).await;
    if verified.as_ref().is_err_and(|error| is_of_another_issuer(verifier, error)) {
        request.extensions_mut().insert(NotConfirmed);
        verified = match verifier.check_bearer_token(credentials.token, Freshness::Cached) {
            Ok(verdict) => verdict.map_err(Into::into),
            Err(pending) => verifier.finish_for(token, pending, Freshness::Cached).await,
        };
    }
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) => return Err(logged(&resource, token, error.into())),
    };
    let presentation = presentation(&request, credentials);
    match check_sender(&request, &resource, presentation, verified) {
        // Polled once: a decision is taken out once.
        State::Decided(decided) => decided.unwrap_or(Err(RejectionReason::NoCredentials)),
        State::Waiting(waiting) | State::Limited(waiting) => waiting.await,
    }
}

const fn too_many(retry_after: Duration) -> RejectionReason {
    RejectionReason::TooManyRequests { retry_after }
}

/// Checks the sender of a verified token, and keeps the nonce for the response.
fn check_sender(
    request: &HttpRequest,
    resource: &ProtectedResource,
    mut presentation: Presentation<'_>,
    verified: Arc<VerifiedToken>,
) -> State {
    let binding = verified.claims().binding();
    if binding.is_some_and(|binding| binding.certificate.is_some()) {
        presentation.certificate = resource.certificate(request);
    }
    match resource.verifier().check_sender(&presentation, &verified) {
        SenderCheck::Decided(checked) => {
            State::decided(decide(request, resource, verified, checked))
        }
        SenderCheck::Pending(proof) => {
            let (request, resource) = (request.clone(), resource.clone());
            State::Waiting(Box::pin(async move {
                let checked = resource.verifier().finish_sender(&proof).await;
                decide(&request, &resource, verified, checked)
            }))
        }
    }
}

fn decide(
    request: &HttpRequest,
    resource: &ProtectedResource,
    verified: Arc<VerifiedToken>,
    checked: Result<Option<String>, PresentationError>,
) -> Authenticated {
    match checked {
        Ok(None) => Ok(Some(verified)),
        Ok(Some(nonce)) => {
            if let Ok(nonce) = HeaderValue::try_from(nonce) {
                request.extensions_mut().insert(NextNonce(nonce));
            }
            Ok(Some(verified))
        }
        Err(error) => {
            let reason = error.into();
            let issuer = Some(verified.claims().issuer.as_str());
            resource.log(&reason, || RejectionContext { issuer, policy: None });
            Err(reason)
        }
    }
}

/// Logs a rejection while the token is available, because only the token names the issuer.
fn logged(resource: &ProtectedResource, token: &str, reason: RejectionReason) -> RejectionReason {
    resource.log(&reason, || RejectionContext {
        issuer: resource.verifier().trusted_issuer(token),
        policy: None,
    });
    reason
}
