//! Count of the signature checks that one token has cost.

use crate::token::key::{KeyFingerprint, VerificationKey};

/// The signature checks of one token: those that failed, over all sources of keys and all key sets
/// that were read while the token waited.
///
/// A key that did not verify the token is not tried again, and no more than
/// [`MOST`](Self::MOST) are tried.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SignatureChecks {
    /// The key under which the signature is known to be good.
    good: Option<KeyFingerprint>,
    failed: [Option<KeyFingerprint>; SignatureChecks::MOST],
}

/// The result of trying a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried {
    /// The signature is good.
    Good,
    /// The key did not make the signature.
    Bad,
    /// No more keys may be tried.
    Exhausted,
}

impl SignatureChecks {
    /// How many signatures are checked for a token at most. Each costs up to 0.1 ms, and anyone can
    /// send a token.
    pub(super) const MOST: usize = 4;

    /// None yet, for a token whose signature is known to be good under one key. If that is still the
    /// token's key, it is not checked again.
    pub(crate) const fn known(good: Option<KeyFingerprint>) -> Self {
        Self { good, failed: [None; Self::MOST] }
    }

    /// The number of keys that did not verify the token.
    pub(crate) fn count(&self) -> usize {
        self.failed.iter().flatten().count()
    }

    /// Whether the signature is known to be good under this key.
    pub(super) fn is_known(&self, key: &VerificationKey) -> bool {
        self.good == Some(key.fingerprint())
    }

    /// Checks the signature with this key, unless that was done before.
    pub(super) fn try_key(
        &mut self,
        key: &VerificationKey,
        message: &[u8],
        signature: &[u8],
    ) -> Tried {
        let fingerprint = Some(key.fingerprint());
        if self.failed.contains(&fingerprint) {
            return Tried::Bad;
        }
        let Some(place) = self.failed.iter_mut().find(|place| place.is_none()) else {
            return Tried::Exhausted;
        };
        if key.verifies(message, signature) {
            return Tried::Good;
        }
        *place = fingerprint;
        Tried::Bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Algorithm;

    #[test]
    fn each_key_that_failed_counts_once() {
        let key =
            |seed| VerificationKey::from_secret(Algorithm::Hs256, &[seed; 32]).expect("a key");
        let mut checks = SignatureChecks::default();
        assert_eq!(checks.count(), 0);
        for (seed, result, count) in [
            (1, Tried::Bad, 1),
            (1, Tried::Bad, 1),
            (2, Tried::Bad, 2),
            (3, Tried::Bad, 3),
            (4, Tried::Bad, 4),
            (4, Tried::Bad, 4),
            (5, Tried::Exhausted, 4),
        ] {
            assert_eq!(checks.try_key(&key(seed), b"message", b"signature"), result, "{seed}");
            assert_eq!(checks.count(), count, "{seed}");
        }
    }
}
