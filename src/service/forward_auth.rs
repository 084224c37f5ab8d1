//! Forward authentication: policies for APIs behind nginx, Traefik, Caddy, HAProxy or Envoy.
//!
//! ```text
//! proxy -> /authorize -> forwarded request -> policy table -> authorization -> identity headers
//! ```

mod backend_headers;
mod forwarded_request;
mod interned;
mod policy_file;
mod policy_text;
mod rule_text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::dev::{ServiceRequest, ServiceResponse, fn_service};
use actix_web::http::header::{ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, HeaderValue, ORIGIN};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use arc_swap::ArcSwap;

use self::backend_headers::BackendHeaders;
use self::forwarded_request::{ForwardedRequest, PATH};
use super::reload::Reloadable;
use super::route_index::PolicyRow;
use super::settings::{ForwardAuthSettings, Network};
use crate::access::TokenSource;
use crate::access::{DPOP_NONCE, PolicyMatch, PolicyTable, RouteTable, authorize, next_nonce};
use crate::{Problem, ProtectedResource};

pub(super) use policy_file::PolicyFileError;

/// Forward authentication by a policy file. Clones share the policies.
#[derive(Clone)]
pub(super) struct ForwardAuth(Arc<Inner>);

struct Inner {
    path: PathBuf,
    policies: ArcSwap<PolicyTable>,
    backend: BackendHeaders,
    proxies: Vec<Network>,
    resource: ProtectedResource,
}

impl ForwardAuth {
    /// Reads the policy file, whose policies this resource must be able to decide. Only these proxies
    /// may ask.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file.
    pub(super) fn new(
        settings: &ForwardAuthSettings,
        proxies: Vec<Network>,
        resource: ProtectedResource,
    ) -> Result<Self, PolicyFileError> {
        let path = settings.policy_file.clone();
        let policies = ArcSwap::from_pointee(read(&path, &resource)?);
        let backend = BackendHeaders::new(&settings.identity_headers, settings.authorization);
        Ok(Self(Arc::new(Inner { path, policies, backend, proxies, resource })))
    }

    /// The policy file, which is replaced as a whole or not at all.
    pub(super) fn file(&self) -> Reloadable {
        let this = self.clone();
        let mut current = std::fs::read(&this.0.path).ok();
        Reloadable::new("FORWARD_AUTH", move || {
            let content = std::fs::read(&this.0.path).ok();
            if content.is_some() && content == current {
                return Ok(false);
            }
            let policies = read(&this.0.path, &this.0.resource);
            let policies = policies.map_err(|fault| fault.to_string())?;
            this.0.policies.store(Arc::new(policies));
            current = content;
            Ok(true)
        })
    }

    /// The table of the file.
    pub(super) fn table(&self) -> RouteTable {
        self.0.policies.load().table()
    }

    /// Adds `/authorize` and all paths below it to the application.
    pub(super) fn configure(&self, config: &mut ServiceConfig) {
        // One by one, since several patterns together are matched by a slow regular expression.
        for pattern in [PATH, "/authorize/{path:.*}"] {
            let this = self.clone();
            let service = fn_service(move |request| this.clone().answer(request));
            config.service(web::service(pattern).finish(service));
        }
    }

    async fn answer(self, mut request: ServiceRequest) -> Result<ServiceResponse, Error> {
        let mut response = match self.forwarded(&request) {
            Ok(ForwardedRequest { method, uri }) => {
                // DPoP proofs name these.
                let head = request.head_mut();
                (head.method, head.uri) = (method, uri);
                self.decide(request.request()).await
            }
            Err((status, detail)) => Problem::of(status).detail(detail).into_response(),
        };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Telemetry reads the error in the response, which into_response would drop.
        Ok(ServiceResponse::new(request.into_parts().0, response))
    }

    fn forwarded(
        &self,
        request: &ServiceRequest,
    ) -> Result<ForwardedRequest, (StatusCode, String)> {
        let peer = request.peer_addr().map(|peer| peer.ip());
        let is_proxy = |peer| self.0.proxies.iter().any(|proxy| proxy.contains(peer));
        if !peer.is_some_and(is_proxy) {
            let detail = "Only TRUSTED_PROXIES may ask here.".to_owned();
            return Err((StatusCode::FORBIDDEN, detail));
        }
        let head = request.head();
        let token_header = self.0.resource.tokens().and_then(TokenSource::header_name);
        let (method, uri, headers) = (&head.method, &head.uri, &head.headers);
        ForwardedRequest::of(method, uri, headers, self.0.backend.prefix(), token_header)
            .map_err(|detail| (StatusCode::BAD_REQUEST, detail))
    }

    async fn decide(&self, request: &HttpRequest) -> HttpResponse {
        let found = self.0.policies.load().find(request.method(), request.uri());
        let Some(found) = found else { return no_policy() };
        let (response, has_token) = self.apply(request, &found).await;
        let row = PolicyRow { path: found.row, has_token };
        request.extensions_mut().insert(row);
        response
    }

    /// The answer, and whether a token was accepted.
    async fn apply(&self, request: &HttpRequest, found: &PolicyMatch) -> (HttpResponse, bool) {
        if found.is_ambiguous {
            return (ambiguous(), false);
        }
        let Some(policy) = found.policy else {
            let response = if is_preflight(request) {
                self.0.backend.admit(request, None)
            } else {
                no_policy()
            };
            return (response, false);
        };
        match authorize(request, policy, found.parameters()).await {
            Ok(token) => {
                let mut response = self.0.backend.admit(request, token.as_deref());
                if let Some(nonce) = next_nonce(request) {
                    response.headers_mut().insert(DPOP_NONCE, nonce);
                }
                (response, token.is_some())
            }
            Err(rejection) => (HttpResponse::from_error(rejection), false),
        }
    }
}

/// Whether a browser asks for permission, without credentials (Fetch standard section 3.2.2).
fn is_preflight(request: &HttpRequest) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn no_policy() -> HttpResponse {
    let problem = Problem::of(StatusCode::FORBIDDEN);
    problem.detail("No policy allows this method and path.").into_response()
}

fn ambiguous() -> HttpResponse {
    let detail = "Only case, or a slash at its end, tells the path from one with another policy, and \
                  some servers ignore both. A row of its own in the policy file would decide.";
    Problem::of(StatusCode::BAD_REQUEST).detail(detail).into_response()
}

/// Reads a policy file for this resource.
fn read(path: &Path, resource: &ProtectedResource) -> Result<PolicyTable, PolicyFileError> {
    let policies = policy_file::read(path)?;
    policies.table().check(resource).map_err(|fault| {
        let problem = format!(
            "the policy of {} has fresh, which asks the issuer about every token, and no issuer has \
             introspection: set INTROSPECTION, INTROSPECTION_CLIENT_ID and the client's credentials, or \
             remove fresh",
            fault.routes.join(", ")
        );
        PolicyFileError::of(path, &problem)
    })?;
    Ok(policies)
}

/// Prints the table of a policy file.
pub(super) fn table(path: &Path) -> Result<RouteTable, PolicyFileError> {
    policy_file::read(path).map(|policies| policies.table())
}
