//! What one worker counts. On a request's way nothing here allocates, and nothing waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::access::RejectionReason;
use crate::service::request_method::RequestMethod;

/// The statuses that are told apart, sorted. All others count as one.
const STATUSES: [u16; 35] = [
    200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409,
    410, 411, 412, 413, 414, 415, 416, 422, 429, 431, 500, 501, 502, 503, 504, 505,
];

/// The upper ends of the histogram's buckets, in nanoseconds: from a cached verdict to a request
/// that waits for an issuer. One bucket more takes the rest.
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

/// The counts of one worker.
#[derive(Debug)]
pub(in crate::service) struct WorkerCounters {
    /// By route and method.
    series: Vec<Series>,
    started: AtomicU64,
    ended: AtomicU64,
    accepted: AtomicU64,
    refused: Mutex<Rejections>,
}

/// Numbers of refusals, by outcome and reason.
pub(super) type Rejections = BTreeMap<(&'static str, &'static str), u64>;

/// The answered requests with one route and one method.
#[derive(Debug)]
struct Series {
    statuses: [AtomicU64; STATUSES.len() + 1],
    buckets: [AtomicU64; BUCKETS.len() + 1],
    nanoseconds: AtomicU64,
}

/// The counts of several workers, added up.
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
            refused: Mutex::default(),
        }
    }

    /// A request is under way, until it [ended](Self::end).
    pub(in crate::service) fn start(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    /// A request is no longer under way, answered or given up by its caller.
    pub(in crate::service) fn end(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// A request was answered.
    pub(in crate::service) fn answered(
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
        add(series.statuses.get(status), 1);
        add(series.buckets.get(bucket), 1);
        add(Some(&series.nanoseconds), nanoseconds);
    }

    /// A token was accepted.
    pub(in crate::service) fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// A caller was refused.
    pub(in crate::service) fn refused(&self, reason: &RejectionReason) {
        let word = reason.code();
        let labels = (reason.error().unwrap_or(word), word);
        let mut refused = self.refusals();
        let count = refused.entry(labels).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn under_way(&self) -> u64 {
        // In this order: a request that starts in between counts as under way for a moment longer.
        let ended = self.ended.load(Ordering::Relaxed);
        self.started.load(Ordering::Relaxed).saturating_sub(ended)
    }

    pub(super) fn tokens_accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// The worker it belongs to is the only other who asks for it.
    pub(super) fn refusals(&self) -> MutexGuard<'_, Rejections> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what was counted for a route and method.
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

    /// How many requests were answered with each status, where there were any.
    pub(super) fn by_status(&self) -> impl Iterator<Item = (Option<u16>, u64)> {
        let statuses = STATUSES.iter().copied().map(Some).chain([None]);
        statuses.zip(self.statuses).filter(|(_, count)| *count > 0)
    }

    /// How many requests took how long: the upper end of each bucket in seconds, and its count.
    pub(super) fn buckets(&self) -> Vec<(f64, u64)> {
        let ends = BUCKETS.iter().map(|end| Duration::from_nanos(*end).as_secs_f64());
        ends.chain([f64::INFINITY]).zip(self.buckets).collect()
    }

    /// The time that all requests together took, in seconds.
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

fn add(count: Option<&AtomicU64>, number: u64) {
    if let Some(count) = count {
        count.fetch_add(number, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_workers_count_is_added_up() {
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
            workers[worker].answered(route, method, status, Duration::from_nanos(nanoseconds));
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
    fn statuses_and_buckets_are_sorted_so_that_they_are_found() {
        assert!(STATUSES.is_sorted() && BUCKETS.is_sorted());
    }
}
