//! `SubjectPublicKeyInfo`: the DER encoding of a public key, as PEM files have it (RFC 5280 section
//! 4.1.2.7).

use super::algorithm::Algorithm;
use super::unusable_key::UnusableKey;

/// A public key as its encoding describes it. Its numbers are not checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PublicKeyInfo<'a> {
    /// An RSA key of any RSA algorithm (RFC 8017 appendix A.1.1).
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
    /// A point on the curve of this ECDSA algorithm (RFC 5480).
    Point { algorithm: Algorithm, point: &'a [u8] },
    /// The 32 bytes of an Ed25519 key (RFC 8410).
    Ed25519(&'a [u8]),
    /// A key of this ML-DSA algorithm (RFC 9881).
    MlDsa { algorithm: Algorithm, key: &'a [u8] },
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const SECP256K1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x0a];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const ED448: &[u8] = &[0x2b, 0x65, 0x71];
const ML_DSA_44: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11];
const ML_DSA_65: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12];
const ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13];

impl<'a> PublicKeyInfo<'a> {
    /// Reads the encoding, of which nothing may be left over.
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, UnusableKey> {
        let (identifier, key) = parts(der).ok_or(UnusableKey::Invalid)?;
        let (kind, parameters) =
            element(identifier, OBJECT_IDENTIFIER).ok_or(UnusableKey::Invalid)?;
        let ml_dsa = |algorithm| Ok(Self::MlDsa { algorithm, key });
        match kind {
            RSA_ENCRYPTION => {
                let (modulus, exponent) = rsa_numbers(key).ok_or(UnusableKey::Invalid)?;
                Ok(Self::Rsa { modulus, exponent })
            }
            EC_PUBLIC_KEY => {
                let curve = only(parameters, OBJECT_IDENTIFIER).ok_or(UnusableKey::Invalid)?;
                let algorithm = match curve {
                    P256 => Algorithm::Es256,
                    P384 => Algorithm::Es384,
                    P521 => Algorithm::Es512,
                    SECP256K1 => Algorithm::Es256K,
                    _ => return Err(UnusableKey::UnsupportedType),
                };
                Ok(Self::Point { algorithm, point: key })
            }
            ED25519 => Ok(Self::Ed25519(key)),
            ED448 => Err(UnusableKey::Ed448),
            ML_DSA_44 => ml_dsa(Algorithm::MlDsa44),
            ML_DSA_65 => ml_dsa(Algorithm::MlDsa65),
            ML_DSA_87 => ml_dsa(Algorithm::MlDsa87),
            _ => Err(UnusableKey::UnsupportedType),
        }
    }
}

/// The algorithm identifier and the bytes of the key.
fn parts(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (identifier, key) = element(only(der, SEQUENCE)?, SEQUENCE)?;
    match only(key, BIT_STRING)? {
        // Every key has a whole number of bytes, so no bit is unused.
        [0, key @ ..] => Some((identifier, key)),
        _ => None,
    }
}

fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (modulus, exponent) = element(only(der, SEQUENCE)?, INTEGER)?;
    Some((positive(modulus)?, positive(only(exponent, INTEGER)?)?))
}

/// A positive number in its shortest form (X.690 section 8.3.2).
fn positive(number: &[u8]) -> Option<&[u8]> {
    match number {
        [0, rest @ ..] => rest.first().is_some_and(|byte| *byte >= 0x80).then_some(rest),
        [0x01..=0x7f, ..] => Some(number),
        _ => None,
    }
}

/// The content of the only element.
fn only(der: &[u8], tag: u8) -> Option<&[u8]> {
    element(der, tag).and_then(|(content, rest)| rest.is_empty().then_some(content))
}

/// The content of the first element, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der {
        [found, ..] if *found != tag => return None,
        [_, short @ 0..=0x7f, rest @ ..] => (usize::from(*short), rest),
        [_, 0x81, length @ 0x80..=0xff, rest @ ..] => (usize::from(*length), rest),
        [_, 0x82, high @ 1..=0xff, low, rest @ ..] => {
            (usize::from(u16::from_be_bytes([*high, *low])), rest)
        }
        // A longer key is beyond every limit.
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("short");
        let [high, low] = length.to_be_bytes();
        let head = match length {
            0..0x80 => vec![tag, low],
            0x80..0x100 => vec![tag, 0x81, low],
            _ => vec![tag, 0x82, high, low],
        };
        [&head, content].concat()
    }

    /// The encoding of an RSA key with these numbers, of which none begins with a zero.
    pub(in crate::token) fn rsa_info(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let number = |bytes: &[u8]| {
            let sign: &[u8] = if bytes[0] >= 0x80 { &[0] } else { &[] };
            der(INTEGER, &[sign, bytes].concat())
        };
        let key = der(SEQUENCE, &[number(modulus), number(exponent)].concat());
        info(RSA_ENCRYPTION, &[5, 0], &key)
    }

    fn info(kind: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
        let identifier = [&der(OBJECT_IDENTIFIER, kind), parameters].concat();
        let key = der(BIT_STRING, &[&[0], key].concat());
        der(SEQUENCE, &[der(SEQUENCE, &identifier), key].concat())
    }

    #[test]
    fn each_type_of_key_is_told_by_its_identifier() {
        let curve = |curve| info(EC_PUBLIC_KEY, &der(OBJECT_IDENTIFIER, curve), b"key");
        let point = |algorithm| Ok(PublicKeyInfo::Point { algorithm, point: b"key" });
        let ml_dsa = |algorithm| Ok(PublicKeyInfo::MlDsa { algorithm, key: b"key" });
        let table = [
            (rsa_info(&[0xff], &[3]), Ok(PublicKeyInfo::Rsa { modulus: &[0xff], exponent: &[3] })),
            (curve(P256), point(Algorithm::Es256)),
            (curve(P384), point(Algorithm::Es384)),
            (curve(P521), point(Algorithm::Es512)),
            (curve(SECP256K1), point(Algorithm::Es256K)),
            (curve(b"other"), Err(UnusableKey::UnsupportedType)),
            (info(ED25519, b"", b"key"), Ok(PublicKeyInfo::Ed25519(b"key"))),
            (info(ED448, b"", b"key"), Err(UnusableKey::Ed448)),
            (info(ML_DSA_44, b"", b"key"), ml_dsa(Algorithm::MlDsa44)),
            (info(ML_DSA_65, b"", b"key"), ml_dsa(Algorithm::MlDsa65)),
            (info(ML_DSA_87, b"", b"key"), ml_dsa(Algorithm::MlDsa87)),
            (info(b"other", b"", b"key"), Err(UnusableKey::UnsupportedType)),
        ];
        for (der, expected) in table {
            assert_eq!(PublicKeyInfo::parse(&der), expected, "{der:x?}");
        }
    }

    #[test]
    fn every_cut_and_every_addition_is_invalid() {
        let long = vec![7; 300];
        for key in [b"key".as_slice(), &long] {
            let whole = info(ED25519, b"", key);
            assert!(PublicKeyInfo::parse(&whole).is_ok());
            for end in 0..whole.len() {
                let cut = PublicKeyInfo::parse(&whole[..end]);
                assert_eq!(cut, Err(UnusableKey::Invalid), "{end}");
            }
            let longer = [&whole[..], &[0]].concat();
            assert_eq!(PublicKeyInfo::parse(&longer), Err(UnusableKey::Invalid));
        }
    }

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(positive(&[0x7f]), Some(&[0x7f][..]));
        assert_eq!(positive(&[0, 0x80]), Some(&[0x80][..]));
        for number in [&[][..], &[0], &[0x80], &[0, 0x7f], &[0, 0], &[0xff, 1]] {
            assert_eq!(positive(number), None, "X.690 8.3.2: {number:x?}");
        }
    }
}
