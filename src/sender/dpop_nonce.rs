//! Nonces for DPoP proofs (RFC 9449 section 9): time stamps with a MAC.
//!
//! A nonce holds its own time, so nothing is stored, and every replica with the same key accepts it.
//! Without the key, nonces can neither be forged nor predicted.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::token::Timestamp;

/// The keys that nonces are made and checked with.
///
/// The first key makes nonces; each key accepts them. To change the key of several replicas, first
/// give all of them the new key in second place, then in first place, then drop the old one.
#[derive(derive_more::Debug)]
#[debug("NonceKeys({})", 1 + usize::from(previous.is_some()))]
pub struct NonceKeys {
    current: Key,
    previous: Option<Key>,
}

const TIME: usize = size_of::<u64>();
const MAC: usize = 16;
/// Characters of a nonce: base64url of its time and its MAC.
const LENGTH: usize = (TIME + MAC) * 4 / 3;

impl NonceKeys {
    /// Keys from 32 random bytes each: the current one, and one whose nonces are accepted too.
    pub fn new(current: &[u8; 32], previous: Option<&[u8; 32]>) -> Self {
        let key = |bytes: &[u8; 32]| Key::new(HMAC_SHA256, bytes);
        Self { current: key(current), previous: previous.map(key) }
    }

    /// A nonce made now.
    pub(crate) fn nonce(&self, now: Timestamp) -> String {
        let time = now.milliseconds().to_be_bytes();
        let mut nonce = time.to_vec();
        nonce.extend(mac(&self.current, &time));
        URL_SAFE_NO_PAD.encode(nonce)
    }

    /// When the nonce was made, if one of the keys made it.
    pub(crate) fn time_of(&self, nonce: &str) -> Option<Timestamp> {
        if nonce.len() != LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(nonce).ok()?;
        let (time, tag) = bytes.split_first_chunk::<TIME>()?;
        let is_of = |key: &Key| verify_slices_are_equal(&mac(key, time), tag).is_ok();
        let is_ours = is_of(&self.current) || self.previous.as_ref().is_some_and(is_of);
        is_ours.then(|| Timestamp::from_milliseconds(u64::from_be_bytes(*time)))
    }
}

/// Whether more than half of a nonce's life is over, so that the response brings a new one.
pub(crate) fn is_half_spent(made: Timestamp, now: Timestamp, life: Duration) -> bool {
    now.since(made) > life / 2
}

fn mac(key: &Key, time: &[u8]) -> Vec<u8> {
    let mut message = b"DPoP-Nonce".to_vec();
    message.extend(time);
    sign(key, &message).as_ref().iter().take(MAC).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_milliseconds(1_700_000_000_123);

    #[test]
    fn a_nonce_tells_when_it_was_made_to_those_who_hold_its_key() {
        let keys = NonceKeys::new(&[1; 32], None);
        let nonce = keys.nonce(NOW);
        assert_eq!(nonce.len(), LENGTH);
        assert_eq!(keys.time_of(&nonce), Some(NOW));
        // Every replica, and the next generation of keys.
        assert_eq!(NonceKeys::new(&[1; 32], None).time_of(&nonce), Some(NOW));
        assert_eq!(NonceKeys::new(&[2; 32], Some(&[1; 32])).time_of(&nonce), Some(NOW));
        assert_eq!(NonceKeys::new(&[2; 32], Some(&[3; 32])).time_of(&nonce), None);
        let later = keys.nonce(Timestamp::from_milliseconds(1_700_000_000_124));
        assert_ne!(nonce.get(16..), later.get(16..), "RFC 9449 8: unpredictable");
    }

    #[test]
    fn a_nonce_that_was_changed_in_any_place_is_not_ours() {
        let keys = NonceKeys::new(&[1; 32], Some(&[2; 32]));
        let nonce = keys.nonce(NOW);
        for place in 0..nonce.len() {
            for letter in ["A", "B", "_", "=", "é"] {
                let mut changed = nonce.clone();
                changed.replace_range(place..=place, letter);
                let expected = (changed == nonce).then_some(NOW);
                assert_eq!(keys.time_of(&changed), expected, "RFC 9449 4.3-10: {changed}");
            }
            assert_eq!(keys.time_of(nonce.get(..place).expect("ASCII")), None);
        }
        assert_eq!(keys.time_of(&format!("{nonce}A")), None);
        assert_eq!(keys.time_of(&"A".repeat(100_000)), None);
    }
}
