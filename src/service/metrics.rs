//! What the service counts, for Prometheus.
//!
//! ```text
//! telemetry -> worker counts (one set for each worker) \
//!                                             verifier ---> exposition -> /metrics
//! ```
//!
//! Labels hold only what was configured or declared: patterns of routes, names of issuers, words of
//! ours. No request can add a series that the program did not know of.

mod cache;
mod exposition;
mod issuers;
mod requests;
mod worker_counters;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::registry::Registry;

use self::cache::Cache;
use self::issuers::Issuers;
use self::requests::Requests;
pub(super) use self::worker_counters::WorkerCounters;
use super::route_index::RouteIndex;
use crate::access::RouteTable;
use crate::verifier::Verifier;

pub(super) use exposition::CONTENT_TYPE;

/// The service's counters. Cheap to clone; every clone shares them.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    routes: Arc<RouteIndex>,
    workers: Workers,
    registry: Registry,
}

/// The counts of every worker there was. Each worker writes to its own, so that none waits for the
/// memory of another; they are added up when somebody asks.
type Workers = Arc<Mutex<Vec<Arc<WorkerCounters>>>>;

impl Metrics {
    /// Counters for the requests to these routes, and for the issuers and keys of this verifier.
    pub fn new(table: &RouteTable, verifier: &Verifier) -> Self {
        let routes = Arc::new(RouteIndex::new(table));
        let workers = Workers::default();
        let mut registry = Registry::default();
        exposition::register_process(&mut registry);
        let requests = Requests { routes: Arc::clone(&routes), workers: Arc::clone(&workers) };
        registry.register_collector(Box::new(requests));
        registry.register_collector(Box::new(Issuers(verifier.clone())));
        registry.register_collector(Box::new(Cache(verifier.clone())));
        Self(Arc::new(Inner { routes, workers, registry }))
    }

    /// Everything, in the text format of Prometheus.
    ///
    /// # Errors
    ///
    /// Never: a text takes whatever is written to it.
    pub fn exposition(&self) -> Result<String, fmt::Error> {
        exposition::encode(&self.0.registry)
    }

    pub(super) fn routes(&self) -> &Arc<RouteIndex> {
        &self.0.routes
    }

    /// Counts for one more worker.
    pub(super) fn worker(&self) -> Arc<WorkerCounters> {
        let counts = Arc::new(WorkerCounters::new(self.0.routes.len()));
        let mut workers = self.0.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.push(Arc::clone(&counts));
        counts
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
