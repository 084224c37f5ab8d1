//! Properties of judging DPoP proofs.

use actix_resource_server::sender::{
    BearerToken, CertificateHeader, Credentials, DpopPolicy, Presentation, Proofs, Scheme,
};
use actix_resource_server::testing::{ProofMaker, SigningKey, TokenMaker};
use actix_resource_server::token::{Algorithm, Timestamp, UnverifiedToken};
use proptest::collection::vec;
use proptest::prelude::*;

const NOW: u32 = 1_700_000_000;

/// Whether the proof is good for `GET https://api.example/notes` with this token.
fn is_good(token: &str, proof: &[u8]) -> bool {
    let policy = DpopPolicy::new(["https://api.example".parse().expect("a URL")]);
    let parsed = UnverifiedToken::parse(token).expect("a token");
    let text = BearerToken::from_bytes(token.as_bytes()).expect("a token");
    let mut credentials = Credentials::from(text);
    credentials.scheme = Scheme::Dpop;
    let presentation =
        Presentation::new(credentials, "GET", "/notes").with_proofs(Proofs::One(proof));
    let binding = parsed.unverified_claims().binding();
    policy.judge(&presentation, binding, Timestamp::from_seconds(NOW.into())).is_ok()
}

fn pair(algorithm: Algorithm) -> (String, String) {
    let key = SigningKey::generate(algorithm);
    let token =
        TokenMaker::new("https://issuer.example", &key).audience("a").bound_to(&key).encode();
    let proof = ProofMaker::new(&key).at(NOW).target("https://api.example/notes").token(&token);
    (token.clone(), proof.encode())
}

#[test]
fn a_proof_with_any_character_changed_is_rejected() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256] {
        let (token, proof) = pair(algorithm);
        assert!(is_good(&token, proof.as_bytes()));
        let last = proof.len() - 1;
        for place in 0..proof.len() {
            for other in [b'A', b'B', b'.', b'=', 0, 0xff] {
                let mut changed = proof.clone().into_bytes();
                if changed[place] != other {
                    changed[place] = other;
                    assert!(!is_good(&token, &changed), "{place} of {last}: {algorithm}");
                }
            }
            assert!(!is_good(&token, &proof.as_bytes()[..place]), "cut at {place}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_handled(proof in vec(any::<u8>(), 0..200), text in "[A-Za-z0-9_.-]{0,200}") {
        let (token, _) = pair(Algorithm::EdDsa);
        prop_assert!(!is_good(&token, &proof));
        prop_assert!(!is_good(&token, text.as_bytes()));
    }

    #[test]
    fn any_claims_and_header_are_handled(header in "\\PC{0,80}", claims in "\\PC{0,80}") {
        let key = SigningKey::generate(Algorithm::EdDsa);
        let token = TokenMaker::new("https://issuer.example", &key).audience("a").bound_to(&key).encode();
        let maker = || ProofMaker::new(&key).at(NOW).target("https://api.example/notes").token(&token);
        let proof = maker().raw_header(header).encode();
        prop_assert!(!is_good(&token, proof.as_bytes()));
        let proof = maker().raw_claims(claims).encode();
        prop_assert!(!is_good(&token, proof.as_bytes()));
    }

    #[test]
    fn any_certificate_field_is_handled(field in vec(any::<u8>(), 0..300), text in "[\\x20-\\x7e]{0,300}") {
        for form in [CertificateHeader::ClientCert, CertificateHeader::EscapedPem, CertificateHeader::Xfcc] {
            let _ = form.read([field.as_slice()]);
            let _ = form.read([text.as_bytes()]);
        }
    }
}
