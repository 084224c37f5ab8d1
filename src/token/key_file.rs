//! Key files: PEM, one JWK, or a JWK Set.

use derive_more::{Display, Error, From};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;

use super::algorithm::Algorithm;
use super::json::{Members, without_byte_order_mark};
use super::json_web_key::{Spelling, read_key, rsa_default};
use super::key::VerificationKey;
use super::key_rules::KeyRules;
use super::key_set::{Candidates, KeySet};
use super::key_set_fault::{KeySetFault, SkipReason, SkippedKey};
use super::unusable_key::UnusableKey;

/// Why a key file is not usable. The operator is at fault.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFileFault {
    /// Neither PEM nor JSON.
    #[display("it is neither PEM (-----BEGIN PUBLIC KEY-----), nor a JWK, nor a JWK Set")]
    UnknownForm,
    /// A private key. Everyone who can read the file can forge tokens, and this server needs none.
    #[display("it contains a private key; use the public one (openssl pkey -pubout)")]
    PrivateKey,
    /// A certificate, of which only the public key is needed.
    #[display("it contains a certificate; use its public key (openssl x509 -pubkey -noout)")]
    Certificate,
    /// An RSA key in the older form of PEM, without the type of the key (RFC 8017 appendix A.1.1).
    #[display(
        "it contains an RSA PUBLIC KEY; convert it to a PUBLIC KEY (openssl rsa -RSAPublicKey_in \
         -pubout)"
    )]
    RsaPublicKey,
    /// More keys for one algorithm than are tried for a token, without a `kid`.
    #[display(
        "it contains more than {most} keys for {_0} without a kid, and no more than {most} are \
         tried for a token; use a JWK Set in which each has its kid",
        most = Candidates::MOST
    )]
    #[from(ignore)]
    Indistinguishable(#[error(not(source))] Algorithm),
    /// A PEM block with a public key that is not usable.
    #[display("its public key is not usable: {_0}")]
    PublicKey(UnusableKey),
    /// A key for an algorithm that is not on the allow-list.
    #[display("its key is for {_0}, which is not an allowed algorithm")]
    #[from(ignore)]
    NotAllowed(#[error(not(source))] Algorithm),
    /// A JWK that is not usable.
    #[display("its key is not usable: {_0}")]
    Key(SkipReason),
    /// A JWK Set that is not usable.
    KeySet(KeySetFault),
}

impl KeySet {
    /// Reads the public keys of a file: one or more `PUBLIC KEY` blocks of PEM, one JWK, or a
    /// JWK Set. A byte order mark at the start is ignored.
    ///
    /// PEM does not name an algorithm. An RSA key is for RS256, or for the only RSA algorithm that
    /// is allowed; the curve of any other key determines its algorithm.
    ///
    /// # Errors
    ///
    /// [`KeyFileFault`] if the file has no usable key.
    pub fn from_file(
        text: &[u8],
        rules: impl Into<KeyRules>,
    ) -> Result<(Self, Vec<SkippedKey>), KeyFileFault> {
        let rules = rules.into();
        let (keys, skipped) = Self::from_any_form(without_byte_order_mark(text), rules)?;
        let crowded = rules.algorithms.iter().find(|algorithm| {
            let is_like =
                |key: &&VerificationKey| key.id().is_none() && key.algorithm() == *algorithm;
            keys.iter().filter(is_like).count() > Candidates::MOST
        });
        match crowded {
            Some(algorithm) => Err(KeyFileFault::Indistinguishable(algorithm)),
            None => Ok((keys, skipped)),
        }
    }

    fn from_any_form(
        text: &[u8],
        rules: KeyRules,
    ) -> Result<(Self, Vec<SkippedKey>), KeyFileFault> {
        let contains = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
        if contains(b"PRIVATE KEY-----") {
            return Err(KeyFileFault::PrivateKey);
        }
        if contains(b"-----BEGIN PUBLIC KEY-----") {
            return Ok((Self::new(read_pem(text, rules)?), Vec::new()));
        }
        if contains(b"-----BEGIN CERTIFICATE-----") {
            return Err(KeyFileFault::Certificate);
        }
        if contains(b"-----BEGIN RSA PUBLIC KEY-----") {
            return Err(KeyFileFault::RsaPublicKey);
        }
        let members = Members::parse(text).map_err(|_| KeyFileFault::UnknownForm)?;
        if members.contains("keys") {
            return Ok(Self::from_json(text, rules)?);
        }
        if members.contains("kty") {
            return Ok((Self::new(vec![read_key(text, rules, Spelling::Lenient)?]), Vec::new()));
        }
        Err(KeyFileFault::UnknownForm)
    }
}

fn read_pem(text: &[u8], rules: KeyRules) -> Result<Vec<VerificationKey>, KeyFileFault> {
    let mut keys: Vec<VerificationKey> = Vec::new();
    for block in SubjectPublicKeyInfoDer::pem_slice_iter(text) {
        let block = block.map_err(|_| KeyFileFault::PublicKey(UnusableKey::Invalid))?;
        let rsa = rsa_default(rules.algorithms);
        let key = VerificationKey::from_any_info(rules.rsa, rsa, &block)?;
        if !rules.algorithms.contains(key.algorithm()) {
            return Err(KeyFileFault::NotAllowed(key.algorithm()));
        }
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        return Err(KeyFileFault::PublicKey(UnusableKey::Invalid));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;
    use crate::token::algorithm::Algorithms;
    use crate::token::public_key_info::tests::rsa_info;
    use crate::token::tests::modulus;

    // RFC 8037 appendix A.2, as a JWK and as `openssl pkey -pubout` writes it.
    const JWK: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
        -----END PUBLIC KEY-----\n";

    // Generated for this test.
    const P256: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEt/+R84xDh27yfrDc1ivJ3RPCODVt\n\
        3+iOsdV1aNGgrKA22ZoEevJp7HDm65UCFlNDVyzVCEvhv8NrqCkJWGgEug==\n\
        -----END PUBLIC KEY-----\n";

    fn read(text: &str, allowed: Algorithms) -> Result<usize, KeyFileFault> {
        KeySet::from_file(text.as_bytes(), allowed).map(|(keys, _)| keys.len())
    }

    #[test]
    fn each_form_of_file_is_read() {
        let set = format!(r#"{{"keys":[{JWK}]}}"#);
        let two = format!("{PEM}{P256}");
        let same = format!("{PEM}{PEM}");
        let files = [(PEM, 1), (&two, 2), (&same, 1), (JWK, 1), (&set, 1)];
        for (text, count) in files {
            assert_eq!(read(text, Algorithms::ASYMMETRIC), Ok(count), "{text}");
            let marked = format!("\u{feff}{text}");
            assert_eq!(read(&marked, Algorithms::ASYMMETRIC), Ok(count), "byte order mark: {text}");
        }
        assert!(read(&format!("\u{feff}\u{feff}{JWK}"), Algorithms::ASYMMETRIC).is_err());
    }

    #[test]
    fn each_other_file_is_rejected_with_advice() {
        use KeyFileFault::{
            Certificate, Key, NotAllowed, PrivateKey, PublicKey, RsaPublicKey, UnknownForm,
        };
        const ED448: &str = "-----BEGIN PUBLIC KEY-----\n\
            MEMwBQYDK2VxAzoAX9dEm1m0YfUuWwxhN0cnJZP3TGOHTi3CuRaoZpP4ZVVzi3Bm\n\
            xH1Mjds5JVWmPZbC1dHhnJ6AXsUA\n-----END PUBLIC KEY-----\n";
        const EMPTY: &str = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        const SMALL_ORDER: &str = "-----BEGIN PUBLIC KEY-----\n\
            MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
            -----END PUBLIC KEY-----\n";
        const PRIVATE: &str =
            "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
        const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        const PKCS1: &str = "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n";
        let table = [
            (PKCS1, RsaPublicKey),
            (ED448, PublicKey(UnusableKey::Ed448)),
            ("", UnknownForm),
            ("ssh-ed25519 AAAA", UnknownForm),
            ("{}", UnknownForm),
            (PRIVATE, PrivateKey),
            (CERTIFICATE, Certificate),
            (EMPTY, PublicKey(UnusableKey::Invalid)),
            (SMALL_ORDER, PublicKey(UnusableKey::Invalid)),
            (r#"{"kty":"oct","k":"AA"}"#, Key(SkipReason::SharedSecret)),
            (r#"{"kty":"EC","d":"AA"}"#, Key(SkipReason::PrivatePart)),
        ];
        for (text, fault) in table {
            assert_eq!(read(text, Algorithms::ASYMMETRIC), Err(fault), "{text}");
        }
        let rsa_alone = Algorithms::only([Algorithm::Rs256]);
        assert_eq!(read(PEM, rsa_alone), Err(NotAllowed(Algorithm::EdDsa)));
        let rejected = KeySet::from_file(br#"{"keys":[]}"#, Algorithms::ASYMMETRIC).map(drop);
        assert!(matches!(rejected, Err(KeyFileFault::KeySet(KeySetFault::NoUsableKey { .. }))));
    }

    fn rsa_pem(bits: usize, exponent: &[u8]) -> String {
        let text = STANDARD.encode(rsa_info(&modulus(bits), exponent));
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    }

    #[test]
    fn one_rule_for_rsa_keys_in_pem_and_in_jwk() {
        const E: &[u8] = &[1, 0, 1];
        let standard = KeyRules::from(Algorithms::DEFAULT);
        let large = KeyRules { rsa: crate::token::RsaLimits::Large, ..standard };
        let table = [
            (1024, E, false, false),
            (2047, E, false, false),
            (2048, E, true, true),
            (2048, &[3], true, true),
            (2048, &[1], false, false),
            (2048, &[2], false, false),
            (2048, &[1, 0, 3], false, true),
            (2048, &[1, 0, 0, 0, 1], false, false),
            (4096, E, true, true),
            (4104, E, false, true),
            (8192, &[0xff; 4], false, true),
            (8200, E, false, false),
        ];
        for (bits, exponent, by_default, if_large) in table {
            let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            let (n, e) = (encode(&modulus(bits)), encode(exponent));
            let jwk = format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#);
            let pem = rsa_pem(bits, exponent);
            for (rules, usable) in [(standard, by_default), (large, if_large)] {
                let weak = UnusableKey::WeakRsa;
                let of_pem = KeySet::from_file(pem.as_bytes(), rules).map(drop);
                let expected = if usable { Ok(()) } else { Err(KeyFileFault::PublicKey(weak)) };
                assert_eq!(of_pem, expected, "RFC 7518 3.3: PEM {bits} {exponent:?} {rules:?}");
                let of_jwk = KeySet::from_file(jwk.as_bytes(), rules).map(drop);
                let reason = SkipReason::Unusable(weak);
                let expected = if usable { Ok(()) } else { Err(KeyFileFault::Key(reason)) };
                assert_eq!(of_jwk, expected, "RFC 7518 3.3: JWK {bits} {exponent:?} {rules:?}");
            }
        }
    }

    #[test]
    fn as_many_keys_without_kid_are_read_as_are_tried() {
        let file = |count: usize| -> String {
            (0..count).map(|n| rsa_pem(2048, &[u8::try_from(2 * n + 3).expect("small")])).collect()
        };
        assert_eq!(read(&file(4), Algorithms::DEFAULT), Ok(4));
        let fault = KeyFileFault::Indistinguishable(Algorithm::Rs256);
        assert_eq!(read(&file(5), Algorithms::DEFAULT), Err(fault));
    }
}
