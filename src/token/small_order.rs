//! Points of edwards25519 under which everybody can sign.

/// Whether the bytes are a point of small order, in any of its encodings.
///
/// Under such a key one signature is good for every message, or for one in a few. RFC 8032
/// section 8.2 leaves it to the application, and RFC 8725 section 3.4 asks for it.
pub(super) fn has_small_order(point: &[u8; 32]) -> bool {
    SMALL_ORDER.iter().any(|small| {
        let same = |(place, (byte, other)): (usize, (&u8, &u8))| {
            // The highest bit is the sign of x: both points of one y are of the same order.
            let mask = if place == 31 { 0x7f } else { 0xff };
            byte & mask == *other
        };
        point.iter().zip(small).enumerate().all(same)
    })
}

/// The y-coordinates, little-endian: 0, 1 and -1, as they are and where it fits with the field's
/// prime added, and the two of order 8.
const SMALL_ORDER: [[u8; 32]; 7] = [
    ends(0x00, 0x00, 0x00),
    ends(0x01, 0x00, 0x00),
    ends(0xec, 0xff, 0x7f),
    ends(0xed, 0xff, 0x7f),
    ends(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

/// Between its ends, the number is one byte over and over.
const fn ends(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    /// What makes the check worth its lines.
    #[test]
    fn under_a_point_of_small_order_a_signature_without_a_key_would_verify() {
        let neutral = ends(0x01, 0x00, 0x00);
        let signature = [neutral, [0; 32]].concat();
        for message in [b"this".as_slice(), b"that", b""] {
            let verified = UnparsedPublicKey::new(&ED25519, neutral).verify(message, &signature);
            assert!(verified.is_ok(), "RFC 8032 5.1.7");
        }
        assert!(has_small_order(&neutral));
    }

    #[test]
    fn a_point_of_small_order_is_known_by_either_sign_and_no_other_is() {
        for small in SMALL_ORDER {
            let mut negative = small;
            negative[31] |= 0x80;
            let mut other = small;
            other[16] ^= 1;
            assert!(has_small_order(&small) && has_small_order(&negative), "{small:x?}");
            assert!(!has_small_order(&other), "{other:x?}");
        }
    }
}
