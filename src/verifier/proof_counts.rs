//! Counts of judged DPoP proofs.

use std::sync::atomic::{AtomicU64, Ordering};

use super::presentation_error::PresentationError;
use crate::sender::InvalidProof;

/// The numbers so far, shared by all workers.
#[derive(Debug, Default)]
pub(super) struct ProofCounters {
    accepted: AtomicU64,
    rejected: AtomicU64,
    replayed: AtomicU64,
    nonce_needed: AtomicU64,
    too_many: AtomicU64,
    undecidable: AtomicU64,
}

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
    /// Counts a proof with this result.
    pub(super) fn count(&self, judged: Result<(), &PresentationError>) {
        let counter = match judged {
            Ok(()) => &self.accepted,
            Err(PresentationError::ProofRejected(InvalidProof::Replayed)) => &self.replayed,
            Err(PresentationError::NonceNeeded { .. }) => &self.nonce_needed,
            Err(PresentationError::TooManyProofs { .. }) => &self.too_many,
            Err(PresentationError::ProofMemoryUnavailable { .. }) => &self.undecidable,
            Err(_) => &self.rejected,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> ProofCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ProofCounts {
            accepted: read(&self.accepted),
            rejected: read(&self.rejected),
            replayed: read(&self.replayed),
            nonce_needed: read(&self.nonce_needed),
            too_many: read(&self.too_many),
            undecidable: read(&self.undecidable),
        }
    }
}
