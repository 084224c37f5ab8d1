//! Prometheus metrics.
//!
//! ```text
//! telemetry -> worker counters (one set per worker) \
//!                                          verifier ---> exposition -> /metrics
//! ```
//!
//! Label values are configured or declared: route patterns, issuers, fixed codes. No request can
//! create a new series.

mod cache;
mod exposition;
mod introspection;
mod issuers;
mod proofs;
mod requests;
mod worker_counters;

use std::fmt;
use std::sync::{Arc, PoisonError};

use prometheus_client::registry::Registry;

use self::cache::Cache;
use self::introspection::Introspection;
use self::issuers::Issuers;
use self::proofs::Proofs;
use self::requests::Requests;
pub(super) use self::worker_counters::WorkerCounters;
use self::worker_counters::Workers;
use super::route_index::RouteIndex;
use crate::access::RouteTable;
use crate::verifier::Verifier;

pub(super) use exposition::CONTENT_TYPE;

/// The metrics of the service. Clones are cheap and share the counters.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    routes: Arc<RouteIndex>,
    workers: Workers,
    registry: Registry,
}

impl Metrics {
    /// Metrics of the requests to these routes, and of the issuers, keys and cache of this verifier.
    pub fn new(table: &RouteTable, verifier: &Verifier) -> Self {
        Self::with_routes(RouteIndex::new(table), verifier)
    }

    /// As [`new`](Self::new), and of the requests that a policy file decides about.
    pub(super) fn with_policy_file(
        table: &RouteTable,
        policies: &RouteTable,
        verifier: &Verifier,
    ) -> Self {
        Self::with_routes(RouteIndex::new(table).with_rows(policies), verifier)
    }

    fn with_routes(routes: RouteIndex, verifier: &Verifier) -> Self {
        let routes = Arc::new(routes);
        let workers = Workers::default();
        let mut registry = Registry::default();
        exposition::register_process(&mut registry);
        let requests = Requests { routes: Arc::clone(&routes), workers: Arc::clone(&workers) };
        registry.register_collector(Box::new(requests));
        registry.register_collector(Box::new(Issuers(verifier.clone())));
        registry.register_collector(Box::new(Cache(verifier.clone())));
        registry.register_collector(Box::new(Introspection(verifier.clone())));
        registry.register_collector(Box::new(Proofs(verifier.clone())));
        Self(Arc::new(Inner { routes, workers, registry }))
    }

    /// All metrics in the Prometheus text format.
    ///
    /// # Errors
    ///
    /// Never: writing to a string cannot fail.
    pub fn exposition(&self) -> Result<String, fmt::Error> {
        exposition::encode(&self.0.registry)
    }

    pub(super) fn routes(&self) -> &Arc<RouteIndex> {
        &self.0.routes
    }

    /// Adds the counters of a new worker.
    pub(super) fn worker(&self) -> Arc<WorkerCounters> {
        let counters = Arc::new(WorkerCounters::new(self.0.routes.len()));
        let mut workers = self.0.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.push(Arc::clone(&counters));
        counters
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Metrics")
            .field("registry", &self.0.registry)
            .finish_non_exhaustive()
    }
}
