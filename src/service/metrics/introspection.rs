//! Metrics of introspection.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::exposition::Exposition;
use crate::issuer::LATENCY_BUCKETS;
use crate::verifier::Verifier;

/// Reads the status of introspection at each scrape. Without introspection there are no metrics of it.
#[derive(Debug)]
pub(super) struct Introspection(pub(super) Verifier);

impl Collector for Introspection {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some((issuer, _, status)) = self.0.introspection_status() else { return Ok(()) };
        let mut out = Exposition(encoder);
        let labels = [("issuer", issuer)];
        let results = [
            ("active", status.active),
            ("inactive", status.inactive),
            ("failed", status.failures),
            ("rate_limited", status.rate_limited),
            ("held_back", status.held_back),
        ];
        let results =
            results.map(|(result, count)| ([("issuer", issuer), ("result", result)], count));
        let help = "Introspection calls by result; rate_limited and held_back ones were not made";
        out.counter("introspection_calls", help, results)?;
        let help = "Older active answers that were used";
        out.counter("introspection_stale_answers", help, [(labels, status.stale)])?;
        let help = "Requests that shared a call";
        out.counter("introspection_shared_calls", help, [(labels, status.shared)])?;
        let help = "1 while calls pause after failures";
        out.gauge("introspection_breaker_open", help, [(labels, status.is_open.into())])?;
        let help = "1 if the issuer rejected this server's credentials, else 0";
        let is_rejected = status.client_rejected.into();
        out.gauge("introspection_client_rejected", help, [(labels, is_rejected)])?;

        let calls = status.calls();
        let mut previous = 0;
        let mut buckets = Vec::with_capacity(LATENCY_BUCKETS.len());
        for (limit, count) in LATENCY_BUCKETS.into_iter().zip(status.latency) {
            buckets.push((limit, count.saturating_sub(previous)));
            previous = count;
        }
        buckets.push((f64::MAX, calls.saturating_sub(previous)));
        let help = "Duration of introspection calls";
        let durations = [(labels, status.seconds_total, calls, buckets)];
        out.histogram("introspection_duration_seconds", help, durations)
    }
}
