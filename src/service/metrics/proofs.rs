//! Metrics of DPoP proofs and of the memory of used ones.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::exposition::Exposition;
use crate::verifier::{ProofMemoryStatus, Verifier};

/// Reads the counts at each scrape. Without DPoP there are no metrics of it.
#[derive(Debug)]
pub(super) struct Proofs(pub(super) Verifier);

impl Collector for Proofs {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(memory) = self.0.proof_memory_status() else { return Ok(()) };
        let mut out = Exposition(encoder);
        let counts = self.0.proof_counts();
        let results = [
            ("accepted", counts.accepted),
            ("rejected", counts.rejected),
            ("replayed", counts.replayed),
            ("nonce_needed", counts.nonce_needed),
            ("too_many", counts.too_many),
            ("undecidable", counts.undecidable),
        ];
        let results = results.map(|(result, count)| ([("result", result)], count));
        out.counter("dpop_proofs", "DPoP proofs judged, by result", results)?;
        let mut gauge = |name, help, value| {
            out.gauge(name, help, [([], u64::try_from(value).unwrap_or(u64::MAX))])
        };
        match memory {
            ProofMemoryStatus::Local { entries, limit, bytes } => {
                let help = "Used DPoP proofs remembered in process";
                gauge("dpop_proof_memory_entries", help, entries)?;
                gauge("dpop_proof_memory_limit", "Maximum of dpop_proof_memory_entries", limit)?;
                let help = "Size of the memory of used proofs, in bytes";
                gauge("dpop_proof_memory_bytes", help, bytes)
            }
            ProofMemoryStatus::Shared { is_up } => {
                let help = "1 while the shared memory is reachable, else 0";
                gauge("shared_memory_up", help, usize::from(is_up))
            }
        }
    }
}
