//! ShutdownState in an order in which no request is lost.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use actix_server::Server;
use tokio::select;
use tokio::time::sleep;

use super::super::shutdown_state::ShutdownState;
use super::signals::{Signal, Signals};

/// How long workers have to take up the connections that were accepted last.
const HANDING_OVER: Duration = Duration::from_millis(100);

/// Runs the server until a signal says stop, and then:
///
/// 1. `/readyz` says 503, and each answer closes its connection. After SIGTERM it goes on like that
///    for the configured delay, so that whatever is in front sends its requests elsewhere.
/// 2. No connection is accepted any more; those accepted get to their workers.
/// 3. Idle connections are closed, and requests under way finish, within the server's own limit.
///
/// Another signal ends all that at once.
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
    log::info!("{first}: not ready any more");
    shutdown_state.begin();
    let orderly = async {
        match first {
            Signal::Terminate => sleep(delay).await,
            Signal::Interrupt => {}
            Signal::Quit => return handle.stop(false).await,
        }
        log::info!("no new connections; requests under way may finish");
        handle.pause().await;
        sleep(HANDING_OVER).await;
        handle.stop(true).await;
    };
    select! {
        result = with(server, orderly) => result.inspect(|()| log::info!("stopped")),
        second = signals.next() => {
            let text = format!("{second}, again: stopped at once, whatever was under way");
            Err(io::Error::new(io::ErrorKind::Interrupted, text))
        }
    }
}

/// The server's end, while the order to end is given.
async fn with(
    server: impl Future<Output = io::Result<()>>,
    order: impl Future<Output = ()>,
) -> io::Result<()> {
    let (result, ()) = tokio::join!(server, order);
    result
}
