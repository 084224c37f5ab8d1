//! Bounded memory of used proofs in this process.
//!
//! A name is remembered as a 128-bit digest, its owner as 32 bits and its expiry in whole seconds:
//! 24 bytes. The digests are in open-addressing tables, one per shard. A shard's lock is held for one
//! lookup (about 100 ns). A secret key selects the shard of a name, so callers cannot choose names
//! that make workers wait for one lock.
//!
//! Memory grows with use, one shard at a time and by a third each time.

// Where the model test finds it too, which compiles this file in another place.
#[path = "local/shard.rs"]
mod shard;

use std::hash::{BuildHasher, RandomState};
use std::sync::PoisonError;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};

pub(crate) use self::shard::Remembered;
use self::shard::{Entry, Shard, scaled};
use super::sync::Mutex;

/// Names of used proofs, each remembered until it expires.
///
/// Times are measured on a monotonic clock from a fixed origin, so a step of the wall clock cannot
/// make a proof usable twice.
#[derive(derive_more::Debug)]
pub(crate) struct LocalMemory {
    #[debug(skip)]
    secret: [u8; 16],
    #[debug(skip)]
    owners: RandomState,
    #[debug(skip)]
    shards: Box<[Mutex<Shard>]>,
    limit: usize,
}

/// Number of names, and capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalStatus {
    /// Names remembered, some of which may have expired.
    pub(crate) entries: usize,
    /// The most names remembered at once.
    pub(crate) limit: usize,
    /// Bytes allocated for names.
    pub(crate) bytes: usize,
}

/// Names in a full shard: few enough to scan in a microsecond, enough for an even distribution.
const NAMES_IN_SHARD: usize = 1024;
const MOST_SHARDS: usize = 4096;
const SECOND: Duration = Duration::from_secs(1);
const ALMOST_A_SECOND: Duration = Duration::from_nanos(999_999_999);

impl LocalMemory {
    /// A memory for this many names; `None` if the operating system provides no randomness, because
    /// callers could then choose names that belong to one shard.
    pub(crate) fn new(entries: usize) -> Option<Self> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).ok()?;
        let shards = (entries / NAMES_IN_SHARD).clamp(1, MOST_SHARDS);
        let limit_of = |number| {
            let rest = usize::from(number < entries % shards);
            (entries / shards).saturating_add(rest).max(1)
        };
        let shards: Box<[_]> =
            (0..shards).map(|number| Mutex::new(Shard::new(limit_of(number)))).collect();
        Some(Self { secret, owners: RandomState::new(), shards, limit: entries })
    }

    /// Remembers `name` of `owner` from `now` on for `keep`, unless it is remembered already. The
    /// same name of two owners is two names.
    ///
    /// An owner may hold twice as many names as there are free places. One owner alone can therefore
    /// fill two thirds of the memory, and two ninths remain available to the next one.
    pub(crate) fn remember(
        &self,
        owner: &[u8; 32],
        name: &[u8],
        now: Duration,
        keep: Duration,
    ) -> Remembered {
        let digest = self.digest(owner, name);
        let [a, b, c, d, ..] = self.owners.hash_one(owner).to_le_bytes();
        // Rounded up: it is kept a little longer than asked for, never shorter.
        let expiry = seconds(now.saturating_add(keep).saturating_add(ALMOST_A_SECOND));
        let entry = Entry { digest, owner: u32::from_le_bytes([a, b, c, d]), expiry };
        // One half of the digest selects the shard, the other the place in it.
        let [shard, _] = digest;
        let Some(shard) = self.shards.get(scaled(shard, self.shards.len())) else {
            return Remembered::Undecidable { retry_after: SECOND };
        };
        // No panic under the lock can leave an entry half written.
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.insert(entry, seconds(now))
    }

    /// How full the memory is. Locks each shard in turn.
    pub(crate) fn status(&self) -> LocalStatus {
        let mut status = LocalStatus { entries: 0, limit: self.limit, bytes: 0 };
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            status.entries = status.entries.saturating_add(shard.entries());
            status.bytes = status.bytes.saturating_add(shard.bytes());
        }
        status
    }

    /// The first half of SHA-256 over a secret, the owner and the name. The owner has a fixed
    /// length, so no two pairs are the same text.
    fn digest(&self, owner: &[u8; 32], name: &[u8]) -> [u64; 2] {
        let mut hash = Context::new(&SHA256);
        hash.update(&self.secret);
        hash.update(owner);
        hash.update(name);
        let hash = hash.finish();
        let (numbers, _) = hash.as_ref().as_chunks();
        match numbers {
            [first, second, ..] => [u64::from_le_bytes(*first), u64::from_le_bytes(*second)],
            _ => [0; 2],
        }
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
