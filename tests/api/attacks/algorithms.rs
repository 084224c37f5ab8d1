//! Algorithm confusion: a different algorithm than the key's, or `none`.

use actix_resource_server::testing::TestIssuer;
use actix_resource_server::token::Algorithm;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{signature_of, with_signature};
use crate::test_app::{AUDIENCE, TestApp};
use crate::verdict::{NOT_ACCEPTED, UNSIGNED, check};

#[actix_web::test]
async fn none_in_every_spelling() {
    let app = TestApp::start().await;
    let spellings = (0..16_u8).map(|upper| -> String {
        let letter = |(place, letter): (usize, char)| {
            if upper >> place & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
        };
        "none".chars().enumerate().map(letter).collect()
    });
    for name in spellings {
        let token = app.token().header("alg", name.clone());
        check(
            &app,
            [
                (
                    "RFC 8725 3.2: no signature",
                    token.clone().without_signature().encode(),
                    UNSIGNED,
                ),
                ("RFC 8725 3.2: a good signature", token.clone().encode(), UNSIGNED),
                ("RFC 8725 3.2: no kid", token.without_header("kid").encode(), UNSIGNED),
            ],
        )
        .await;
    }
    // Cyrillic and full-width letters, and values that trimming would change.
    for name in ["", " none", "none ", "none\0", "n\u{43e}ne", "\u{ff4e}one", "null", "nonee"] {
        let token = app.token().header("alg", name).without_signature().encode();
        check(&app, [("RFC 7515 4.1.1", token, NOT_ACCEPTED)]).await;
    }
}

/// RFC 8725 section 2.1: the public key used as an HMAC secret.
#[actix_web::test]
async fn hmac_with_the_public_key() {
    let app = TestApp::start().await;
    let key = app.issuer.signing_key();
    let pem = key.public_key_pem();
    let der =
        STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>());
    let jwk = key.public_jwk();
    let modulus = jwk["n"].as_str().expect("a modulus").to_owned();
    let secrets: Vec<(&str, Vec<u8>)> = vec![
        ("PEM", pem.clone().into_bytes()),
        ("PEM without its last line break", pem.trim_end().as_bytes().to_vec()),
        ("PEM with other line breaks", pem.replace('\n', "\r\n").into_bytes()),
        ("DER", der.expect("base64")),
        ("JWK", jwk.to_string().into_bytes()),
        ("JWK Set", serde_json::json!({"keys": [jwk]}).to_string().into_bytes()),
        ("modulus", URL_SAFE_NO_PAD.decode(&modulus).expect("base64url")),
        ("modulus as text", modulus.into_bytes()),
        ("nothing", Vec::new()),
    ];
    for (form, secret) in secrets {
        for (name, algorithm) in [
            ("HS256", jsonwebtoken::Algorithm::HS256),
            ("HS384", jsonwebtoken::Algorithm::HS384),
            ("HS512", jsonwebtoken::Algorithm::HS512),
        ] {
            let named = app.token().header("alg", name);
            for token in [named.clone(), named.without_header("kid")] {
                let token = token.encode();
                let (input, _) = token.rsplit_once('.').expect("three parts");
                let key = jsonwebtoken::EncodingKey::from_secret(&secret);
                let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &key, algorithm);
                let token = format!("{input}.{}", signature.expect("a signature"));
                check(&app, [(format!("RFC 8725 2.1: {name}, {form}"), token, NOT_ACCEPTED)]).await;
            }
        }
    }
}

/// RFC 8725 section 3.1: a key is used with its one algorithm only, whatever the header says and even
/// if the signature is valid.
#[actix_web::test]
async fn different_algorithm_than_the_keys() {
    use Algorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Rs256, Rs384, Rs512};
    let issuer = TestIssuer::builder().algorithms([Rs256, Ps256, Es256, Es384, EdDsa]).start();
    let app = TestApp::with_issuer(issuer.expect("an issuer")).await;
    let token =
        |algorithm| app.issuer.token_with(&app.issuer.key_for(algorithm)).audience(AUDIENCE);
    // A signature valid for the header's algorithm, but not for the key's.
    for (key, name) in
        [(Rs256, Ps256), (Rs256, Rs384), (Rs256, Rs512), (Ps256, Rs256), (Ps256, Ps384)]
    {
        let forged = token(key).signed_as(name).encode();
        check(&app, [(format!("{key} under {name}"), forged, NOT_ACCEPTED)]).await;
    }
    // A valid signature with a different algorithm in the header.
    for (key, names) in [
        (Rs256, ["PS256", "ES256", "EdDSA", "RS1", "rs256", "RS256 "]),
        (Es256, ["ES384", "ES512", "ES256K", "EdDSA", "RS256", "Es256"]),
        (EdDsa, ["ES256", "Ed448", "eddsa", "EDDSA", "RS256", "Ed25519ph"]),
    ] {
        for name in names {
            let renamed = token(key).header("alg", name).encode();
            check(&app, [(format!("{key} called {name}"), renamed, NOT_ACCEPTED)]).await;
        }
    }
    // A signature with the right key and algorithm under the header of a different key.
    let elliptic = signature_of(&token(Es256).encode());
    let moved = with_signature(&token(Es256).header("alg", "ES384").encode(), &elliptic);
    check(&app, [("ES256 in the name of ES384", moved, NOT_ACCEPTED)]).await;
}
