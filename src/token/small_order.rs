//! Points of small order on edwards25519, under which anyone can sign.

/// Whether the bytes are a point of small order, in any encoding.
///
/// Under such a key one signature verifies for every message, or for one in eight. RFC 8032
/// section 8.2 leaves this check to the application, and RFC 8725 section 3.4 requires it.
pub(super) fn has_small_order(point: &[u8; 32]) -> bool {
    SMALL_ORDER.iter().any(|small| {
        let same = |(place, (byte, other)): (usize, (&u8, &u8))| {
            // The highest bit is the sign of x. Both points with the same y have the same order.
            let mask = if place == 31 { 0x7f } else { 0xff };
            byte & mask == *other
        };
        point.iter().zip(small).enumerate().all(same)
    })
}

/// The y-coordinates, little-endian: 0, 1 and -1, also with the prime of the field added where that
/// fits, and both of order 8.
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

/// A number with the same byte everywhere but at its ends.
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

    /// The encodings of the eight points of the torsion subgroup, from "Taming the many EdDSAs"
    /// (Chalkias, Garillot, Nikolaenko 2020), table 1, then those of the same points that are not
    /// canonical.
    const FROM_LITERATURE: [&str; 14] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];

    fn point(hex: &str) -> [u8; 32] {
        let digits: Vec<_> = hex.chars().map(|digit| digit.to_digit(16).expect("hex")).collect();
        let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte");
        let bytes: Vec<_> = digits.chunks(2).map(byte).collect();
        bytes.try_into().expect("32 bytes")
    }

    /// Whether a signature made without a private key verifies for some message. If `S` is zero and
    /// `R` the neutral point, it does for every message whose hash is a multiple of the order.
    fn can_be_forged(public: &[u8; 32]) -> bool {
        let neutral = point(FROM_LITERATURE[0]);
        let signature = [neutral, [0; 32]].concat();
        let key = UnparsedPublicKey::new(&ED25519, public);
        (0..200_u8).any(|message| key.verify(&[message], &signature).is_ok())
    }

    #[test]
    fn every_point_of_the_literature_is_recognized() {
        let mut forged = 0;
        for hex in FROM_LITERATURE {
            let small = point(hex);
            assert!(has_small_order(&small), "RFC 8725 3.4: {hex}");
            forged += usize::from(can_be_forged(&small));
            let mut other = small;
            other[16] ^= 1;
            assert!(!has_small_order(&other), "{hex}");
        }
        // The library rejects those encodings itself that RFC 8032 section 5.1.3 rejects.
        assert!(forged >= 8, "what makes this check worth its lines: {forged}");
        let ordinary = point("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert!(!has_small_order(&ordinary) && !can_be_forged(&ordinary), "RFC 8032 7.1");
    }
}
