//! Background thread that refreshes the keys of all issuers of a verifier.

use std::io;
use std::sync::Arc;
use std::thread;

use rustls::ClientConfig;
use tokio::sync::watch;

use super::fetcher::Fetcher;
use super::refresher::Refresher;

/// Runs the refreshers on one thread until `stopped` has lost its sender. The HTTP client cannot
/// leave the thread that created it, and the workers' threads are for requests.
///
/// # Errors
///
/// The operating system's error if it does not start a thread.
pub(crate) fn refresh_in_background(
    refreshers: Vec<Refresher>,
    tls: Arc<ClientConfig>,
    mut stopped: watch::Receiver<()>,
) -> io::Result<()> {
    let work = move || {
        let runtime = match actix_rt::Runtime::new() {
            Ok(runtime) => runtime,
            Err(fault) => {
                log::error!("no runtime for refreshing keys: {fault}");
                return;
            }
        };
        runtime.block_on(async move {
            let run = |refresher: Refresher| {
                let fetcher = Fetcher::new(Arc::clone(&tls), refresher.key_refresh());
                actix_rt::spawn(refresher.run(fetcher))
            };
            let tasks: Vec<_> = refreshers.into_iter().map(run).collect();
            // An error is expected: the verifier, which owns the sender, is gone.
            let _ = stopped.changed().await;
            for task in tasks {
                task.abort();
            }
        });
    };
    thread::Builder::new().name("issuer-keys".to_owned()).spawn(work)?;
    Ok(())
}
