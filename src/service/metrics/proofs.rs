//! Metrics of DPoP proofs and of the memory of used ones.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::verifier::{ProofMemoryStatus, Verifier};

/// Reads the counts at each scrape. Without DPoP there are no metrics of it.
#[derive(Debug)]
pub(super) struct Proofs(pub(super) Verifier);

impl Collector for Proofs {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(memory) = self.0.proof_memory_status() else { return Ok(()) };
        let counts = self.0.proof_counts();
        let results = [
            ("accepted", counts.accepted),
            ("rejected", counts.rejected),
            ("replayed", counts.replayed),
            ("nonce_needed", counts.nonce_needed),
            ("too_many", counts.too_many),
            ("undecidable", counts.undecidable),
        ];
        let help = "DPoP proofs judged, by result";
        let mut family =
            encoder.encode_descriptor("dpop_proofs", help, None, MetricType::Counter)?;
        for (result, count) in results {
            let labels = [("result", result)];
            family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        let number = |number| u64::try_from(number).unwrap_or(u64::MAX);
        let gauges = match memory {
            ProofMemoryStatus::Local { entries, limit, bytes } => vec![
                ("dpop_proof_memory_entries", "Used DPoP proofs remembered in process", entries),
                ("dpop_proof_memory_limit", "Maximum of dpop_proof_memory_entries", limit),
                ("dpop_proof_memory_bytes", "Size of the memory of used proofs, in bytes", bytes),
            ],
            ProofMemoryStatus::Shared { is_up } => vec![(
                "shared_memory_up",
                "1 while the shared memory is reachable, else 0",
                usize::from(is_up),
            )],
        };
        for (name, help, value) in gauges {
            encoder
                .encode_descriptor(name, help, None, MetricType::Gauge)?
                .encode_gauge(&number(value))?;
        }
        Ok(())
    }
}
