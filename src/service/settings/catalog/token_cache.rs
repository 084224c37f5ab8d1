//! Settings of the verified-token cache.

super::group! {
    TOKEN_CACHE_ENTRIES("token_cache_entries", "token-cache-entries", "NUMBER", "100000")
        .description("Maximum number of cached verified tokens; 0 turns the cache off");
    TOKEN_CACHE_BYTES("token_cache_bytes", "token-cache-bytes", "BYTES", "67108864")
        .description("Maximum memory of that cache, in bytes; 0 turns the cache off");
}
