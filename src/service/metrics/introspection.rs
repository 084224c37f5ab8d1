//! Metrics of introspection.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::issuer::LATENCY_BUCKETS;
use crate::verifier::Verifier;

/// Reads the status of introspection at each scrape. Without introspection there are no metrics of it.
#[derive(Debug)]
pub(super) struct Introspection(pub(super) Verifier);

impl Collector for Introspection {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some((issuer, _, status)) = self.0.introspection_status() else { return Ok(()) };
        let results = [
            ("active", status.active),
            ("inactive", status.inactive),
            ("failed", status.failures),
            ("rate_limited", status.rate_limited),
            ("held_back", status.held_back),
        ];
        let help = "Introspection calls by result; rate_limited and held_back ones were not made";
        let mut family =
            encoder.encode_descriptor("introspection_calls", help, None, MetricType::Counter)?;
        for (result, count) in results {
            let labels = [("issuer", issuer), ("result", result)];
            family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        let counters = [
            ("introspection_stale_answers", "Older active answers that were used", status.stale),
            ("introspection_shared_calls", "Requests that shared a call", status.shared),
        ];
        for (name, help, count) in counters {
            encoder
                .encode_descriptor(name, help, None, MetricType::Counter)?
                .encode_family(&[("issuer", issuer)])?
                .encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        let gauges = [
            ("introspection_breaker_open", "1 while calls pause after failures", status.is_open),
            (
                "introspection_client_rejected",
                "1 if the issuer rejected this server's credentials, else 0",
                status.client_rejected,
            ),
        ];
        for (name, help, is_so) in gauges {
            encoder
                .encode_descriptor(name, help, None, MetricType::Gauge)?
                .encode_family(&[("issuer", issuer)])?
                .encode_gauge(&u64::from(is_so))?;
        }
        let calls = status.calls();
        let mut previous = 0;
        let mut buckets = Vec::with_capacity(LATENCY_BUCKETS.len());
        for (limit, count) in LATENCY_BUCKETS.into_iter().zip(status.latency) {
            buckets.push((limit, count.saturating_sub(previous)));
            previous = count;
        }
        buckets.push((f64::MAX, calls.saturating_sub(previous)));
        encoder
            .encode_descriptor(
                "introspection_duration_seconds",
                "Duration of introspection calls",
                None,
                MetricType::Histogram,
            )?
            .encode_family(&[("issuer", issuer)])?
            .encode_histogram::<NoLabelSet>(status.seconds_total, calls, &buckets, None)
    }
}
