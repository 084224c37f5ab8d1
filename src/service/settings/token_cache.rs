//! Reading the settings of the verified-token cache.

use super::catalog::token_cache::{TOKEN_CACHE_BYTES, TOKEN_CACHE_ENTRIES};
use super::reader::Reader;
use crate::verifier::CacheLimits;

/// 1 TiB; a greater number is a mistake.
const MOST_BYTES: u64 = 1 << 40;

pub(super) fn read(reader: &mut Reader) -> Option<CacheLimits> {
    let entries = reader.number(&TOKEN_CACHE_ENTRIES, 0..=1_000_000_000);
    let bytes = reader.bytes(&TOKEN_CACHE_BYTES, 0..=MOST_BYTES);
    Some(CacheLimits { entries: entries?, bytes: bytes? })
}
