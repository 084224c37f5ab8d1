//! Counts of judged DPoP proofs.

use std::sync::atomic::{AtomicU64, Ordering};

/// The result of judging a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProofResult {
    Accepted,
    Rejected,
    Replayed,
    NonceNeeded,
    TooMany,
    Undecidable,
}

/// The numbers so far, shared by all workers.
#[derive(Debug, Default)]
pub(super) struct ProofCounters([AtomicU64; 6]);

/// How many DPoP proofs were judged, by result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ProofCounts {
    /// Accepted.
    pub accepted: u64,
    /// Rejected for their content or signature.
    pub rejected: u64,
    /// Rejected because they were used before.
    pub replayed: u64,
    /// Answered with a nonce.
    pub nonce_needed: u64,
    /// Answered 429: the key has used up its share of the memory.
    pub too_many: u64,
    /// Answered 503: the memory was unavailable.
    pub undecidable: u64,
}

impl ProofCounters {
    pub(super) fn count(&self, result: ProofResult) {
        if let Some(counter) = self.0.get(result as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn read(&self) -> ProofCounts {
        let [accepted, rejected, replayed, nonce_needed, too_many, undecidable] =
            self.0.each_ref().map(|counter| counter.load(Ordering::Relaxed));
        ProofCounts { accepted, rejected, replayed, nonce_needed, too_many, undecidable }
    }
}
