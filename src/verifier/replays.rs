//! Replay detection: used proofs, remembered in process or in the shared memory.

use std::time::Duration;

#[cfg(feature = "redis")]
use crate::memory::RedisMemory;
use crate::memory::{Acceptance, ClockSteps, LocalMemory, LocalStatus, Remembered};
use crate::sender::UsedProof;
use crate::token::MonotonicTime;

/// The used proofs.
#[derive(Debug)]
pub(super) struct Replays {
    memory: Memory,
    /// What the clock did while they were used.
    steps: ClockSteps,
}

/// Where used proofs are remembered.
#[derive(Debug)]
enum Memory {
    /// In this process.
    Local(LocalMemory),
    /// In Redis or Valkey, for all replicas.
    #[cfg(feature = "redis")]
    Shared(RedisMemory),
}

const SECOND: Duration = Duration::from_secs(1);

/// Status of the memory of used proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofMemoryStatus {
    /// Proofs are remembered in this process.
    Local {
        /// Proofs remembered, some of which may have expired.
        entries: usize,
        /// The most proofs remembered at once.
        limit: usize,
        /// Bytes allocated for them.
        bytes: usize,
    },
    /// Proofs are remembered in Redis or Valkey.
    Shared {
        /// Whether there is a connection.
        is_up: bool,
    },
}

impl Replays {
    pub(super) fn local(memory: LocalMemory) -> Self {
        Self { memory: Memory::Local(memory), steps: ClockSteps::new() }
    }

    #[cfg(feature = "redis")]
    pub(super) fn shared(memory: RedisMemory) -> Self {
        Self { memory: Memory::Shared(memory), steps: ClockSteps::new() }
    }

    /// The result, if it is known without waiting. `now` is read after the time as of which the proof holds.
    pub(super) fn use_now(&self, proof: &UsedProof, now: MonotonicTime) -> Option<Remembered> {
        let acceptance = Acceptance {
            judged_at: proof.judged_at,
            earliest: proof.earliest_use,
            latest: proof.judged_at.plus(proof.keep),
        };
        if let Err(retry_after) = self.steps.check(&acceptance, now) {
            return Some(Remembered::Undecidable { retry_after: retry_after.max(SECOND) });
        }
        match &self.memory {
            Memory::Local(memory) => Some(remember(memory, proof, now)),
            #[cfg(feature = "redis")]
            Memory::Shared(_) => None,
        }
    }

    /// The answer of the shared memory, for a proof that has been given to [`use_now`](Self::use_now).
    pub(super) async fn use_once(&self, proof: &UsedProof, now: MonotonicTime) -> Remembered {
        match &self.memory {
            Memory::Local(memory) => remember(memory, proof, now),
            #[cfg(feature = "redis")]
            Memory::Shared(memory) => {
                let (owner, name) = (proof.key.as_bytes(), proof.id.as_bytes());
                let age = proof.judged_at.since(proof.earliest_use);
                match memory.remember(owner, name, proof.keep, age, now).await {
                    Ok(true) => Remembered::New,
                    Ok(false) => Remembered::Seen,
                    Err(unreachable) => {
                        Remembered::Undecidable { retry_after: unreachable.retry_after }
                    }
                }
            }
        }
    }

    pub(super) fn status(&self) -> ProofMemoryStatus {
        match &self.memory {
            Memory::Local(memory) => {
                let LocalStatus { entries, limit, bytes } = memory.status();
                ProofMemoryStatus::Local { entries, limit, bytes }
            }
            #[cfg(feature = "redis")]
            Memory::Shared(memory) => ProofMemoryStatus::Shared { is_up: memory.is_up() },
        }
    }
}

fn remember(memory: &LocalMemory, proof: &UsedProof, now: MonotonicTime) -> Remembered {
    let (owner, name) = (proof.key.as_bytes(), proof.id.as_bytes());
    memory.remember(owner, name, now.since(MonotonicTime::default()), proof.keep)
}
