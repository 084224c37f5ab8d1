//! Reading the settings of the verified-token cache.

use super::catalog::token_cache::{TOKEN_CACHE_BYTES, TOKEN_CACHE_ENTRIES};
use super::reader::{Reader, whole_number};
use crate::verifier::CacheLimits;

/// 1 TiB; a greater number is a mistake.
const MOST_BYTES: u64 = 1 << 40;

pub(super) fn read(reader: &mut Reader) -> Option<CacheLimits> {
    let entries =
        reader.required(&TOKEN_CACHE_ENTRIES, |text| whole_number(text, 0..=1_000_000_000, ""));
    let bytes =
        reader.required(&TOKEN_CACHE_BYTES, |text| whole_number(text, 0..=MOST_BYTES, " of bytes"));
    Some(CacheLimits { entries: entries?, bytes: bytes? })
}
