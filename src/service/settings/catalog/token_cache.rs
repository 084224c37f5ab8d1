//! How much the cache of verified tokens may hold.

use super::Setting;

super::group! {
    TOKEN_CACHE_ENTRIES =
        Setting::new("token_cache_entries", "token-cache-entries", &["TOKEN_CACHE_ENTRIES"])
            .value_name("NUMBER")
            .description("How many verified tokens are remembered at most; 0 turns that off")
            .default_text("100000");
    TOKEN_CACHE_BYTES =
        Setting::new("token_cache_bytes", "token-cache-bytes", &["TOKEN_CACHE_BYTES"])
            .value_name("BYTES")
            .description("How much memory they may take up at most; 0 turns that off too")
            .default_text("67108864");
}
