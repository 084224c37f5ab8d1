//! Introspection worker: makes the calls on the background thread, which owns the HTTP client.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use awc::{Client, Connector};
use rustls::ClientConfig;
use tokio::sync::{mpsc, watch};

use super::Introspection;
use super::call::{Now, call};
use super::fault::IntrospectionFault;
use super::gate::{Change, Gate};
use super::response::Answer;
use crate::issuer::{Clock, IssuerFault, IssuerKeys};

/// Handle of an introspection worker, for requests on any thread.
#[derive(Clone)]
pub(crate) struct Introspector {
    /// How the issuer is asked.
    pub(crate) settings: Arc<Introspection>,
    /// Whether it may be asked.
    pub(crate) gate: Arc<Gate>,
    jobs: mpsc::UnboundedSender<Job>,
}

/// The worker, before it is moved to the background thread.
pub(crate) struct IntrospectionWorker {
    issuer: Arc<IssuerKeys>,
    settings: Arc<Introspection>,
    gate: Arc<Gate>,
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
        let handle =
            Self { settings: Arc::clone(&settings), gate: Arc::clone(&gate), jobs: sender };
        (handle, IntrospectionWorker { issuer, settings, gate, clock, jobs: receiver })
    }

    /// Starts a call. The gate must have been entered. The call goes on if the caller goes away.
    pub(crate) fn start(&self, token: &str) -> watch::Receiver<Flight> {
        let (result, receiver) = watch::channel(None);
        // Without a worker the job is dropped, and the receiver learns of it.
        let _ = self.jobs.send(Job { token: token.to_owned(), result });
        receiver
    }
}

/// Hides the tokens in the queue.
impl fmt::Debug for Introspector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Introspector").field("gate", &self.gate).finish_non_exhaustive()
    }
}

impl IntrospectionWorker {
    /// Makes calls until every handle is gone. Calls run concurrently: the rate limit and the deadline
    /// bound their number.
    pub(in crate::issuer) async fn run(self, tls: Arc<ClientConfig>) {
        let Self { issuer, settings, gate, clock, mut jobs } = self;
        let limit = settings.deadline;
        let connector = Connector::new().timeout(limit).rustls_0_23(tls);
        let client =
            Client::builder().connector(connector).timeout(limit).disable_redirects().finish();
        let shared = Rc::new((client, issuer, settings, gate, clock));
        while let Some(Job { token, result: flight }) = jobs.recv().await {
            let shared = Rc::clone(&shared);
            actix_rt::spawn(async move {
                let (client, issuer, settings, gate, clock) = &*shared;
                let started = clock.monotonic();
                let now = Now { wall: clock.now(), monotonic: started };
                let calling = call(client, settings, issuer, &token, now);
                let result = tokio::time::timeout(settings.deadline, calling).await;
                let result = result.unwrap_or_else(|_| {
                    let address = issuer.identifier.to_string();
                    let limit = settings.deadline;
                    Err(IssuerFault::TimedOut { address, limit, tried: String::new() }.into())
                });
                let now = clock.monotonic();
                let recorded = result.as_ref().map(Answer::is_active);
                log(gate.record(recorded, now, now.since(started)), issuer, &result);
                // All requests may be gone; the result is recorded in any case.
                let _ = flight.send(Some(result.map(Arc::new).map_err(Arc::new)));
            });
        }
    }
}

fn log(change: Option<Change>, issuer: &IssuerKeys, result: &Result<Answer, IntrospectionFault>) {
    let issuer = &issuer.identifier;
    match (change, result) {
        (Some(Change::ClientRejected), Err(fault)) => log::error!("issuer {issuer}: {fault}"),
        (Some(Change::Opened), Err(fault)) => {
            log::warn!("issuer {issuer}: introspection fails and pauses: {fault}");
        }
        (Some(Change::Recovered), _) => log::info!("issuer {issuer}: introspection works again"),
        (_, Err(fault)) => log::debug!("issuer {issuer}: introspection failed: {fault}"),
        _ => {}
    }
}
