//! The HTTP server around the application.

mod worker_application;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::HttpServer;

use self::worker_application::worker_application;
use super::application::routes;
use super::observation::Observation;
use super::settings::Settings;
use crate::ProtectedResource;
use crate::access::RouteTable;

/// How long a client may take to send the head of a request.
const REQUEST_HEAD_LIMIT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept: longer than the 60 seconds of most proxies in front, so
/// that it is they who close it and no request meets a closed door.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Serves the API until the process is told to stop; then requests under way finish, within the
/// configured time.
///
/// # Errors
///
/// If the address cannot be bound, or the server fails.
pub async fn run(settings: Settings, resource: ProtectedResource) -> io::Result<()> {
    let listen = settings.server.listen;
    let routes = routes(resource.resource_identifier());
    let table = routes.table();
    let workers = settings.server.workers.get();
    let drain = settings.server.shutdown_timeout;
    let observation = match settings.log.access {
        true => Observation::of(&table),
        false => Observation::off(),
    };
    let application = move || worker_application(&settings, &resource, &routes, &observation);
    let server = HttpServer::new(application)
        .workers(workers)
        .client_request_timeout(REQUEST_HEAD_LIMIT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(drain.as_secs())
        .bind(listen)
        .map_err(|fault| cannot_bind(listen, &fault))?;
    for address in server.addrs() {
        announce(address, &table);
    }
    server.run().await
}

/// The address is the one bound, which the configured one does not tell if its port is 0.
fn announce(address: SocketAddr, table: &RouteTable) {
    log::info!("serving {} routes on http://{address}", table.iter().count());
    for entry in table.iter() {
        log::debug!("{} {} is for: {}", entry.method, entry.path, entry.policy);
    }
}

fn cannot_bind(listen: SocketAddr, fault: &io::Error) -> io::Error {
    let text = format!("{listen} cannot be bound: {fault} (HOST and PORT set the address)");
    io::Error::new(fault.kind(), text)
}
