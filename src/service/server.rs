//! HTTP/1.1 server with limits on connections and requests.
//!
//! ```text
//! listener -> acceptor (connection limit) -> connection -> HTTP -> request limits -> application
//!                                                 \___ connection state ___/
//! ```
//!
//! Actix's `HttpServer` has the HTTP parser, the workers and graceful shutdown, which are used here. It
//! lacks what these tests check: `slow_later_head_times_out` (its timeout is for the first head of a
//! connection), `unread_body_times_out`, `client_that_reads_no_responses_is_disconnected`,
//! `idle_connection_makes_room_for_a_new_one` and `excess_connection_gets_503` (it stops accepting)
//! in tests/api/abuse.rs, and `body_is_asked_for_when_a_handler_reads_it` in src/service/server/tests.rs
//! (it answers 100 before the application has seen the request).

mod acceptor;
mod connection;
mod connection_limit;
mod connection_state;
mod early_response;
mod expect_continue;
mod request_body;
mod request_limits;
mod shutdown;
mod stream;
#[cfg(test)]
mod tests;
mod tls;
mod worker_application;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_server::Server;

use self::acceptor::{Acceptor, MAX_EARLY_RESPONSES};
use self::tls::Tls;
use self::worker_application::WorkerApplication;
use super::application::routes;
use super::cors::Cors;
use super::forward_auth::ForwardAuth;
use super::management::Management;
use super::metrics::Metrics;
use super::rate_limit::AddressRateLimit;
use super::settings::Settings;
use super::shutdown_state::ShutdownState;
use super::signals::ReloadSignals;
use super::telemetry::Telemetry;
use super::{reload, verifier_setup};
use crate::ProtectedResource;
use crate::access::RouteTable;

/// Serves the API until a signal stops the process. Requests in progress then finish, within the
/// configured time.
///
/// # Errors
///
/// If an address cannot be bound, the TLS files cannot be used, the server fails, or a second signal
/// stops it at once. The operator is at fault, except for a failure of the server.
pub async fn run(settings: Settings, resource: ProtectedResource) -> io::Result<()> {
    // First, because an unhandled SIGHUP ends the process.
    let reload_signals = ReloadSignals::listen();
    let server = settings.server.clone();
    let listen = server.listen;
    let listener = TcpListener::bind(listen).map_err(|fault| cannot_bind(listen, &fault))?;
    let routes = routes(resource.resource_identifier());
    let table = routes.table();
    let files = Files::read(&settings, &resource)?;
    let cors = Cors::new(&table, settings.cors_origins.iter().cloned());
    let rate_limits = settings.rate_limits.clone();
    let shutdown_state = ShutdownState::default();
    let metrics = server.management.map(|_| match &files.forward_auth {
        Some(policies) => Metrics::with_policy_file(&table, &policies.table(), resource.verifier()),
        None => Metrics::new(&table, resource.verifier()),
    });
    let telemetry = Telemetry::new(&table).access_log(settings.log.access).metrics(metrics.clone());
    let management = server.management.zip(metrics).map(|(address, metrics)| {
        let (state, ready_issuers) = (shutdown_state.clone(), server.ready_issuers);
        Management::bind(address, resource.clone(), metrics, state, ready_issuers)
    });
    let management = management.transpose()?;
    announce(listener.local_addr()?, files.tls.is_some(), &table);
    let management = management.map(Management::start);

    let Files { tls, forward_auth } = files;
    let (acceptor, tls_files) = tls.map(|tls| (tls.acceptor, tls.files)).unzip();
    let mut reloadable = verifier_setup::reloadable_files(&settings, resource.verifier());
    reloadable.extend(tls_files);
    reloadable.extend(forward_auth.as_ref().map(ForwardAuth::file));
    actix_web::rt::spawn(reload::run(reloadable, server.reload_interval, reload_signals));
    let acceptor = Acceptor::new(server.limits, acceptor);
    let builder = Server::build()
        .workers(server.workers.get())
        // The acceptor answers 503 below this limit, at which clients would wait without an answer.
        .max_concurrent_connections(
            server.limits.connections.saturating_add(2 * MAX_EARLY_RESPONSES),
        )
        .shutdown_timeout(server.shutdown_timeout.as_secs())
        .disable_signals();
    let shutdown = builder.graceful_shutdown_signal();
    let shared = settings.sender.shared_memory.as_ref();
    let per_address = AddressRateLimit::new(&rate_limits, shared);
    let application = Arc::new(WorkerApplication {
        settings,
        resource,
        routes,
        forward_auth,
        cors,
        per_address,
        telemetry,
        shutdown_state: shutdown_state.clone(),
    });
    let running = builder
        .listen("api", listener, move || {
            let applications = [(); 2].map(|()| application.build());
            acceptor.clone().http_service(applications, shutdown.clone())
        })?
        .run();
    let ended = shutdown::run_until_stopped(running, shutdown_state, server.shutdown_delay).await;
    // Last, so that probes and metrics show the shutdown.
    if let Some(management) = management {
        management.stop(false).await;
    }
    ended
}

/// The TLS certificate with its key, and the policies, as read from their files.
struct Files {
    tls: Option<Tls>,
    forward_auth: Option<ForwardAuth>,
}

impl Files {
    fn read(settings: &Settings, resource: &ProtectedResource) -> io::Result<Self> {
        let clients = settings.sender.certificates.as_ref();
        let tls = settings.server.tls.clone().map(|tls| Tls::start(tls, clients)).transpose();
        let proxies = &settings.rate_limits.trusted_proxies;
        let forward_auth = settings
            .forward_auth
            .as_ref()
            .map(|settings| ForwardAuth::new(settings, proxies.clone(), resource.clone()))
            .transpose();
        Ok(Self { tls: tls.map_err(unusable)?, forward_auth: forward_auth.map_err(unusable)? })
    }
}

/// Reads the files that [`run`] reads.
///
/// # Errors
///
/// What is wrong with the certificate, its key or the policy file. The operator is at fault.
pub(super) fn check_files(settings: &Settings, resource: &ProtectedResource) -> io::Result<()> {
    Files::read(settings, resource).map(drop)
}

fn unusable(fault: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, fault)
}

/// Logs the bound address, whose port is not the configured one if that is 0.
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
