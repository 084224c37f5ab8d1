//! How much the cache of verified tokens may hold.

use super::catalog::token_cache::{TOKEN_CACHE_BYTES, TOKEN_CACHE_ENTRIES};
use super::reader::{Reader, whole_number};
use crate::verifier::CacheLimits;

/// As much memory as no machine has: a number beyond it is a mistake.
const MOST_BYTES: u64 = 1 << 40;

pub(super) fn read(reader: &mut Reader) -> Option<CacheLimits> {
    let entries =
        reader.required(&TOKEN_CACHE_ENTRIES, |text| whole_number(text, 0..=1_000_000_000, ""));
    let bytes =
        reader.required(&TOKEN_CACHE_BYTES, |text| whole_number(text, 0..=MOST_BYTES, " of bytes"));
    Some(CacheLimits { entries: entries?, bytes: bytes? })
}
