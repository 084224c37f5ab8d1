//! Metrics of requests and access token checks.

use std::fmt;
use std::sync::{Arc, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

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
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.encode_requests(&mut encoder, &workers)?;
        self.encode_durations(&mut encoder, &workers)?;
        encode_in_progress(&mut encoder, &workers)?;
        encode_checks(&mut encoder, &workers)
    }
}

impl Requests {
    fn encode_requests(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        workers: &[Arc<WorkerCounters>],
    ) -> fmt::Result {
        let help = "Requests answered, by method, route pattern and status";
        let mut family =
            encoder.encode_descriptor("http_requests", help, None, MetricType::Counter)?;
        for (route, method, total) in self.totals(workers) {
            for (status, count) in total.by_status() {
                let status = status.map_or_else(|| "other".to_owned(), |status| status.to_string());
                let labels = [("method", method), ("route", route), ("status", status.as_str())];
                family
                    .encode_family(&labels)?
                    .encode_counter::<NoLabelSet, _, u64>(&count, None)?;
            }
        }
        Ok(())
    }

    fn encode_durations(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        workers: &[Arc<WorkerCounters>],
    ) -> fmt::Result {
        let name = "http_request_duration_seconds";
        let help = "Time until the head of the response was ready, in seconds";
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (route, method, total) in self.totals(workers) {
            let labels = [("method", method), ("route", route)];
            let (sum, count, buckets) = (total.seconds(), total.count(), total.buckets());
            family
                .encode_family(&labels)?
                .encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }

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

fn encode_in_progress(
    encoder: &mut DescriptorEncoder<'_>,
    workers: &[Arc<WorkerCounters>],
) -> fmt::Result {
    let requests = workers.iter().map(|worker| worker.in_progress()).fold(0, u64::saturating_add);
    let help = "Requests in progress";
    encoder
        .encode_descriptor("http_requests_in_flight", help, None, MetricType::Gauge)?
        .encode_gauge(&requests)
}

fn encode_checks(
    encoder: &mut DescriptorEncoder<'_>,
    workers: &[Arc<WorkerCounters>],
) -> fmt::Result {
    let mut checks = Rejections::new();
    for worker in workers {
        let accepted = worker.tokens_accepted();
        let rejected = worker.rejections().clone();
        for (labels, number) in rejected.into_iter().chain([(("accepted", "accepted"), accepted)]) {
            let count = checks.entry(labels).or_default();
            *count = count.saturating_add(number);
        }
    }
    let help = "Requests to routes that are not public, by outcome (accepted, or the error code of \
                RFC 6750) and reason";
    let mut family =
        encoder.encode_descriptor("access_token_checks", help, None, MetricType::Counter)?;
    for ((outcome, reason), count) in checks {
        let labels = [("outcome", outcome), ("reason", reason)];
        family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
    }
    Ok(())
}
