//! Invalid signatures, and alternative encodings of valid ones.

use actix_resource_server::testing::{SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;

use super::{signature_of, with_signature};
use crate::test_app::{AUDIENCE, TestApp};
use crate::verdict::{BAD_SIGNATURE, GOOD, check};

/// The order of P-256, big-endian (SEC 2 section 2.4.2).
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

async fn app_with(algorithm: Algorithm) -> (TestApp, String) {
    let issuer = TestIssuer::builder().algorithms([algorithm]).start().expect("an issuer");
    let app = TestApp::with_issuer(issuer).await;
    let good = app.token().encode();
    check(&app, [(algorithm, good.clone(), GOOD)]).await;
    (app, good)
}

/// `a - b` of two numbers of equal length, with `a >= b`.
fn minus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut difference: Vec<u8> = a
        .iter()
        .zip(b)
        .rev()
        .map(|(a, b)| {
            let digit = i16::from(*a) - i16::from(*b) - borrow;
            borrow = i16::from(digit < 0);
            u8::try_from(digit.rem_euclid(256)).expect("a byte")
        })
        .collect();
    difference.reverse();
    difference
}

fn small(number: u8) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    bytes[31] = number;
    bytes
}

/// CVE-2022-21449: r and s must be between 1 and n-1 (FIPS 186-5 section 6.4.2), and most such pairs
/// are not valid signatures.
#[actix_web::test]
async fn zero_and_out_of_range_ecdsa_signatures() {
    let (app, good) = app_with(Algorithm::Es256).await;
    let above = minus(&[0xff; 32], &minus(&minus(&[0xff; 32], &N), &small(1)));
    let edges = [small(0), small(1), minus(&N, &small(1)), N.to_vec(), above, vec![0xff; 32]];
    for r in &edges {
        for s in &edges {
            let forged = with_signature(&good, &[r.as_slice(), s].concat());
            check(&app, [("CVE-2022-21449", forged, BAD_SIGNATURE)]).await;
        }
    }
}

/// For an ECDSA signature (r, s), (r, n-s) is also valid, and anyone can compute it. RFC 7518
/// section 3.4 allows both and issuers send both, so both are accepted: the second form gives the
/// holder of a token nothing new. For the same reason, a token's text is not an identifier; a list of
/// revoked tokens must use `jti`.
#[actix_web::test]
async fn high_s_ecdsa_signature_is_accepted() {
    let (app, good) = app_with(Algorithm::Es256).await;
    let signature = signature_of(&good);
    let (r, s) = signature.split_at(32);
    let other = [r, &minus(&N, s)].concat();
    assert_ne!(other, signature);
    check(&app, [("RFC 7518 3.4", with_signature(&good, &other), GOOD)]).await;
}

/// Ed25519 is not malleable: S must be below the group's order (RFC 8032 section 5.1.7).
#[actix_web::test]
async fn ed25519_with_the_order_added() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (app, good) = app_with(Algorithm::EdDsa).await;
    let mut other = signature_of(&good);
    let mut carry = 0;
    for (byte, digit) in other[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(digit) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    let neutral = [[1].as_slice(), &[0; 63]].concat();
    check(
        &app,
        [
            ("RFC 8032 5.1.7: S + L", with_signature(&good, &other), BAD_SIGNATURE),
            ("RFC 8032 5.1.7: zeros", with_signature(&good, &[0; 64]), BAD_SIGNATURE),
            ("RFC 8032 5.1.7: the neutral point", with_signature(&good, &neutral), BAD_SIGNATURE),
        ],
    )
    .await;
}

/// RFC 7518 section 3.4: exactly r and s, each at full length.
#[actix_web::test]
async fn ecdsa_in_der() {
    let (app, good) = app_with(Algorithm::Es256).await;
    let signature = signature_of(&good);
    let (r, s) = signature.split_at(32);
    let padded = [&[0], r, &[0], s].concat();
    let swapped = [s, r].concat();
    check(
        &app,
        [
            ("DER", with_signature(&good, &der(r, s)), BAD_SIGNATURE),
            ("padded to 33 bytes each", with_signature(&good, &padded), BAD_SIGNATURE),
            ("s and r", with_signature(&good, &swapped), BAD_SIGNATURE),
            ("r alone", with_signature(&good, r), BAD_SIGNATURE),
            ("twice", with_signature(&good, &signature.repeat(2)), BAD_SIGNATURE),
        ],
    )
    .await;
}

fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let sign = if number[zeros] & 0x80 == 0 { vec![] } else { vec![0] };
        let bytes = [&sign, &number[zeros..]].concat();
        [&[2, u8::try_from(bytes.len()).expect("short")], bytes.as_slice()].concat()
    };
    let both = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(both.len()).expect("short")], both.as_slice()].concat()
}

/// RFC 7515 section 5.2: the exact bytes.
#[actix_web::test]
async fn signatures_of_wrong_length() {
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es384, Algorithm::EdDsa] {
        let (app, good) = app_with(algorithm).await;
        let signature = signature_of(&good);
        let short = &signature[..signature.len() - 1];
        let half = &signature[..signature.len() / 2];
        let changed = [
            ("one byte short", short.to_vec()),
            ("half", half.to_vec()),
            ("one byte", vec![0]),
            ("none", vec![]),
            ("a byte more", [&signature, [0].as_slice()].concat()),
            ("zeros before", [[0].as_slice(), &signature].concat()),
            ("zeros for its length", vec![0; signature.len()]),
            ("ones for its length", vec![0xff; signature.len()]),
            ("8 KiB", vec![1; 8 << 10]),
        ];
        for (kind, other) in changed {
            let token = with_signature(&good, &other);
            let section = format!("RFC 7515 5.2: {algorithm}, {kind}");
            check(&app, [(section, token, BAD_SIGNATURE)]).await;
        }
    }
}

/// A signature is valid only for its own header and claims.
#[actix_web::test]
async fn signature_of_a_different_token() {
    let (app, good) = app_with(Algorithm::Es256).await;
    let other = app.token().subject("admin").scope("read:messages").encode();
    let (good_parts, other_parts): (Vec<_>, Vec<_>) =
        (good.split('.').collect(), other.split('.').collect());
    let stranger = SigningKey::generate(Algorithm::Es256);
    let key = app.issuer.token_with(&stranger).audience(AUDIENCE);
    let forged = key.header("kid", app.issuer.signing_key().id()).encode();
    check(
        &app,
        [
            (
                "RFC 7515 5.2: other claims",
                [good_parts[0], other_parts[1], good_parts[2]].join("."),
                BAD_SIGNATURE,
            ),
            (
                "RFC 7515 5.2: other claims",
                with_signature(&other, &signature_of(&good)),
                BAD_SIGNATURE,
            ),
            ("RFC 7515 5.2: a stranger's", forged, BAD_SIGNATURE),
            ("RFC 7515 5.2: one bit", app.token().broken_signature().encode(), BAD_SIGNATURE),
        ],
    )
    .await;
}
