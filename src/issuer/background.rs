//! Background thread that refreshes the keys of all issuers of a verifier.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use derive_more::Display;
use rustls::ClientConfig;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use super::fetcher::{Fetch, Fetcher};
use super::guarded_client::GuardedClient;
use super::introspection::IntrospectionWorker;
use super::proxies::Proxies;
use super::refresher::Refresher;

/// Runs the refreshers on one thread until `stopped` has lost its sender. The HTTP client cannot
/// leave the thread that created it, and the workers' threads are for requests.
///
/// # Errors
///
/// The operating system's error if it provides no thread or no event loop.
pub(crate) fn refresh_in_background(
    refreshers: Vec<Refresher>,
    introspection: Option<IntrospectionWorker>,
    tls: Arc<ClientConfig>,
    proxies: Proxies,
    mut further: FurtherRefreshers,
    mut stopped: watch::Receiver<()>,
) -> io::Result<()> {
    let (started, start) = mpsc::channel();
    let work = move || {
        let runtime = match actix_rt::Runtime::new() {
            Ok(runtime) => runtime,
            Err(fault) => {
                // The receiver waits below.
                let _ = started.send(Err(fault));
                return;
            }
        };
        let _ = started.send(Ok(()));
        // The tasks end with the runtime.
        runtime.block_on(async move {
            let client = GuardedClient::new(Arc::clone(&tls), proxies.clone());
            for refresher in refreshers {
                let fetcher = Fetcher::new(client.clone(), refresher.key_refresh());
                actix_rt::spawn(supervise(refresher, fetcher));
            }
            if let Some(worker) = introspection {
                actix_rt::spawn(worker.run(tls, proxies));
            }
            loop {
                tokio::select! {
                    // An error is expected: the verifier, which owns the sender, is gone.
                    _ = stopped.changed() => return,
                    Some((refresher, mut stopped)) = further.0.recv() => {
                        let fetcher = Fetcher::new(client.clone(), refresher.key_refresh());
                        actix_rt::spawn(async move {
                            tokio::select! {
                                () = supervise(refresher, fetcher) => {}
                                _ = stopped.changed() => {}
                            }
                        });
                    }
                }
            }
        });
    };
    thread::Builder::new().name("issuer-keys".to_owned()).spawn(work)?;
    start.recv().map_err(io::Error::other)?
}

/// Refreshers that start later, each with what stops it: the end of a sender.
pub(crate) struct FurtherRefreshers(UnboundedReceiver<(Refresher, watch::Receiver<()>)>);

/// Starts refreshers on the background thread.
#[derive(Clone)]
pub(crate) struct NewRefreshers(UnboundedSender<(Refresher, watch::Receiver<()>)>);

/// The background thread has ended.
#[derive(Debug, Display)]
#[display("the thread that fetches keys has ended")]
pub(crate) struct BackgroundEnded;

impl NewRefreshers {
    pub(crate) fn channel() -> (Self, FurtherRefreshers) {
        let (sender, receiver) = unbounded_channel();
        (Self(sender), FurtherRefreshers(receiver))
    }

    /// Starts a refresher that runs until `stopped` has lost its sender.
    pub(crate) fn start(
        &self,
        refresher: Refresher,
        stopped: watch::Receiver<()>,
    ) -> Result<(), BackgroundEnded> {
        self.0.send((refresher, stopped)).map_err(|_| BackgroundEnded)
    }
}

/// Runs a refresher, and starts it anew whenever it panics.
pub(crate) async fn supervise(refresher: Refresher, fetch: impl Fetch + Clone + 'static) {
    let mut wait = SHORTEST_RESTART;
    loop {
        let task = actix_rt::spawn(refresher.anew().run(fetch.clone()));
        // It ends by a panic alone, unless the runtime ends.
        if !task.await.is_err_and(|fault| fault.is_panic()) {
            return;
        }
        refresher.report_panic();
        tokio::time::sleep(wait).await;
        wait = wait.saturating_mul(2).min(LONGEST_RESTART);
    }
}

const SHORTEST_RESTART: Duration = Duration::from_millis(500);
const LONGEST_RESTART: Duration = Duration::from_secs(60);
