//! Management server: metrics and probes on a separate address, out of reach of the API's callers.

use std::io;
use std::net::SocketAddr;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::health::{self, ReadyIssuers};
use super::metrics::{CONTENT_TYPE, Metrics};
use super::responses::Responses;
use super::shutdown_state::ShutdownState;
use crate::{ProtectedResource, Public, Routes};

/// The management server.
pub(super) struct Management {
    server: Server,
    address: SocketAddr,
}

impl Management {
    /// Binds the address. The server answers once it is [started](Self::start).
    pub(super) fn bind(
        listen: SocketAddr,
        resource: ProtectedResource,
        metrics: Metrics,
        shutdown_state: ShutdownState,
        ready_issuers: ReadyIssuers,
    ) -> io::Result<Self> {
        let application = move || {
            App::new()
                .app_data(web::Data::new(metrics.clone()))
                .app_data(resource.clone())
                .app_data(shutdown_state.clone())
                .app_data(ready_issuers)
                .service(routes())
                .wrap(Responses)
        };
        let server = HttpServer::new(application).workers(1).disable_signals().shutdown_timeout(1);
        let server = server.bind(listen).map_err(|fault| {
            let text = format!(
                "{listen} cannot be bound: {fault} (MANAGEMENT_ADDR sets the address of metrics and \
                 probes; off is none)"
            );
            io::Error::new(fault.kind(), text)
        })?;
        let address = server.addrs().first().copied().unwrap_or(listen);
        Ok(Self { server: server.run(), address })
    }

    /// Runs the server as a task of its own, until it is stopped by the handle.
    pub(super) fn start(self) -> ServerHandle {
        log::info!("metrics and probes on http://{}", self.address);
        if !self.address.ip().is_loopback() {
            log::info!("{} must be reachable for monitoring only", self.address);
        }
        let handle = self.server.handle();
        actix_web::rt::spawn(self.server);
        handle
    }
}

/// The routes `/metrics`, `/healthz` and `/readyz`. They require [`Metrics`] in
/// [`Data`](actix_web::web::Data) and a [`ProtectedResource`] in the application's data.
pub fn routes() -> Routes {
    health::routes().get("/metrics", metrics)
}

async fn metrics(_: Public, metrics: web::Data<Metrics>) -> HttpResponse {
    match metrics.exposition() {
        Ok(text) => HttpResponse::Ok()
            .content_type(CONTENT_TYPE)
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
