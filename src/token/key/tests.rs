//! Fingerprints of keys.

use super::*;

#[test]
fn fingerprints_differ_by_algorithm_and_by_every_part() {
    let modulus = |last| [&[0xff; 255][..], &[last]].concat();
    let rsa = |algorithm, last, exponent: &[u8]| {
        VerificationKey::from_rsa(algorithm, &modulus(last), exponent).expect("an RSA key")
    };
    let secret = |seed| VerificationKey::from_secret(Algorithm::Hs256, &[seed; 32]);
    let key = || rsa(Algorithm::Rs256, 1, &[1, 0, 1]);
    let others = [
        rsa(Algorithm::Ps256, 1, &[1, 0, 1]),
        rsa(Algorithm::Rs256, 3, &[1, 0, 1]),
        rsa(Algorithm::Rs256, 1, &[3]),
        secret(1).expect("a secret"),
        secret(2).expect("a secret"),
    ];
    assert_eq!(key(), key());
    assert_ne!(key(), key().with_id(Some("a".to_owned())), "found under another name");
    assert_ne!(key(), key().with_issuer(Some("a".to_owned())), "for tokens of another issuer");
    assert_eq!(key().with_issuer(Some("a".to_owned())).issuer(), Some("a"));
    assert_eq!(key().issuer(), None);
    let prints: Vec<_> = others.iter().chain([&key()]).map(|key| key.fingerprint()).collect();
    for (place, print) in prints.iter().enumerate() {
        assert!(!prints[..place].contains(print), "{place}");
    }
    assert_eq!(key().fingerprint(), key().with_id(Some("a".to_owned())).fingerprint());
}
