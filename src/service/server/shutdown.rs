//! Graceful shutdown that loses no request.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use actix_server::Server;
use tokio::select;
use tokio::time::sleep;

use crate::service::shutdown_state::ShutdownState;
use crate::service::signals::{Signal, Signals};

/// Time for workers to receive the connections that were accepted last.
const HANDOVER: Duration = Duration::from_millis(100);

/// Runs the server until a signal stops it, and then:
///
/// 1. `/readyz` answers 503, and each response closes its connection. After SIGTERM this lasts for the
///    shutdown delay, so that load balancers send requests elsewhere.
/// 2. The server stops accepting; connections accepted before reach their workers.
/// 3. Idle connections are closed, and requests in progress finish, within the shutdown timeout.
///
/// A second signal stops the server at once.
pub(super) async fn run_until_stopped(
    server: Server,
    shutdown_state: ShutdownState,
    delay: Duration,
) -> io::Result<()> {
    let mut signals = Signals::listen()?;
    let handle = server.handle();
    let mut server = pin!(server);
    let first = select! {
        result = &mut server => return result,
        signal = signals.next() => signal,
    };
    log::info!("{first}: shutting down, not ready");
    shutdown_state.begin();
    let orderly = async {
        match first {
            Signal::Terminate => sleep(delay).await,
            Signal::Interrupt => {}
            Signal::Quit => return handle.stop(false).await,
        }
        log::info!("no new connections; requests in progress may finish");
        handle.pause().await;
        sleep(HANDOVER).await;
        handle.stop(true).await;
    };
    select! {
        result = with(server, orderly) => result.inspect(|()| log::info!("stopped")),
        second = signals.next() => {
            let text = format!("{second} during shutdown: stopped at once, with requests in progress");
            Err(io::Error::new(io::ErrorKind::Interrupted, text))
        }
    }
}

/// Drives the server until it has ended, while the order to stop is given.
async fn with(
    server: impl Future<Output = io::Result<()>>,
    order: impl Future<Output = ()>,
) -> io::Result<()> {
    let (result, ()) = tokio::join!(server, order);
    result
}
