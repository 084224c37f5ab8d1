//! The protected resource: the API in terms of OAuth.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use super::certificate_source::CertificateSource;
use super::resource_identifier::ResourceIdentifier;
use super::token_rate_limit::{Throttled, TokenRateLimit};
use super::token_source::TokenSource;
use crate::access::policy::Policy;
use crate::access::rejection::{
    Challenges, DEFAULT_INTERVAL, DpopChallenge, Realm, Rejection, RejectionBody, RejectionContext,
    RejectionLog, RejectionReason, unconfigured,
};
use crate::token::{CertificateThumbprint, VerifiedToken};
use crate::verifier::Verifier;

/// A protected resource: the verifier of its tokens, its realm and its identifier.
///
/// Put it into the application's data, where every guard finds it. Cheap to clone.
///
/// ```no_run
/// use actix_resource_server::{Claims, ProtectedResource, Routes, verifier::Verifier};
/// use actix_web::{App, HttpServer};
///
/// async fn private(_: Claims) -> &'static str {
///     "for you"
/// }
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let verifier = Verifier::builder()
///         .issuer("https://tenant.eu.auth0.com/")
///         .audience("https://api.example")
///         .start()?;
///     let resource = ProtectedResource::new(verifier);
///     let routes = Routes::new().get("/private", private);
///
///     HttpServer::new(move || App::new().app_data(resource.clone()).service(routes.clone()))
///         .bind(("127.0.0.1", 3010))?
///         .run()
///         .await?;
///     Ok(())
/// }
/// ```
///
/// Without it, guarded routes are answered with 500.
#[derive(Debug, Clone)]
pub struct ProtectedResource(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    verifier: Verifier,
    identifier: Option<ResourceIdentifier>,
    challenges: Arc<Challenges>,
    rejections: Arc<RejectionLog>,
    rate_limit: Option<TokenRateLimit>,
    certificates: Option<CertificateSource>,
    /// None: the header field `Authorization`.
    tokens: Option<TokenSource>,
    body: Option<RejectionBody>,
}

impl ProtectedResource {
    /// A resource whose tokens this verifier verifies, in the realm `api`.
    pub fn new(verifier: Verifier) -> Self {
        let mut challenges = Challenges::new(Realm::default());
        challenges.dpop = DpopChallenge::of(verifier.dpop());
        Self(Arc::new(Inner {
            verifier,
            identifier: None,
            challenges: Arc::new(challenges),
            rejections: Arc::new(RejectionLog::new(DEFAULT_INTERVAL)),
            rate_limit: None,
            certificates: None,
            tokens: None,
            body: None,
        }))
    }

    /// The same resource in another realm.
    #[must_use]
    pub fn realm(mut self, realm: Realm) -> Self {
        Arc::make_mut(&mut Arc::make_mut(&mut self.0).challenges).realm = realm;
        self
    }

    /// The same resource with this identifier: its challenges say where its metadata is (RFC 9728
    /// section 5.1).
    #[must_use]
    pub fn identifier(mut self, identifier: ResourceIdentifier) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        let address = identifier.metadata_address().to_owned();
        Arc::make_mut(&mut inner.challenges).resource_metadata = Some(address);
        inner.identifier = Some(identifier);
        self
    }

    /// The same resource, which logs each reason for a rejection at most once in this interval, with
    /// the number of those not logged. Default: 10 seconds; zero logs every rejection.
    #[must_use]
    pub fn rejection_log_interval(mut self, interval: Duration) -> Self {
        Arc::make_mut(&mut self.0).rejections = Arc::new(RejectionLog::new(interval));
        self
    }

    /// The same resource with a rate limit: every guard asks `judge` about a verified token before the
    /// route's policy decides. An error is how long to wait; the response is 429 with `Retry-After`.
    ///
    /// ```no_run
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use std::time::Duration;
    /// # use actix_resource_server::{ProtectedResource, verifier::Verifier};
    ///
    /// # fn example(verifier: Verifier) {
    /// let left = AtomicU64::new(1_000_000);
    /// let resource = ProtectedResource::new(verifier).rate_limit(move |_token| {
    ///     let take = |left: u64| left.checked_sub(1);
    ///     match left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
    ///         Ok(_) => Ok(()),
    ///         Err(_) => Err(Duration::from_secs(60)),
    ///     }
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn rate_limit(
        mut self,
        judge: impl Fn(&VerifiedToken) -> Result<(), Duration> + Send + Sync + 'static,
    ) -> Self {
        let judge = move |token: &VerifiedToken| Throttled::Decided(judge(token));
        Arc::make_mut(&mut self.0).rate_limit = Some(TokenRateLimit::new(judge));
        self
    }

    /// The same with decisions that may take waiting.
    #[cfg(feature = "service")]
    #[must_use]
    pub(crate) fn throttle_later(
        mut self,
        judge: impl Fn(&VerifiedToken) -> Throttled + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.0).rate_limit = Some(TokenRateLimit::new(judge));
        self
    }

    /// The same resource, which takes the client's certificate from `source`. It is asked only for
    /// tokens that are bound to a certificate (RFC 8705 section 3).
    ///
    /// The source must answer with the thumbprint of a certificate whose key the client has proven to
    /// hold: that of the TLS connection, or one from a header field that a trusted proxy sets.
    #[must_use]
    pub fn client_certificates(
        mut self,
        source: impl Fn(&HttpRequest) -> Option<CertificateThumbprint> + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.0).certificates = Some(CertificateSource::new(source));
        self
    }

    /// The same resource, which takes access tokens from `source` in place of the header field
    /// `Authorization`.
    ///
    /// ```no_run
    /// use actix_resource_server::access::TokenSource;
    /// # use actix_resource_server::{ProtectedResource, verifier::Verifier};
    ///
    /// # fn example(verifier: Verifier) {
    /// let source = TokenSource::cookie("__Host-session", ["https://app.example"]);
    /// let resource = ProtectedResource::new(verifier).token_source(source);
    /// # }
    /// ```
    #[must_use]
    pub fn token_source(mut self, source: TokenSource) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        let challenges = Arc::make_mut(&mut inner.challenges);
        challenges.token_place = Some(source.place());
        inner.tokens = Some(source);
        self
    }

    /// The same resource, whose rejections have a body of the application's own: `make` builds a
    /// response, and the rejection sets its status, its challenges, `Retry-After` and
    /// `Cache-Control`.
    ///
    /// ```no_run
    /// use actix_web::HttpResponse;
    /// # use actix_resource_server::{ProtectedResource, verifier::Verifier};
    ///
    /// # fn example(verifier: Verifier) {
    /// let resource = ProtectedResource::new(verifier).rejection_body(|rejection| {
    ///     HttpResponse::Ok().json(serde_json::json!({"code": rejection.reason().code()}))
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn rejection_body(
        mut self,
        make: impl Fn(&Rejection) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.0).body = Some(RejectionBody::new(make));
        self
    }

    /// The verifier of its tokens.
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// Its identifier, if it has one.
    pub fn resource_identifier(&self) -> Option<&ResourceIdentifier> {
        self.0.identifier.as_ref()
    }

    /// Logs a rejection, unless its reason was logged within the interval.
    pub(in crate::access) fn log<'a>(
        &self,
        reason: &RejectionReason,
        context: impl FnOnce() -> RejectionContext<'a>,
    ) {
        self.0.rejections.log(reason, self.verifier().now(), context);
    }

    /// Applies the rate limit.
    pub(in crate::access) fn admits_now(&self, token: &VerifiedToken) -> Throttled {
        self.0.rate_limit.as_ref().map_or(Throttled::Decided(Ok(())), |limit| limit.judge(token))
    }

    /// Whether tokens that are bound to a client certificate can be accepted.
    #[cfg(feature = "service")]
    pub(crate) fn takes_certificates(&self) -> bool {
        self.0.certificates.is_some()
    }

    /// The client's certificate, if it has proven to hold one.
    pub(in crate::access) fn certificate(
        &self,
        request: &HttpRequest,
    ) -> Option<CertificateThumbprint> {
        self.0.certificates.as_ref()?.of(request)
    }

    pub(crate) fn tokens(&self) -> Option<&TokenSource> {
        self.0.tokens.as_ref()
    }

    /// The rejection of a request, in the words of this resource.
    pub(in crate::access) fn rejection(
        &self,
        reason: RejectionReason,
        policy: &'static Policy,
    ) -> Rejection {
        let challenges = Arc::clone(&self.0.challenges);
        Rejection::new(reason, policy, Some(challenges)).with_body(self.0.body.clone())
    }
}

/// Handlers can extract the resource.
impl FromRequest for ProtectedResource {
    type Error = Rejection;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let resource = request.app_data::<Self>().cloned();
        let missing = || Rejection::new(unconfigured(), &Policy::Public, None);
        ready(resource.ok_or_else(missing))
    }
}
