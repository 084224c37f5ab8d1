//! Metrics of requests and access token checks.

use std::fmt;
use std::sync::{Arc, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::exposition::Exposition;
use super::worker_counters::{Rejections, Total, WorkerCounters, Workers};
use crate::service::request_method::RequestMethod;
use crate::service::route_index::RouteIndex;

/// Sums the workers' counters at each scrape.
#[derive(Debug)]
pub(super) struct Requests {
    pub(super) routes: Arc<RouteIndex>,
    pub(super) workers: Workers,
}

impl Collector for Requests {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut out = Exposition(encoder);
        let mut answered = Vec::new();
        for (route, method, total) in self.totals(&workers) {
            answered.extend(total.by_status().map(|(status, count)| {
                let status = status.map_or_else(|| "other".to_owned(), |status| status.to_string());
                (method, route, status, count)
            }));
        }
        let answered = answered.iter().map(|(method, route, status, count)| {
            ([("method", *method), ("route", *route), ("status", status.as_str())], *count)
        });
        let help = "Requests answered, by method, route pattern and status";
        out.counter("http_requests", help, answered)?;
        let durations = self.totals(&workers).map(|(route, method, total)| {
            let labels = [("method", method), ("route", route)];
            (labels, total.seconds(), total.count(), total.buckets())
        });
        let help = "Time until the head of the response was ready, in seconds";
        out.histogram("http_request_duration_seconds", help, durations)?;
        let in_progress = workers.iter().map(|worker| worker.in_progress());
        let in_progress = in_progress.fold(0, u64::saturating_add);
        out.gauge("http_requests_in_flight", "Requests in progress", [([], in_progress)])?;
        let help = "Requests to routes that are not public, by outcome (accepted, or the error code \
                    of RFC 6750) and reason";
        let checks = checks(&workers).into_iter();
        let checks = checks
            .map(|((outcome, reason), count)| ([("outcome", outcome), ("reason", reason)], count));
        out.counter("access_token_checks", help, checks)
    }
}

impl Requests {
    /// The totals of every route and method with at least one request.
    fn totals<'a>(
        &'a self,
        workers: &'a [Arc<WorkerCounters>],
    ) -> impl Iterator<Item = (&'a str, &'static str, Total)> {
        let numbered = self.routes.patterns().enumerate();
        numbered.flat_map(move |(number, route)| {
            let totals = RequestMethod::ALL.into_iter().map(move |method| {
                let mut total = Total::new();
                for worker in workers {
                    worker.add_to(&mut total, number, method);
                }
                (route, method.as_str(), total)
            });
            totals.filter(|(.., total)| total.count() > 0)
        })
    }
}

/// Access token checks of all workers, the accepted ones too.
fn checks(workers: &[Arc<WorkerCounters>]) -> Rejections {
    let mut checks = Rejections::new();
    for worker in workers {
        let accepted = worker.tokens_accepted();
        let rejected = worker.rejections().clone();
        for (labels, number) in rejected.into_iter().chain([(("accepted", "accepted"), accepted)]) {
            let count = checks.entry(labels).or_default();
            *count = count.saturating_add(number);
        }
    }
    checks
}
