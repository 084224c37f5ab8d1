//! Used proofs, remembered in process or in the shared memory.

use std::time::{Duration, Instant};

#[cfg(feature = "redis")]
use crate::memory::RedisMemory;
use crate::memory::{LocalMemory, LocalStatus, Remembered};
use crate::sender::UsedProof;

/// Where used proofs are remembered.
#[derive(Debug)]
pub(super) enum Replays {
    /// In this process. The instant is the origin of its times.
    Local(LocalMemory, Instant),
    /// In Redis or Valkey, for all replicas.
    #[cfg(feature = "redis")]
    Shared(RedisMemory),
}

/// Whether a proof may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProofUse {
    /// It is the first use.
    First,
    /// It was used before.
    Replay,
    /// The key has used up its share of the memory.
    TooMany { retry_after: Duration },
    /// The memory cannot tell.
    Undecidable { retry_after: Duration },
}

/// How the memory of used proofs stands.
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
        Self::Local(memory, Instant::now())
    }

    /// The answer, if it takes no waiting.
    pub(super) fn use_now(&self, proof: &UsedProof) -> Option<ProofUse> {
        match self {
            Self::Local(memory, origin) => {
                let (owner, name) = (proof.key.as_bytes(), proof.id.as_bytes());
                Some(memory.remember(owner, name, origin.elapsed(), proof.keep).into())
            }
            #[cfg(feature = "redis")]
            Self::Shared(_) => None,
        }
    }

    pub(super) async fn use_once(&self, proof: &UsedProof) -> ProofUse {
        match self {
            Self::Local(memory, origin) => {
                let (owner, name) = (proof.key.as_bytes(), proof.id.as_bytes());
                memory.remember(owner, name, origin.elapsed(), proof.keep).into()
            }
            #[cfg(feature = "redis")]
            Self::Shared(memory) => {
                let (owner, name) = (proof.key.as_bytes(), proof.id.as_bytes());
                match memory.remember(owner, name, proof.keep, proof.earliest_use).await {
                    Ok(true) => ProofUse::First,
                    Ok(false) => ProofUse::Replay,
                    Err(unreachable) => {
                        ProofUse::Undecidable { retry_after: unreachable.retry_after }
                    }
                }
            }
        }
    }

    pub(super) fn status(&self) -> ProofMemoryStatus {
        match self {
            Self::Local(memory, _) => {
                let LocalStatus { entries, limit, bytes } = memory.status();
                ProofMemoryStatus::Local { entries, limit, bytes }
            }
            #[cfg(feature = "redis")]
            Self::Shared(memory) => ProofMemoryStatus::Shared { is_up: memory.is_up() },
        }
    }
}

impl From<Remembered> for ProofUse {
    fn from(remembered: Remembered) -> Self {
        match remembered {
            Remembered::New => Self::First,
            Remembered::Seen => Self::Replay,
            Remembered::OverShare { retry_after } => Self::TooMany { retry_after },
            // The key holds no more than others do: the fault is ours.
            Remembered::Full { retry_after } => Self::Undecidable { retry_after },
        }
    }
}
