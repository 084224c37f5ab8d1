//! Counters of one worker. Counting a request neither allocates nor blocks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::access::RejectionReason;
use crate::service::request_method::RequestMethod;

/// Status codes with counters of their own, sorted. All others share one.
const STATUSES: [u16; 35] = [
    200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409,
    410, 411, 412, 413, 414, 415, 416, 422, 429, 431, 500, 501, 502, 503, 504, 505,
];

/// Upper bounds of the histogram's buckets, in nanoseconds: from a cached verdict to a request that
/// waits for an issuer. One more bucket takes the rest.
const BUCKETS: [u64; 16] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// The counters of every worker so far. Each worker writes its own, so that workers share no cache
/// line; a scrape sums them.
pub(super) type Workers = Arc<Mutex<Vec<Arc<WorkerCounters>>>>;

/// The counters of one worker, which alone writes them.
#[derive(Debug)]
pub(in crate::service) struct WorkerCounters {
    /// By route and method.
    series: Vec<Series>,
    started: AtomicU64,
    ended: AtomicU64,
    accepted: AtomicU64,
    rejected: Mutex<Rejections>,
}

/// Numbers of rejected requests, by outcome and reason.
pub(super) type Rejections = BTreeMap<(&'static str, &'static str), u64>;

/// Counters of the answered requests of one route and method.
#[derive(Debug)]
struct Series {
    statuses: [AtomicU64; STATUSES.len() + 1],
    buckets: [AtomicU64; BUCKETS.len() + 1],
    nanoseconds: AtomicU64,
}

/// Sums of the counters of several workers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Total {
    statuses: [u64; STATUSES.len() + 1],
    buckets: [u64; BUCKETS.len() + 1],
    nanoseconds: u64,
}

impl WorkerCounters {
    pub(super) fn new(routes: usize) -> Self {
        let series = routes.saturating_mul(RequestMethod::ALL.len());
        Self {
            series: (0..series).map(|_| Series::new()).collect(),
            started: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            rejected: Mutex::default(),
        }
    }

    /// Counts a request as in progress, until it [ended](Self::request_ended).
    pub(in crate::service) fn request_started(&self) {
        add(&self.started, 1);
    }

    /// Counts a request as no longer in progress: it was answered, or its client disconnected.
    pub(in crate::service) fn request_ended(&self) {
        add(&self.ended, 1);
    }

    /// Counts a response.
    pub(in crate::service) fn request_answered(
        &self,
        route: usize,
        method: RequestMethod,
        status: u16,
        duration: Duration,
    ) {
        let Some(series) = self.series.get(place(route, method)) else { return };
        let status = STATUSES.binary_search(&status).unwrap_or(STATUSES.len());
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BUCKETS.iter().position(|end| nanoseconds <= *end).unwrap_or(BUCKETS.len());
        for counter in
            [series.statuses.get(status), series.buckets.get(bucket)].into_iter().flatten()
        {
            add(counter, 1);
        }
        add(&series.nanoseconds, nanoseconds);
    }

    /// Counts an accepted token.
    pub(in crate::service) fn token_accepted(&self) {
        add(&self.accepted, 1);
    }

    /// Counts a rejected request.
    pub(in crate::service) fn request_rejected(&self, reason: &RejectionReason) {
        let code = reason.code();
        let labels = (reason.error().unwrap_or(code), code);
        let mut rejections = self.rejections();
        let count = rejections.entry(labels).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn in_progress(&self) -> u64 {
        // In this order, so that a request that starts in between is not missed.
        let ended = self.ended.load(Ordering::Relaxed);
        self.started.load(Ordering::Relaxed).saturating_sub(ended)
    }

    pub(super) fn tokens_accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Locked by the worker and by requests for the metrics.
    pub(super) fn rejections(&self) -> MutexGuard<'_, Rejections> {
        self.rejected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the counters of a route and method to a total.
    pub(super) fn add_to(&self, total: &mut Total, route: usize, method: RequestMethod) {
        let Some(series) = self.series.get(place(route, method)) else { return };
        let load = |counts: &[AtomicU64], totals: &mut [u64]| {
            for (count, total) in counts.iter().zip(totals) {
                *total = total.saturating_add(count.load(Ordering::Relaxed));
            }
        };
        load(&series.statuses, &mut total.statuses);
        load(&series.buckets, &mut total.buckets);
        let nanoseconds = series.nanoseconds.load(Ordering::Relaxed);
        total.nanoseconds = total.nanoseconds.saturating_add(nanoseconds);
    }
}

impl Series {
    const fn new() -> Self {
        Self {
            statuses: [const { AtomicU64::new(0) }; STATUSES.len() + 1],
            buckets: [const { AtomicU64::new(0) }; BUCKETS.len() + 1],
            nanoseconds: AtomicU64::new(0),
        }
    }
}

impl Total {
    pub(super) const fn new() -> Self {
        Self { statuses: [0; STATUSES.len() + 1], buckets: [0; BUCKETS.len() + 1], nanoseconds: 0 }
    }

    /// The numbers of responses by status, without zeros.
    pub(super) fn by_status(&self) -> impl Iterator<Item = (Option<u16>, u64)> {
        let statuses = STATUSES.iter().copied().map(Some).chain([None]);
        statuses.zip(self.statuses).filter(|(_, count)| *count > 0)
    }

    /// The histogram: the upper bound of each bucket in seconds, and its count.
    pub(super) fn buckets(&self) -> Vec<(f64, u64)> {
        let ends = BUCKETS.iter().map(|end| Duration::from_nanos(*end).as_secs_f64());
        ends.chain([f64::INFINITY]).zip(self.buckets).collect()
    }

    /// The sum of the durations of all requests, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        Duration::from_nanos(self.nanoseconds).as_secs_f64()
    }

    pub(super) fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

const fn place(route: usize, method: RequestMethod) -> usize {
    route.saturating_mul(RequestMethod::ALL.len()).saturating_add(method.number())
}

/// With one writer, a load and a store are enough, and cheaper than an atomic addition.
fn add(counter: &AtomicU64, number: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(number), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_of_all_workers_are_summed() {
        let workers = [WorkerCounters::new(2), WorkerCounters::new(2)];
        let table = [
            (0, 1, RequestMethod::Get, 200, 90_000),
            (0, 1, RequestMethod::Get, 200, 100_000),
            (1, 1, RequestMethod::Get, 200, 100_001),
            (1, 1, RequestMethod::Get, 999, 60_000_000_000),
            (1, 1, RequestMethod::Post, 200, 1),
            (1, 0, RequestMethod::Get, 404, 1),
            (1, 7, RequestMethod::Get, 404, 1),
        ];
        for (worker, route, method, status, nanoseconds) in table {
            workers[worker].request_answered(
                route,
                method,
                status,
                Duration::from_nanos(nanoseconds),
            );
        }
        let mut total = Total::new();
        for worker in &workers {
            worker.add_to(&mut total, 1, RequestMethod::Get);
        }
        assert_eq!(total.by_status().collect::<Vec<_>>(), [(Some(200), 3), (None, 1)]);
        let filled: Vec<_> = total.buckets().into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(0.0001, 2), (0.000_25, 1), (f64::INFINITY, 1)]);
        assert_eq!(total.count(), 4);
        assert!((total.seconds() - 60.000_290_001).abs() < 1e-9, "{}", total.seconds());
    }

    #[test]
    fn statuses_and_buckets_are_sorted() {
        assert!(STATUSES.is_sorted() && BUCKETS.is_sorted());
    }
}
