//! Metrics of the verified-token cache.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::exposition::Exposition;
use crate::verifier::Verifier;

/// Reads the status of the cache at each scrape. Without a cache there are no metrics of it.
#[derive(Debug)]
pub(super) struct Cache(pub(super) Verifier);

impl Collector for Cache {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(status) = self.0.cache_status() else { return Ok(()) };
        let mut out = Exposition(encoder);
        let help = "Tokens in the verified-token cache";
        out.gauge("access_token_cache_entries", help, [([], status.entries)])?;
        let help = "Size of the verified-token cache, in bytes";
        out.gauge("access_token_cache_bytes", help, [([], status.bytes)])?;
        let help = "Tokens found in the verified-token cache";
        out.counter("access_token_cache_hits", help, [([], status.hits)])?;
        let help = "Tokens not found in the verified-token cache";
        out.counter("access_token_cache_misses", help, [([], status.misses)])
    }
}
