//! Memory of used proofs and of rate limits: in this process, or in Redis or Valkey for all replicas.
//!
//! A proof is accepted once. Both memories have one operation: an atomic insert-if-absent of a
//! proof's name. Of any number of concurrent callers with the same name, exactly one succeeds.
//!
//! | memory | shared by | when it is full | when it is unreachable |
//! |---|---|---|---|
//! | `LocalMemory` | the workers of one process | a key above its share gets 429 | |
//! | `RedisMemory` (feature `redis`) | all replicas | Redis decides (`maxmemory-policy noeviction`) | undecidable: 503 |

mod clock_steps;
mod local;
#[cfg(feature = "redis")]
mod redis;
#[cfg(test)]
mod tests;

pub(crate) use clock_steps::{Acceptance, ClockSteps};
pub(crate) use local::{LocalMemory, LocalStatus, Remembered};
#[cfg(feature = "redis")]
pub(crate) use redis::RedisMemory;
#[cfg(feature = "service")]
pub(crate) use redis::{Bucket, RedisCounters};
#[cfg(feature = "redis")]
pub use redis::{InvalidSharedMemory, SharedMemoryUrl};

/// The lock of [`local`], named here so that its model test can put a checked one in its place.
mod sync {
    pub(super) use std::sync::Mutex;
    pub(super) use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
}
