//! The HTTP server around the application.

use std::io;
use std::time::Duration;

use actix_web::middleware::Condition;
use actix_web::{App, HttpServer};

use super::application::{configure, cors, routes};
use super::responses::Responses;
use super::settings::Settings;
use crate::ProtectedResource;

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
    log::info!("serving {} routes on http://{listen}", routes.table().iter().count());
    for entry in routes.table().iter() {
        log::debug!("{} {} is for: {}", entry.method, entry.path, entry.policy);
    }
    let workers = settings.server.workers.get();
    let drain = settings.server.shutdown_timeout;
    HttpServer::new(move || {
        let origins = settings.cors_origins.iter().map(ToString::to_string);
        App::new()
            .configure(|config| configure(config, &resource, &routes))
            .wrap(Condition::new(!settings.cors_origins.is_empty(), cors(origins)))
            .wrap(Responses)
    })
    .workers(workers)
    .client_request_timeout(REQUEST_HEAD_LIMIT)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(drain.as_secs())
    .bind(listen)
    .map_err(|fault| {
        let text = format!("{listen} cannot be bound: {fault} (HOST and PORT set the address)");
        io::Error::new(fault.kind(), text)
    })?
    .run()
    .await
}
