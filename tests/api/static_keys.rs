//! Keys from the settings, without a network.

use actix_resource_server::service::settings::{Settings, arguments};
use actix_resource_server::service::{VerifierSetupError, protected_resource};
use actix_resource_server::testing::{SigningKey, TokenMaker};
use actix_resource_server::token::Algorithm;

const ISSUER: &str = "https://issuer.example/";

fn settings(variables: &[(&str, &str)]) -> Settings {
    let flags = clap::Command::new("serve").args(arguments()).get_matches_from(["serve"]);
    let look_up = |name: &str| {
        let defaults = [("ISSUER", ISSUER), ("AUDIENCE", "api")];
        let mut all = variables.iter().chain(&defaults);
        all.find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    };
    Settings::load(&flags, look_up).expect("good settings")
}

#[actix_web::test]
async fn secret_verifies_only_its_algorithm() {
    let text = "a secret that both sides know, of sixty-four bytes and some more";
    for (algorithm, hash) in [
        (Algorithm::Hs256, jsonwebtoken::Algorithm::HS256),
        (Algorithm::Hs384, jsonwebtoken::Algorithm::HS384),
        (Algorithm::Hs512, jsonwebtoken::Algorithm::HS512),
    ] {
        let name = algorithm.to_string();
        let settings = settings(&[("SECRET", text), ("TOKEN_SIGNING_ALG", &name)]);
        let resource = protected_resource(&settings).expect("a resource");
        for (made_with, good) in [(hash, true), (jsonwebtoken::Algorithm::HS256, name == "HS256")] {
            let claims = serde_json::json!({"iss": ISSUER, "aud": "api", "exp": 9_999_999_999_u64});
            let key = jsonwebtoken::EncodingKey::from_secret(text.as_bytes());
            let token = jsonwebtoken::encode(&jsonwebtoken::Header::new(made_with), &claims, &key);
            let verdict = resource.verifier().verify(&token.expect("a token")).await;
            assert_eq!(verdict.is_ok(), good, "RFC 8725 3.1: {made_with:?} for {name}");
        }
        let public = SigningKey::generate(Algorithm::Es256);
        let forged = TokenMaker::new(ISSUER, &public).audience("api").encode();
        assert!(resource.verifier().verify(&forged).await.is_err(), "RFC 8725 3.1");
    }
}

#[actix_web::test]
async fn issuer_with_configured_keys_may_have_any_name() {
    let key = SigningKey::generate(Algorithm::Es256);
    let path = std::env::temp_dir().join(format!("{}.pem", key.id()));
    std::fs::write(&path, key.public_key_pem()).expect("a file");
    let file = path.to_str().expect("a path");
    let table = [
        // ISSUER, an `iss` that another party could use
        ("accounts.google.com", "https://accounts.google.com"),
        ("http://sts.example/adfs/services/trust", "https://sts.example/adfs/services/trust"),
        ("supabase", "Supabase"),
        ("urn:example:issuer", "urn:EXAMPLE:issuer"),
    ];
    for (issuer, other) in table {
        let settings = settings(&[("PUBLIC_KEY_FILE", file), ("ISSUER", issuer)]);
        let resource = protected_resource(&settings).expect("a resource");
        for (iss, good) in [(issuer, true), (other, false), (&issuer[1..], false)] {
            let token = TokenMaker::new(iss, &key).audience("api").encode();
            let verdict = resource.verifier().verify(&token).await;
            assert_eq!(verdict.is_ok(), good, "RFC 7519 4.1.1: {iss} for {issuer}");
        }
    }
    std::fs::remove_file(&path).expect("the file");
}

#[actix_web::test]
async fn key_file_works_without_a_network() {
    let key = SigningKey::generate(Algorithm::Es256);
    let path = std::env::temp_dir().join(format!("{}.pem", key.id()));
    std::fs::write(&path, key.public_key_pem()).expect("a file");
    let settings = settings(&[("PUBLIC_KEY_FILE", path.to_str().expect("a path"))]);
    let resource = protected_resource(&settings).expect("a resource");
    let good = TokenMaker::new(ISSUER, &key).audience("api");
    assert!(resource.verifier().verify(&good.clone().encode()).await.is_ok());
    let stranger = SigningKey::generate(Algorithm::Es256);
    assert!(resource.verifier().verify(&good.signed_by(&stranger).encode()).await.is_err());

    std::fs::write(&path, "nothing of use").expect("a file");
    let unusable = protected_resource(&settings).map(drop);
    assert!(matches!(unusable, Err(VerifierSetupError::UnusableKeyFile { .. })), "{unusable:?}");
    std::fs::remove_file(&path).expect("the file");
    let missing = protected_resource(&settings).map(drop);
    assert!(matches!(missing, Err(VerifierSetupError::UnreadableKeyFile { .. })), "{missing:?}");
}
