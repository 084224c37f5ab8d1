//! HTTP server of a test issuer, on a thread of its own.

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::{io, thread};

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer};

use super::endpoints;
use super::extra_endpoints::ExtraEndpoints;
use super::issuer_state::IssuerState;
use super::request_guard::guard_request;

/// The running server.
#[derive(Debug)]
pub(super) struct Running {
    handle: ServerHandle,
    thread: thread::JoinHandle<()>,
}

impl Running {
    /// Stops the server and waits for its end.
    pub(super) fn stop(self) {
        // The server is told to stop when the future is created; awaiting it only waits for the end.
        drop(self.handle.stop(false));
        // A panicked server has stopped too.
        let _ = self.thread.join();
    }
}

/// Starts the server.
pub(super) fn serve(
    state: &Arc<IssuerState>,
    extra_endpoints: &ExtraEndpoints,
    listener: TcpListener,
) -> io::Result<Running> {
    let (started, start) = mpsc::channel();
    let (state, extra_endpoints) = (Arc::clone(state), extra_endpoints.clone());
    let work = move || {
        let served = actix_rt::System::new().block_on(async move {
            let factory = move || {
                App::new()
                    .wrap(from_fn(guard_request))
                    .configure(|config| endpoints::configure(config, &state))
                    .configure(|config| extra_endpoints.configure(config))
            };
            let server = HttpServer::new(factory)
                .workers(1)
                .disable_signals()
                .shutdown_timeout(0)
                .listen(listener)?
                .run();
            // If the server cannot start, the sender is dropped, which the receiver detects.
            let _ = started.send(server.handle());
            server.await
        });
        if let Err(fault) = served {
            log::error!("the test issuer failed: {fault}");
        }
    };
    let thread = thread::Builder::new().name("test-issuer".to_owned()).spawn(work)?;
    let handle = start.recv().map_err(io::Error::other)?;
    Ok(Running { handle, thread })
}
