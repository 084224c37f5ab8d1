//! Settings of the verified-token cache.

use super::Setting;

super::group! {
    TOKEN_CACHE_ENTRIES =
        Setting::new("token_cache_entries", "token-cache-entries", &["TOKEN_CACHE_ENTRIES"])
            .value_name("NUMBER")
            .description("Maximum number of cached verified tokens; 0 turns the cache off")
            .default_text("100000");
    TOKEN_CACHE_BYTES =
        Setting::new("token_cache_bytes", "token-cache-bytes", &["TOKEN_CACHE_BYTES"])
            .value_name("BYTES")
            .description("Maximum memory of the cache in bytes; 0 turns the cache off")
            .default_text("67108864");
}
