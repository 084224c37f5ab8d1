//! What operators' tools ask, at an address of their own that callers of the API need not reach.

use std::io;
use std::net::SocketAddr;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::health;
use super::metrics::{CONTENT_TYPE, Metrics};
use super::responses::Responses;
use super::shutdown_state::ShutdownState;
use crate::{ProtectedResource, Public, Routes};

/// The management server, until it is told to stop.
pub(super) struct Management {
    server: Server,
    address: SocketAddr,
}

impl Management {
    /// Listens; nothing is answered before the server is [started](Self::start).
    pub(super) fn bind(
        listen: SocketAddr,
        resource: ProtectedResource,
        metrics: Metrics,
        shutdown_state: ShutdownState,
    ) -> io::Result<Self> {
        let application = move || {
            App::new()
                .app_data(web::Data::new(metrics.clone()))
                .app_data(resource.clone())
                .app_data(shutdown_state.clone())
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

    /// Answers from now on, beside whatever else the system does, until the handle says otherwise.
    pub(super) fn start(self) -> ServerHandle {
        log::info!("metrics and probes on http://{}", self.address);
        if !self.address.ip().is_loopback() {
            log::info!("let nobody but your monitoring reach {}", self.address);
        }
        let handle = self.server.handle();
        actix_web::rt::spawn(self.server);
        handle
    }
}

/// `/metrics`, and the probes a second time: what restarts and what measures the service may share
/// an address that callers never see. They need [`Metrics`] in a
/// [`Data`](actix_web::web::Data) and a [`ProtectedResource`] among the application's data.
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
