//! Rules for usable keys.

use super::algorithm::Algorithms;

/// Rules for the keys of a key set or key file. [`Algorithms`] convert into the rules that apply by
/// default.
///
/// ```
/// use actix_resource_server::token::{Algorithms, KeyRules, RsaLimits};
///
/// let rules = KeyRules { rsa: RsaLimits::Large, ..Algorithms::DEFAULT.into() };
/// assert_eq!(rules.max_keys, 64);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRules {
    /// The algorithms that a key may be for.
    pub algorithms: Algorithms,
    /// How large an RSA key may be.
    pub rsa: RsaLimits,
    /// How many keys are read from a set, 64 by default. Usable keys beyond it are skipped.
    pub max_keys: usize,
}

/// How large an RSA key may be. The size decides how long it takes to reject a forged signature,
/// which anyone can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RsaLimits {
    /// 2048 to 4096 bits, and an exponent of at most 65537: up to 0.1 ms a signature.
    #[default]
    Standard,
    /// 2048 to 8192 bits, and an exponent of at most 2^32-1: up to 0.8 ms a signature.
    Large,
}

impl From<Algorithms> for KeyRules {
    fn from(algorithms: Algorithms) -> Self {
        Self { algorithms, rsa: RsaLimits::default(), max_keys: 64 }
    }
}

impl RsaLimits {
    /// Whether the key is neither too small nor too large (RFC 7518 section 3.3). The numbers are
    /// big-endian without leading zeros.
    pub(super) fn allow(self, modulus: &[u8], exponent: &[u8]) -> bool {
        let (most_bits, largest_exponent) = match self {
            Self::Standard => (4096, 65537),
            Self::Large => (8192, u32::MAX),
        };
        let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        let bits = modulus.len().saturating_mul(8).saturating_sub(leading);
        let exponent = match exponent {
            [_, _, _, _, _, ..] => return false,
            short => short.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)),
        };
        // The modulus is a product of odd primes, and the exponent has no factor in common with
        // their predecessors (RFC 8017 section 3.1).
        let odd = modulus.last().is_some_and(|byte| byte & 1 == 1) && exponent & 1 == 1;
        odd && (2048..=most_bits).contains(&bits) && (3..=largest_exponent).contains(&exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tests::modulus;

    #[test]
    fn the_limits_are_exact() {
        use RsaLimits::{Large, Standard};
        let e: &[u8] = &[1, 0, 1];
        let table = [
            (Standard, 2048, e, true),
            (Standard, 2047, e, false),
            (Standard, 4096, e, true),
            (Standard, 4097, e, false),
            (Standard, 2048, &[3], true),
            (Standard, 2048, &[1], false),
            (Standard, 2048, &[], false),
            (Standard, 2048, &[1, 0, 0], false),
            (Standard, 2048, &[1, 0, 3], false),
            (Large, 2048, &[1, 0, 3], true),
            (Large, 8192, &[0xff; 4], true),
            (Large, 8193, e, false),
            (Large, 2047, e, false),
            (Large, 2048, &[1, 0, 0, 0, 1], false),
        ];
        for (limits, bits, exponent, allowed) in table {
            let verdict = limits.allow(&modulus(bits), exponent);
            assert_eq!(verdict, allowed, "RFC 7518 3.3: {limits:?} {bits} {exponent:x?}");
        }
        let mut even = modulus(2048);
        even[255] = 0xfe;
        assert!(!Standard.allow(&even, e), "RFC 8017 3.1");
    }
}
