//! Background thread that refreshes the keys of all issuers of a verifier.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustls::ClientConfig;
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
            let client = GuardedClient::new(Arc::clone(&tls), proxies);
            for refresher in refreshers {
                let fetcher = Fetcher::new(client.clone(), refresher.key_refresh());
                actix_rt::spawn(supervise(refresher, fetcher));
            }
            if let Some(worker) = introspection {
                actix_rt::spawn(worker.run(tls));
            }
            // An error is expected: the verifier, which owns the sender, is gone.
            let _ = stopped.changed().await;
        });
    };
    thread::Builder::new().name("issuer-keys".to_owned()).spawn(work)?;
    start.recv().map_err(io::Error::other)?
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
        refresher.has_panicked();
        tokio::time::sleep(wait).await;
        wait = wait.saturating_mul(2).min(LONGEST_RESTART);
    }
}

const SHORTEST_RESTART: Duration = Duration::from_millis(500);
const LONGEST_RESTART: Duration = Duration::from_secs(60);
