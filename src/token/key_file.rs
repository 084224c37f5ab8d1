//! Keys from a file: PEM, one JWK, or a JWK Set.

use derive_more::{Display, Error, From};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;

use super::algorithm::{Algorithm, Algorithms};
use super::json::Members;
use super::json_web_key::{read_key, rsa_default};
use super::key::{UnusableKey, VerificationKey};
use super::key_set::KeySet;
use super::key_set_fault::{KeySetFault, SkipReason, SkippedKey};

/// Why a file gives no keys. The operator is to blame.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
pub enum KeyFileFault {
    /// Neither PEM nor JSON.
    #[display("it is neither PEM (-----BEGIN PUBLIC KEY-----), nor a JWK, nor a JWK Set")]
    UnknownForm,
    /// A private key: whoever can read the file can forge tokens, and this server needs none.
    #[display("it holds a private key; give the public one (openssl pkey -pubout)")]
    PrivateKey,
    /// A certificate: its key is wanted, not what surrounds it.
    #[display("it holds a certificate; give its public key (openssl x509 -pubkey -noout)")]
    Certificate,
    /// An RSA key in the older form of PEM, which says nothing of its type (RFC 8017 appendix A.1.1).
    #[display(
        "it holds an RSA PUBLIC KEY; give it as a PUBLIC KEY (openssl rsa -RSAPublicKey_in -pubout)"
    )]
    RsaPublicKey,
    /// Several keys for one algorithm, and no `kid`: no token says which of them to use.
    #[display(
        "it holds several keys for {_0} without a kid to tell them apart, so no token could be \
         verified; give them as a JWK Set in which each has its kid"
    )]
    #[from(ignore)]
    Indistinguishable(#[error(not(source))] Algorithm),
    /// A PEM block that is no public key this server can use.
    #[display("its public key cannot be used: {_0}")]
    PublicKey(UnusableKey),
    /// The key's algorithm is not on the allow-list.
    #[display("its key is for {_0}, which is not among the allowed algorithms")]
    #[from(ignore)]
    NotAllowed(#[error(not(source))] Algorithm),
    /// A JWK that this server cannot use.
    #[display("its key cannot be used: {_0}")]
    Key(SkipReason),
    /// A JWK Set that this server cannot use.
    #[display("{_0}")]
    KeySet(KeySetFault),
}

impl KeySet {
    /// Reads the public keys of a file: one or more `PUBLIC KEY` blocks of PEM, one JWK, or a
    /// JWK Set.
    ///
    /// A PEM file says nothing of algorithms: an RSA key is taken for RS256, unless `allowed`
    /// leaves one other RSA algorithm; keys on a curve have the algorithm of their curve.
    ///
    /// # Errors
    ///
    /// [`KeyFileFault`] if there is no public key to be had from it.
    pub fn from_file(
        text: &[u8],
        allowed: Algorithms,
    ) -> Result<(Self, Vec<SkippedKey>), KeyFileFault> {
        let (keys, skipped) = Self::from_any_form(text, allowed)?;
        let nameless: Vec<_> = keys.iter().filter(|key| key.id().is_none()).collect();
        let is_twin = |key: &&&VerificationKey| {
            nameless.iter().filter(|other| other.algorithm() == key.algorithm()).count() > 1
        };
        match nameless.iter().find(is_twin) {
            Some(twin) => Err(KeyFileFault::Indistinguishable(twin.algorithm())),
            None => Ok((keys, skipped)),
        }
    }

    fn from_any_form(
        text: &[u8],
        allowed: Algorithms,
    ) -> Result<(Self, Vec<SkippedKey>), KeyFileFault> {
        let contains = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
        if contains(b"PRIVATE KEY-----") {
            return Err(KeyFileFault::PrivateKey);
        }
        if contains(b"-----BEGIN PUBLIC KEY-----") {
            return Ok((Self::new(read_pem(text, allowed)?), Vec::new()));
        }
        if contains(b"-----BEGIN CERTIFICATE-----") {
            return Err(KeyFileFault::Certificate);
        }
        if contains(b"-----BEGIN RSA PUBLIC KEY-----") {
            return Err(KeyFileFault::RsaPublicKey);
        }
        let members = Members::parse(text).map_err(|_| KeyFileFault::UnknownForm)?;
        if members.contains("keys") {
            return Ok(Self::from_json(text, allowed)?);
        }
        if members.contains("kty") {
            return Ok((Self::new(vec![read_key(text, allowed)?]), Vec::new()));
        }
        Err(KeyFileFault::UnknownForm)
    }
}

fn read_pem(text: &[u8], allowed: Algorithms) -> Result<Vec<VerificationKey>, KeyFileFault> {
    let mut keys = Vec::new();
    for block in SubjectPublicKeyInfoDer::pem_slice_iter(text) {
        let block = block.map_err(|_| KeyFileFault::PublicKey(UnusableKey::Invalid))?;
        let key = read_public_key(&block, allowed)?;
        if !allowed.contains(key.algorithm()) {
            return Err(KeyFileFault::NotAllowed(key.algorithm()));
        }
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(KeyFileFault::PublicKey(UnusableKey::Invalid));
    }
    Ok(keys)
}

/// The encoding says which type the key is of, so at most one of the attempts succeeds.
fn read_public_key(der: &[u8], allowed: Algorithms) -> Result<VerificationKey, UnusableKey> {
    let candidates = [rsa_default(allowed), Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa];
    let mut fault = UnusableKey::Invalid;
    for algorithm in candidates {
        match VerificationKey::from_public_key_info(algorithm, der) {
            Ok(key) => return Ok(key),
            Err(UnusableKey::WeakRsa) => fault = UnusableKey::WeakRsa,
            Err(_) => {}
        }
    }
    Err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8037 appendix A.2, as a JWK and as `openssl pkey -pubout` writes it.
    const JWK: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
        -----END PUBLIC KEY-----\n";

    // Made for this test, its private part forgotten.
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
        for (text, count) in [(PEM, 1), (two.as_str(), 2), (JWK, 1), (set.as_str(), 1)] {
            assert_eq!(read(text, Algorithms::ASYMMETRIC), Ok(count), "{text}");
        }
    }

    #[test]
    fn what_is_no_public_key_is_refused_with_what_to_do() {
        use KeyFileFault::{
            Certificate, Indistinguishable, Key, NotAllowed, PrivateKey, PublicKey, RsaPublicKey,
            UnknownForm,
        };
        const EMPTY: &str = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        const SMALL_ORDER: &str = "-----BEGIN PUBLIC KEY-----\n\
            MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
            -----END PUBLIC KEY-----\n";
        const PRIVATE: &str =
            "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
        const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        const PKCS1: &str = "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n";
        let two = format!("{PEM}{PEM}");
        let set_of_two = format!(r#"{{"keys":[{JWK},{JWK}]}}"#);
        let table = [
            (PKCS1, RsaPublicKey),
            (two.as_str(), Indistinguishable(Algorithm::EdDsa)),
            (set_of_two.as_str(), Indistinguishable(Algorithm::EdDsa)),
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
        let refused = KeySet::from_file(br#"{"keys":[]}"#, Algorithms::ASYMMETRIC).map(drop);
        assert!(matches!(refused, Err(KeyFileFault::KeySet(KeySetFault::NoUsableKey { .. }))));
    }
}
