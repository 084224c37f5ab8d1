//! The HTTP server around the application.
//!
//! ```text
//! listener -> acceptor (capacity) -> connection -> HTTP -> exchange -> application
//!                                        \___ state ___/
//! ```

mod acceptor;
mod connection;
mod connection_limit;
mod connection_state;
mod early_response;
mod request_body;
mod request_limits;
mod shutdown;
mod signals;
mod stream;
#[cfg(test)]
mod tests;
mod tls;
mod worker_application;

use std::io;
use std::net::{SocketAddr, TcpListener};

use actix_server::Server;

use self::acceptor::{Acceptor, MAX_EARLY_RESPONSES};
use self::tls::Tls;
use self::worker_application::worker_application;
use super::application::routes;
use super::cors::Cors;
use super::management::Management;
use super::metrics::Metrics;
use super::rate_limit::AddressRateLimit;
use super::settings::Settings;
use super::shutdown_state::ShutdownState;
use super::telemetry::Telemetry;
use crate::ProtectedResource;
use crate::access::RouteTable;

/// Serves the API until the process is told to stop; then requests under way finish, within the
/// configured time.
///
/// # Errors
///
/// If the address cannot be bound, the files for TLS are no good, the server fails, or a second signal
/// stops it at once.
pub async fn run(settings: Settings, resource: ProtectedResource) -> io::Result<()> {
    let server = settings.server.clone();
    let listen = server.listen;
    let listener = TcpListener::bind(listen).map_err(|fault| cannot_bind(listen, &fault))?;
    let routes = routes(resource.resource_identifier());
    let table = routes.table();
    let tls = server.tls.map(Tls::start).transpose();
    let tls = tls.map_err(|fault| io::Error::new(io::ErrorKind::InvalidInput, fault))?;
    let cors = Cors::new(&table, settings.cors_origins.iter().cloned());
    let per_address = AddressRateLimit::new(&settings.rate_limits);
    let shutdown_state = ShutdownState::default();
    let metrics = server.management.map(|_| Metrics::new(&table, resource.verifier()));
    let telemetry = Telemetry::new(&table).access_log(settings.log.access).metrics(metrics.clone());
    let management = server.management.zip(metrics).map(|(address, metrics)| {
        Management::bind(address, resource.clone(), metrics, shutdown_state.clone())
    });
    let management = management.transpose()?;
    announce(listener.local_addr()?, tls.is_some(), &table);
    let management = management.map(Management::start);

    let (acceptor, reload) = tls.map(|tls| (tls.acceptor, tls.reload)).unzip();
    if let Some(reload) = reload {
        actix_web::rt::spawn(reload.keep_up());
    }
    let acceptor = Acceptor::new(server.limits, acceptor);
    let builder = Server::build()
        .workers(server.workers.get())
        // The acceptor refuses before this limit, at which clients would wait without an answer.
        .max_concurrent_connections(
            server.limits.connections.saturating_add(2 * MAX_EARLY_RESPONSES),
        )
        .shutdown_timeout(server.shutdown_timeout.as_secs())
        .disable_signals();
    let shutdown = builder.graceful_shutdown_signal();
    let served = shutdown_state.clone();
    let running = builder
        .listen("api", listener, move || {
            let application = worker_application(
                &settings,
                &cors,
                &resource,
                &routes,
                &telemetry,
                &per_address,
                &served,
            );
            acceptor.clone().http_service(application, shutdown.clone())
        })?
        .run();
    let ended = shutdown::run_until_stopped(running, shutdown_state, server.shutdown_delay).await;
    // Last, so that the end can be watched too.
    if let Some(management) = management {
        management.stop(false).await;
    }
    ended
}

/// The address is the one bound, which the configured one does not tell if its port is 0.
fn announce(address: SocketAddr, speaks_tls: bool, table: &RouteTable) {
    let scheme = if speaks_tls { "https" } else { "http" };
    log::info!("serving {} routes on {scheme}://{address}", table.iter().count());
    for entry in table.iter() {
        log::debug!("{} {} is for: {}", entry.method, entry.path, entry.policy);
    }
}

fn cannot_bind(listen: SocketAddr, fault: &io::Error) -> io::Error {
    let text = format!("{listen} cannot be bound: {fault} (HOST and PORT set the address)");
    io::Error::new(fault.kind(), text)
}
