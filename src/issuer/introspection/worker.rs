//! Introspection worker: makes the calls on the background thread, which owns the HTTP client.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::sync::{mpsc, watch};

use super::Introspection;
use super::call::{Now, call};
use super::client::ClientAuthentication;
use super::fault::IntrospectionFault;
use super::gate::{Change, Gate};
use super::response::Answer;
use super::transport::{SharedCredentials, Transport};
use crate::issuer::proxies::Proxies;
use crate::issuer::{Clock, IssuerKeys};
use crate::token::MonotonicTime;

/// Handle of an introspection worker, for requests on any thread.
#[derive(Clone, derive_more::Debug)]
pub(crate) struct Introspector {
    /// How the issuer is asked.
    #[debug(skip)]
    pub(crate) settings: Arc<Introspection>,
    /// Whether it may be asked.
    pub(crate) gate: Arc<Gate>,
    #[debug(skip)]
    credentials: Arc<SharedCredentials>,
    /// The calls to be made, with their tokens.
    #[debug(skip)]
    jobs: mpsc::UnboundedSender<Job>,
}

/// The worker, before it is moved to the background thread.
pub(crate) struct IntrospectionWorker {
    issuer: Arc<IssuerKeys>,
    settings: Arc<Introspection>,
    gate: Arc<Gate>,
    credentials: Arc<SharedCredentials>,
    clock: Arc<dyn Clock>,
    jobs: mpsc::UnboundedReceiver<Job>,
}

/// The result of a call; `None` while it is under way.
pub(crate) type Flight = Option<Result<Arc<Answer>, Arc<IntrospectionFault>>>;

struct Job {
    token: String,
    result: watch::Sender<Flight>,
}

impl Introspector {
    /// A handle and its worker.
    pub(crate) fn new(
        issuer: Arc<IssuerKeys>,
        settings: Introspection,
        clock: Arc<dyn Clock>,
    ) -> (Self, IntrospectionWorker) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let settings = Arc::new(settings);
        let gate = Arc::new(Gate::new(settings.rate));
        let credentials =
            Arc::new(SharedCredentials::from_pointee(settings.client.authentication.clone()));
        let handle = Self {
            settings: Arc::clone(&settings),
            gate: Arc::clone(&gate),
            credentials: Arc::clone(&credentials),
            jobs: sender,
        };
        let worker =
            IntrospectionWorker { issuer, settings, gate, credentials, clock, jobs: receiver };
        (handle, worker)
    }

    /// Uses these credentials from now on. The issuer is asked again at once, even if it rejected the
    /// ones before.
    pub(crate) fn replace_credentials(&self, credentials: ClientAuthentication) {
        self.credentials.store(Arc::new(credentials));
        self.gate.forget_failures();
    }

    /// Starts a call. The gate must have been entered. The call goes on if the caller goes away.
    pub(crate) fn start(&self, token: &str) -> watch::Receiver<Flight> {
        let (result, receiver) = watch::channel(None);
        // Without a worker the job is dropped, and the receiver learns of it.
        let _ = self.jobs.send(Job { token: token.to_owned(), result });
        receiver
    }
}

/// How long after rejected credentials the issuer is asked again without a request. A server that is
/// not ready gets no requests that would notice that its credentials are accepted again.
const RETRY_AFTER_REJECTION: Duration = Duration::from_secs(15);

impl IntrospectionWorker {
    /// Makes calls until every handle is gone. Calls run concurrently: the rate limit and the deadline
    /// bound their number.
    pub(in crate::issuer) async fn run(self, tls: Arc<ClientConfig>, proxies: Proxies) {
        let Self { issuer, settings, gate, credentials, clock, mut jobs } = self;
        let transport = Transport::new(tls, proxies, credentials);
        let is_retrying = Cell::new(false);
        let accepted_at = Cell::new(None);
        let calls =
            Rc::new(Calls { transport, issuer, settings, gate, clock, is_retrying, accepted_at });
        while let Some(Job { token, result: flight }) = jobs.recv().await {
            let calls = Rc::clone(&calls);
            actix_rt::spawn(async move {
                let result = calls.call(&token).await;
                // All requests may be gone; the result is recorded in any case.
                let _ = flight.send(Some(result.map(Arc::new).map_err(Arc::new)));
                calls.retry_while_rejected().await;
            });
        }
    }
}

/// A call that a test answers in place of the issuer.
#[cfg(test)]
pub(crate) struct TestCall {
    pub(crate) token: String,
    result: watch::Sender<Flight>,
}

#[cfg(test)]
impl IntrospectionWorker {
    /// The next call, if one has been started.
    pub(crate) fn next_call(&mut self) -> Option<TestCall> {
        self.jobs.try_recv().ok().map(|Job { token, result }| TestCall { token, result })
    }

    /// Ends a call with this result.
    pub(crate) fn end_call(&self, call: &TestCall, result: Result<Answer, IntrospectionFault>) {
        let recorded = result.as_ref().map(Answer::is_active);
        self.gate.record(recorded, self.clock.monotonic(), Duration::ZERO);
        let _ = call.result.send(Some(result.map(Arc::new).map_err(Arc::new)));
    }
}

/// What calls share.
struct Calls {
    transport: Transport,
    issuer: Arc<IssuerKeys>,
    settings: Arc<Introspection>,
    gate: Arc<Gate>,
    clock: Arc<dyn Clock>,
    /// Whether a task waits to ask again after rejected credentials.
    is_retrying: Cell<bool>,
    /// When the issuer last rejected the request about one token, and not this server.
    accepted_at: Cell<Option<MonotonicTime>>,
}

/// A token that no issuer has a reason to reject the request about.
const MADE_UP: &str = "made-up";

/// How long the issuer is believed not to reject this server, so that tokens which a firewall rejects do
/// not double the calls.
const ACCEPTED_FOR: Duration = Duration::from_secs(1);

impl Calls {
    /// Asks the issuer, and records the result.
    async fn call(&self, token: &str) -> Result<Answer, IntrospectionFault> {
        let started = self.clock.monotonic();
        let now = Now { wall: self.clock.now(), monotonic: started };
        let mut result = self.ask(token, now).await;
        if let Err(IntrospectionFault::ClientRejected { status }) = result
            && token != MADE_UP
            && !self.gate.rejects_client()
        {
            // A firewall before the issuer may answer 403 to what a token looks like.
            let fault = self.check_client(now).await.err();
            result = Err(fault.unwrap_or(IntrospectionFault::RequestRejected { status }));
        }
        let now = self.clock.monotonic();
        let recorded = result.as_ref().map(Answer::is_active);
        log(self.gate.record(recorded, now, now.since(started)), &self.issuer, &result);
        result
    }

    async fn ask(&self, token: &str, now: Now) -> Result<Answer, IntrospectionFault> {
        call(&self.transport, &self.settings, &self.issuer, token, now).await
    }

    /// Whether the issuer answers about another token, so that it does not reject this server; otherwise
    /// why it does not answer, which leaves open whether it would.
    async fn check_client(&self, now: Now) -> Result<(), IntrospectionFault> {
        use IntrospectionFault::{Malformed, NoActive, RequestRejected, Signed};
        let is_recent = |at: MonotonicTime| now.monotonic.since(at) < ACCEPTED_FOR;
        if self.accepted_at.get().is_some_and(is_recent) {
            return Ok(());
        }
        let accepted = match self.ask(MADE_UP, now).await {
            Ok(_) | Err(RequestRejected { .. } | Malformed(_) | NoActive | Signed(_)) => Ok(()),
            Err(fault) => Err(fault),
        };
        self.accepted_at.set(accepted.is_ok().then_some(now.monotonic));
        accepted
    }

    /// Asks about a made-up token at intervals until the credentials are no longer rejected.
    async fn retry_while_rejected(&self) {
        if !self.gate.rejects_client() || self.is_retrying.replace(true) {
            return;
        }
        while self.gate.rejects_client() {
            let next = self.clock.monotonic().plus(RETRY_AFTER_REJECTION);
            self.clock.sleep_until(next).await;
            if self.gate.rejects_client() {
                let _ = self.call(MADE_UP).await;
            }
        }
        self.is_retrying.set(false);
    }
}

fn log(change: Option<Change>, issuer: &IssuerKeys, result: &Result<Answer, IntrospectionFault>) {
    let issuer = &issuer.identifier;
    match (change, result) {
        (Some(Change::ClientRejected), Err(fault)) => log::error!("issuer {issuer}: {fault}"),
        (Some(Change::Opened), Err(fault)) => {
            log::warn!("issuer {issuer}: introspection fails and pauses: {fault}");
        }
        (Some(Change::RequestRejected), Err(fault)) => log::warn!("issuer {issuer}: {fault}"),
        (Some(Change::Recovered), _) => log::info!("issuer {issuer}: introspection works again"),
        (_, Err(fault)) => log::debug!("issuer {issuer}: introspection failed: {fault}"),
        _ => {}
    }
}
