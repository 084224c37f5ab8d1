//! Memory size of a verified token.

use crate::token::{RegisteredClaims, VerifiedToken};

/// Overhead of an allocation: the allocator's bookkeeping and rounding.
const ALLOCATION: usize = 16;

/// Approximate size of a token in memory, behind a shared pointer.
pub(super) fn memory_size(token: &VerifiedToken) -> usize {
    size_of::<VerifiedToken>()
        .saturating_add(ALLOCATION)
        .saturating_add(on_heap(token.claims()))
        .saturating_add(allocated(token.claims_json().len()))
}

fn on_heap(claims: &RegisteredClaims) -> usize {
    let texts = [&claims.subject, &claims.token_id, &claims.client_id].into_iter().flatten();
    let lists = [&claims.audience, &claims.permissions, &claims.roles];
    texts
        .chain([&claims.issuer])
        .chain(lists.into_iter().flatten())
        .map(|text| allocated(text.capacity()))
        .chain(lists.map(|list| allocated(list.capacity().saturating_mul(size_of::<String>()))))
        .chain([allocated(claims.scopes.as_str().len())])
        .fold(0, usize::saturating_add)
}

const fn allocated(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes.saturating_add(ALLOCATION) }
}
