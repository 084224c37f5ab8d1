//! How it stands with the cache of verified tokens, as Prometheus reads it.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::verifier::Verifier;

/// Looks when somebody asks. Without a cache there is nothing to see.
#[derive(Debug)]
pub(super) struct Cache(pub(super) Verifier);

impl Collector for Cache {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(status) = self.0.cache_status() else { return Ok(()) };
        let gauges = [
            ("access_token_cache_entries", "Verified tokens that are remembered", status.entries),
            ("access_token_cache_bytes", "What they are counted as, in bytes", status.bytes),
        ];
        for (name, help, value) in gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)?;
        }
        let counters = [
            ("access_token_cache_hits", "Tokens that were found there", status.hits),
            ("access_token_cache_misses", "Tokens that were not found there", status.misses),
        ];
        for (name, help, value) in counters {
            encoder
                .encode_descriptor(name, help, None, MetricType::Counter)?
                .encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }
}
