//! One shard of the memory: an open-addressing table whose entries expire.

use std::time::Duration;

/// The result of an insert-if-absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remembered {
    /// The name was not known and has been inserted.
    New,
    /// The name is known: the proof was used before.
    Seen,
    /// The memory is filling up, and this owner holds more than its share of it.
    OverShare {
        /// When the owner's next entry expires.
        retry_after: Duration,
    },
    /// Whether the name is known cannot be told, or it cannot be kept: the shared memory is unavailable,
    /// or this one is too small for the load, since the owner holds no more than its share.
    Undecidable {
        /// When the next entry expires, or the shared memory may be asked again.
        retry_after: Duration,
    },
}

/// A name to remember.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) digest: [u64; 2],
    pub(super) owner: u32,
    /// The second at which the entry expires. Zero marks an empty place.
    pub(super) expiry: u32,
}

/// The table, stored by column, so that counting an owner's entries reads eight bytes of each.
#[derive(Debug)]
pub(super) struct Shard {
    digests: Box<[[u64; 2]]>,
    owners: Box<[u32]>,
    expiries: Box<[u32]>,
    /// Places with an entry, live or expired.
    used: usize,
    limit: usize,
}

/// An owner with at most this many entries in a shard of a thousand is never over its share.
const FEW: usize = 8;

/// How many times the free places an owner may hold.
const SHARE: usize = 2;

impl Shard {
    pub(super) fn new(limit: usize) -> Self {
        Self { digests: [].into(), owners: [].into(), expiries: [].into(), used: 0, limit }
    }

    pub(super) const fn entries(&self) -> usize {
        self.used
    }

    pub(super) const fn bytes(&self) -> usize {
        self.expiries.len().saturating_mul(size_of::<[u64; 2]>() + 2 * size_of::<u32>())
    }

    /// Remembers the entry, unless it is there and live.
    pub(super) fn insert(&mut self, entry: Entry, now: u32) -> Remembered {
        let Some(mut place) = self.place_for(&entry.digest, now) else {
            return Remembered::Seen;
        };
        if self.is_crowded()
            && let Some(refused) = self.refuse(entry.owner, now)
        {
            return refused;
        }
        let takes_empty_place = self.expiries.get(place).is_none_or(|expiry| *expiry == 0);
        if takes_empty_place && self.would_be_overfull() {
            self.rebuild(now);
            place = self.place_for(&entry.digest, now).unwrap_or(place);
        }
        self.put(place, entry);
        Remembered::New
    }

    /// The place for an entry that is absent; `None` if it is present and live. The place is out of
    /// bounds if the table has no places yet.
    fn place_for(&self, digest: &[u64; 2], now: u32) -> Option<usize> {
        let [_, hash] = *digest;
        let start = scaled(hash, self.expiries.len());
        let mut reusable = None;
        for place in (start..self.expiries.len()).chain(0..start) {
            let expiry = self.expiries.get(place).copied().unwrap_or_default();
            if expiry == 0 {
                return Some(reusable.unwrap_or(place));
            }
            if expiry <= now {
                reusable = reusable.or(Some(place));
            } else if self.digests.get(place) == Some(digest) {
                return None;
            }
        }
        Some(reusable.unwrap_or(self.expiries.len()))
    }

    /// A fifth of the places stays empty, which keeps probe sequences short.
    const fn would_be_overfull(&self) -> bool {
        self.used.saturating_add(1).saturating_mul(5) > self.expiries.len().saturating_mul(4)
    }

    /// Below two thirds of the limit, no owner can hold more than its share.
    const fn is_crowded(&self) -> bool {
        self.used.saturating_mul(SHARE + 1) >= self.limit.saturating_mul(SHARE)
    }

    /// Why the owner may not have another entry; `None` if it may.
    ///
    /// An owner may hold [`SHARE`] times as many entries as there are free places: as free places run
    /// out, each owner's limit falls, and an owner with few entries still finds a place.
    fn refuse(&self, owner: u32, now: u32) -> Option<Remembered> {
        let (live, _) = self.count(|_| true, now);
        let (own, next_own) = self.count(|other| other == owner, now);
        let free = self.limit.saturating_sub(live);
        if own < free.saturating_mul(SHARE) {
            return None;
        }
        let wait = |until: u32| Duration::from_secs(u64::from(until.saturating_sub(now).max(1)));
        if own > FEW {
            return Some(Remembered::OverShare { retry_after: wait(next_own) });
        }
        let (_, next) = self.count(|_| true, now);
        Some(Remembered::Undecidable { retry_after: wait(next) })
    }

    /// How many live entries these owners have, and when the first of them expires.
    fn count(&self, is_counted: impl Fn(u32) -> bool, now: u32) -> (usize, u32) {
        let mut count = 0_usize;
        let mut first = u32::MAX;
        for (owner, expiry) in self.owners.iter().zip(&self.expiries) {
            let counts = is_counted(*owner) & (*expiry > now);
            count = count.wrapping_add(usize::from(counts));
            first = if counts { first.min(*expiry) } else { first };
        }
        (count, first)
    }

    /// Drops expired entries and resizes the table for the live ones.
    fn rebuild(&mut self, now: u32) {
        let (live, _) = self.count(|_| true, now);
        let places = live.saturating_mul(5).div_ceil(3).max(8);
        let empty = Self {
            digests: vec![[0; 2]; places].into(),
            owners: vec![0; places].into(),
            expiries: vec![0; places].into(),
            used: 0,
            limit: self.limit,
        };
        let old = std::mem::replace(self, empty);
        for ((digest, owner), expiry) in old.digests.into_iter().zip(old.owners).zip(old.expiries) {
            if expiry > now
                && let Some(place) = self.place_for(&digest, now)
            {
                self.put(place, Entry { digest, owner, expiry });
            }
        }
    }

    fn put(&mut self, place: usize, entry: Entry) {
        if let (Some(digest), Some(owner), Some(expiry)) =
            (self.digests.get_mut(place), self.owners.get_mut(place), self.expiries.get_mut(place))
        {
            self.used = self.used.saturating_add(usize::from(*expiry == 0));
            *digest = entry.digest;
            *owner = entry.owner;
            // Zero would mark the place as empty.
            *expiry = entry.expiry.max(1);
        }
    }
}

/// Maps `number` from the range of all `u32` to the range below `limit`.
pub(super) fn scaled(number: u64, limit: usize) -> usize {
    let limit = u128::try_from(limit).unwrap_or(u128::MAX);
    usize::try_from(u128::from(number).saturating_mul(limit) >> 64).unwrap_or(usize::MAX)
}
