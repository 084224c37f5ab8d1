//! Keyed token digest, by which a token can be found without being stored.

use std::hash::{BuildHasher, Hash, Hasher};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// The 128-bit digest of one token under one [`DigestKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenDigest([u64; 2]);

/// A random key for digests. It is secret, and no digest made with it leaves the process.
///
/// The digest is the tag of AES-128-GCM over the token, with nothing encrypted and always the same
/// nonce. That tag is the universal hash GHASH of the token and its length, with a secret constant
/// added. Two tokens chosen by somebody who does not know the key get the same digest with a
/// probability of at most 1026 in 2¹²⁸, one for each block of the longest token and two more. With
/// a million tokens remembered, 2⁴⁰ forged ones tried against them are taken for one of them with a
/// probability below 2⁻⁵⁷; forging a signature is not made easier by that.
///
/// Reusing a nonce reveals GHASH's key to anyone who sees two tags. Digests never leave the process,
/// and what can be measured from outside, whether a token was cached, reveals only that no two
/// digests were equal. SHA-256 would not need this argument, but takes four times as long for an
/// ordinary token.
pub(crate) struct DigestKey(LessSafeKey);

impl DigestKey {
    /// The key from these random bytes; `None` if the cipher fails.
    pub(crate) fn new(random: [u8; 16]) -> Option<Self> {
        let key = UnboundKey::new(&AES_128_GCM, &random).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// The digest of a token; `None` if the cipher fails.
    pub(crate) fn digest(&self, token: impl AsRef<[u8]>) -> Option<TokenDigest> {
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let tag =
            self.0.seal_in_place_separate_tag(nonce, Aad::from(token.as_ref()), &mut []).ok()?;
        let (low, high) = tag.as_ref().split_first_chunk()?;
        Some(TokenDigest([u64::from_le_bytes(*low), u64::from_le_bytes(*high.first_chunk()?)]))
    }
}

impl TokenDigest {
    /// A number below 16, uniformly distributed.
    pub(crate) const fn sixteenth(self) -> usize {
        let Self([_, digits]) = self;
        (digits & 0xf) as usize
    }
}

/// A digest is uniformly distributed, so half of it serves as its hash.
impl Hash for TokenDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self([place, _]) = self;
        state.write_u64(*place);
    }
}

/// Identity hasher for digests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DigestHasher(u64);

impl BuildHasher for DigestHasher {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for DigestHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Digests write one `u64`; for anything else this is a valid, though weak, hash.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> DigestKey {
        DigestKey::new([seed; 16]).expect("a key")
    }

    #[test]
    fn a_digest_depends_on_every_bit_and_on_the_length() {
        let key = key(7);
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let digest = key.digest(token);
        assert_eq!(digest, key.digest(token));
        for place in 0..token.len() {
            for bit in 0..7 {
                let mut changed = token.as_bytes().to_vec();
                changed[place] ^= 1 << bit;
                let changed = String::from_utf8(changed).expect("seven bits");
                assert_ne!(digest, key.digest(&changed), "{changed}");
            }
            assert_ne!(digest, key.digest(token.get(..place).expect("ASCII")), "{place}");
        }
        assert_ne!(key.digest("a"), key.digest("a\0"), "filled up with zeros");
        assert_ne!(key.digest(""), key.digest("\0"), "filled up with zeros");
    }

    #[test]
    fn another_key_gives_other_digests() {
        assert_ne!(key(1).digest("a.b.c"), key(2).digest("a.b.c"));
    }
}
