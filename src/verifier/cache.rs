//! Verified-token cache: a signature is checked once, not with every request.

mod digest;
mod memory_size;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use self::digest::DigestHasher;
pub(super) use self::digest::{DigestKey, TokenDigest};
use self::memory_size::memory_size;
use crate::token::{KeyFingerprint, MAX_TOKEN_LENGTH, MonotonicTime, VerifiedToken};

/// Limits of a verified-token cache; the first one reached applies.
///
/// ```
/// use actix_resource_server::verifier::{CacheLimits, Verifier};
///
/// let small = Verifier::builder().cache(CacheLimits { entries: 1000, bytes: 1 << 20 });
/// let none = Verifier::builder().cache(CacheLimits::OFF);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// Tokens at most; zero turns the cache off. By default 100 000.
    pub entries: u64,
    /// Bytes at most; zero turns the cache off. By default 64 MiB.
    pub bytes: u64,
}

/// Status of a verified-token cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheStatus {
    /// Number of tokens.
    pub entries: u64,
    /// Size in bytes as counted: each token as at least the limit of bytes divided by the limit of
    /// entries.
    pub bytes: u64,
    /// Number of lookups that found the token.
    pub hits: u64,
    /// Number of lookups that did not, whether the token was valid or not.
    pub misses: u64,
}

/// The verified tokens of one verifier, shared by all threads.
///
/// A token is found by its [digest](DigestKey); only its claims are stored. Only verified tokens
/// enter, so junk evicts nothing. An entry is not a verdict: the caller checks it against the current
/// time and keys.
///
/// The cache has many shards with a lock each, held only for the lookup; readers do not block each
/// other.
pub(crate) struct TokenCache {
    tokens: Cache<TokenDigest, CachedToken, Cost, DigestHasher>,
    key: DigestKey,
    lookups: Box<[Lookups; 16]>,
}

/// A token that was valid when it was verified, and what the verdict depended on. There may be a
/// million of them, so the numbers are small.
#[derive(Debug, Clone)]
pub(crate) struct CachedToken {
    pub(crate) token: Arc<VerifiedToken>,
    /// The key under which its signature is valid; `None` for an opaque token.
    pub(crate) key: Option<KeyFingerprint>,
    /// The issuer's place among those of the verifier.
    pub(crate) issuer: u32,
    /// The generation of the issuer's key set that it was verified with.
    pub(crate) generation: u32,
    /// How long the issuer's answer that it is active may be used; the start of time if there is none.
    pub(crate) active_until: MonotonicTime,
}

impl CachedToken {
    /// Whether the issuer has said that it is active.
    pub(crate) fn was_active(&self) -> bool {
        self.active_until > MonotonicTime::default()
    }
}

impl CacheLimits {
    /// No cache.
    pub const OFF: Self = Self { entries: 0, bytes: 0 };
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self { entries: 100_000, bytes: 64 << 20 }
    }
}

impl TokenCache {
    /// A cache within these limits, whose digest key is these random bytes; none if a limit is zero.
    pub(crate) fn new(limits: CacheLimits, random: [u8; 16]) -> Option<Self> {
        if limits.entries == 0 || limits.bytes == 0 {
            return None;
        }
        let cost = Cost { least: limits.bytes.div_ceil(limits.entries) };
        let expected = limits.entries.min(limits.bytes / ORDINARY_COST);
        // The shards' limits are rounded up by the library, so their sum must be kept below the limit.
        let bytes = limits.bytes.saturating_sub(PARTS - 1).max(1);
        let options = OptionsBuilder::new()
            .estimated_items_capacity(usize::try_from(expected).unwrap_or(usize::MAX))
            .weight_capacity(bytes)
            .shards(usize::try_from(PARTS).unwrap_or(1))
            .ghost_allocation(0.1)
            .build()
            .ok()?;
        let hasher = DigestHasher::default();
        let tokens = Cache::with_options(options, cost, hasher, DefaultLifecycle::default());
        Some(Self { tokens, key: DigestKey::new(random)?, lookups: Box::default() })
    }

    /// The digest to look a token up by; none for a text that is too long for a token.
    pub(crate) fn digest(&self, token: impl AsRef<[u8]>) -> Option<TokenDigest> {
        if token.as_ref().len() > MAX_TOKEN_LENGTH {
            return None;
        }
        self.key.digest(token)
    }

    /// The entry of a token.
    pub(crate) fn find(&self, digest: &TokenDigest) -> Option<CachedToken> {
        let found = self.tokens.get(digest);
        self.lookups(digest).count(found.is_some());
        found
    }

    /// Stores a token that was just verified.
    pub(crate) fn keep(&self, digest: TokenDigest, verified: CachedToken) {
        self.tokens.insert(digest, verified);
    }

    /// Removes a token.
    pub(crate) fn forget(&self, digest: &TokenDigest) {
        self.tokens.remove(digest);
    }

    pub(crate) fn status(&self) -> CacheStatus {
        let mut status = CacheStatus {
            entries: u64::try_from(self.tokens.len()).unwrap_or(u64::MAX),
            bytes: self.tokens.weight(),
            ..CacheStatus::default()
        };
        for lookups in self.lookups.iter() {
            status.hits = status.hits.saturating_add(lookups.hits.load(Ordering::Relaxed));
            status.misses = status.misses.saturating_add(lookups.misses.load(Ordering::Relaxed));
        }
        status
    }

    /// A token is always counted in the same place, so threads contend only if they verify the same
    /// token, whose entry they share anyway.
    fn lookups(&self, digest: &TokenDigest) -> &Lookups {
        let [first, ..] = &*self.lookups;
        self.lookups.get(digest.sixteenth()).unwrap_or(first)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenCache({:?})", self.status())
    }
}

/// Number of shards, unless the cache is too small for that.
const PARTS: u64 = 64;

/// Approximate cost of an ordinary token.
const ORDINARY_COST: u64 = 900;

/// Approximate size of a table entry, whatever the token: its slot, its links, and spare capacity.
const SLOT: usize = 128;

/// Cost of cached tokens.
#[derive(Debug, Clone)]
struct Cost {
    /// Minimum cost, by which the limit of bytes implies the limit of entries.
    least: u64,
}

impl Weighter<TokenDigest, CachedToken> for Cost {
    fn weight(&self, _: &TokenDigest, cached: &CachedToken) -> u64 {
        let bytes = memory_size(&cached.token).saturating_add(SLOT);
        u64::try_from(bytes).unwrap_or(u64::MAX).max(self.least)
    }
}

/// Counters on their own cache lines.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Lookups {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Lookups {
    fn count(&self, found: bool) {
        let counter = if found { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::token::{
        Algorithm, Algorithms, Audiences, Expectations, KeySet, Timestamp, UnverifiedToken,
        VerificationKey,
    };

    const SECRET: [u8; 32] = [7; 32];

    /// A verified token for so many audiences, with so much text in it.
    fn cached(audiences: usize, text: usize) -> CachedToken {
        use aws_lc_rs::hmac;
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        let claims = json!({
            "iss": "i", "aud": vec!["a"; audiences], "exp": 1, "text": "x".repeat(text),
        });
        let input = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, input.as_bytes()));
        let token = format!("{input}.{signature}");
        let algorithm = Algorithm::Hs256;
        let keys = vec![VerificationKey::from_secret(algorithm, &SECRET).expect("a key")];
        let mut expected = Expectations::new("i", Audiences::new(["a"]).expect("an audience"));
        expected.algorithms = Algorithms::only([algorithm]);
        let unverified = UnverifiedToken::parse(&token).expect("well-formed");
        let now = Timestamp::from_milliseconds(1);
        let verified = unverified.verify_of_any_binding(
            &KeySet::new(keys),
            &expected,
            now,
            &mut crate::token::SignatureChecks::default(),
        );
        let (token, key) = verified.expect("a good token");
        let (token, key) = (Arc::new(token), Some(key));
        let active_until = MonotonicTime::default();
        CachedToken { token, key, issuer: 0, generation: 0, active_until }
    }

    fn cache(entries: u64, bytes: u64) -> TokenCache {
        TokenCache::new(CacheLimits { entries, bytes }, [7; 16]).expect("a cache")
    }

    fn digest(cache: &TokenCache, number: usize) -> TokenDigest {
        cache.digest(number.to_string()).expect("a digest")
    }

    #[test]
    fn neither_limit_is_passed_whatever_the_sizes() {
        let sizes = [(1, 0), (1, 300), (1, 12_000), (3000, 0), (1, 1), (40, 2000)];
        let tokens = sizes.map(|(audiences, text)| cached(audiences, text));
        for (entries, bytes) in
            [(1, 1), (1, 1 << 20), (10, 1 << 20), (1000, 50_000), (500, 9 << 20)]
        {
            let cache = cache(entries, bytes);
            for number in 0..4000 {
                let token = tokens[number * number % tokens.len()].clone();
                cache.keep(digest(&cache, number), token);
                let status = cache.status();
                assert!(status.entries <= entries && status.bytes <= bytes, "{status:?}");
            }
        }
    }

    #[test]
    fn what_is_counted_is_what_the_claims_take_up() {
        let cost = Cost { least: 0 };
        let key = digest(&cache(1, 1), 1);
        let counted = |audiences, text| cost.weight(&key, &cached(audiences, text));
        assert!((400..1024).contains(&counted(1, 300)), "{}", counted(1, 300));
        assert!(counted(1, 12_000) > 12_000);
        assert!(counted(3000, 0) > 3000 * 40, "an audience is more than its letters");
    }

    #[test]
    fn a_flood_does_not_push_out_what_is_in_use() {
        let cache = cache(1000, 1 << 20);
        let (token, flood) = (cached(1, 300), cached(1, 200));
        let in_use = (0..100).map(|number| digest(&cache, number));
        in_use.clone().for_each(|digest| cache.keep(digest, token.clone()));
        for number in 1000..20_000 {
            cache.keep(digest(&cache, number), flood.clone());
            if number % 10 == 0 {
                in_use.clone().for_each(|digest| drop(cache.find(&digest)));
            }
        }
        let left = in_use.filter(|digest| cache.find(digest).is_some()).count();
        assert!(left >= 95, "{left} of 100 are left");
    }

    #[test]
    fn what_is_longer_than_any_token_is_not_looked_up() {
        let cache = cache(10, 1 << 20);
        assert!(cache.digest("a".repeat(MAX_TOKEN_LENGTH)).is_some());
        assert!(cache.digest("a".repeat(MAX_TOKEN_LENGTH + 1)).is_none());
    }
}
