//! Metrics of the verified-token cache.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::verifier::Verifier;

/// Reads the status of the cache at each scrape. Without a cache there are no metrics of it.
#[derive(Debug)]
pub(super) struct Cache(pub(super) Verifier);

impl Collector for Cache {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(status) = self.0.cache_status() else { return Ok(()) };
        let gauges = [
            ("access_token_cache_entries", "Tokens in the verified-token cache", status.entries),
            (
                "access_token_cache_bytes",
                "Size of the verified-token cache, in bytes",
                status.bytes,
            ),
        ];
        for (name, help, value) in gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)?;
        }
        let counters = [
            ("access_token_cache_hits", "Tokens found in the verified-token cache", status.hits),
            (
                "access_token_cache_misses",
                "Tokens not found in the verified-token cache",
                status.misses,
            ),
        ];
        for (name, help, value) in counters {
            encoder
                .encode_descriptor(name, help, None, MetricType::Counter)?
                .encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }
}
