//! Files that are replaced while the service runs, and SIGHUP.

use std::fs;
use std::path::PathBuf;

use actix_resource_server::testing::{SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::Algorithm;

use crate::process::{Process, wait_until};
use crate::test_app::AUDIENCE;

const ISSUER: &str = "https://issuer.example/";

/// A temporary file, removed on drop.
struct File(PathBuf);

impl File {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let name =
            format!("actix-resource-server-reload-{}", SigningKey::generate(Algorithm::Es256).id());
        let file = Self(std::env::temp_dir().join(name));
        file.write(content);
        file
    }

    /// Replaces the content as deployments do, by renaming.
    fn write(&self, content: impl AsRef<[u8]>) {
        let new = self.0.with_extension("new");
        fs::write(&new, content).expect("written");
        fs::rename(&new, &self.0).expect("renamed");
    }

    fn serve(&self, setting: &str, interval: &str) -> Process {
        let variables = [
            ("ISSUER_BASE_URL", ""),
            ("ISSUER", ISSUER),
            (setting, self.0.to_str().expect("a path")),
            ("RELOAD_INTERVAL", interval),
        ];
        Process::start_with(TestIssuer::start(), &variables)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

fn status(process: &Process, token: &str) -> String {
    let mut client = process.connect();
    client.send(format!(
        "GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n"
    ));
    let answer = client.response().expect("an answer");
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

fn token(key: &SigningKey) -> String {
    TokenMaker::new(ISSUER, key).audience(AUDIENCE).encode()
}

/// Rotates from one key to the next, and tries what must not change the keys in between.
fn rotate(setting: &str, interval: &str, keys: [(&str, String); 2], invalid: &[&str]) {
    let [(old_content, old_token), (new_content, new_token)] = keys;
    let file = File::new(old_content);
    let mut process = file.serve(setting, interval);
    let reload = |expected: &str| {
        let before = process.log().matches(expected).count();
        process.signal("HUP");
        wait_until(expected, || process.log().matches(expected).count() > before);
    };
    assert_eq!([status(&process, &old_token), status(&process, &new_token)], ["200", "401"]);
    reload(&format!("{setting} of {ISSUER} unchanged"));

    for content in invalid {
        file.write(content);
        reload(&format!("{setting} of {ISSUER} not reloaded: "));
        assert_eq!(status(&process, &old_token), "200", "an invalid file keeps the old key");
    }
    fs::remove_file(&file.0).expect("removed");
    reload(&format!("{setting} of {ISSUER} not reloaded: "));
    assert_eq!(status(&process, &old_token), "200", "a missing file keeps the old key");

    file.write(new_content);
    let expected = format!("{setting} of {ISSUER} reloaded");
    if interval == "1" {
        wait_until(&expected, || process.log().contains(&expected));
    } else {
        reload(&expected);
    }
    // The old token is in the cache of verified tokens.
    assert_eq!([status(&process, &old_token), status(&process, &new_token)], ["401", "200"]);
    assert!(!process.log().contains("correct horse"), "a secret in the log: {}", process.log());
    process.signal("TERM");
    assert!(process.end().success(), "{}", process.log());
}

#[test]
fn replaced_public_key_file_is_loaded_and_invalid_one_is_not() {
    let keys = [(); 2].map(|()| SigningKey::generate(Algorithm::Es256));
    let weak = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let invalid = ["", "not a key", weak];
    let pem = keys.each_ref().map(SigningKey::public_key_pem);
    let [old, new] = &keys;
    for interval in ["1", "86400"] {
        let keys = [(pem[0].as_str(), token(old)), (pem[1].as_str(), token(new))];
        rotate("PUBLIC_KEY_FILE", interval, keys, &invalid);
    }
    let sets =
        keys.each_ref().map(|key| serde_json::json!({"keys": [key.public_jwk()]}).to_string());
    let keys = [(sets[0].as_str(), token(old)), (sets[1].as_str(), token(new))];
    rotate("PUBLIC_KEY_FILE", "86400", keys, &["{\"keys\": []}"]);
}

#[test]
fn replaced_secret_file_is_loaded_and_invalid_one_is_not() {
    let secrets = ["correct horse battery staple, old", "correct horse battery staple, new"];
    let tokens = secrets.map(|secret| {
        let claims = serde_json::json!({"iss": ISSUER, "aud": AUDIENCE, "exp": 9_999_999_999_u64});
        let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token")
    });
    let [old, new] = tokens;
    let keys = [(secrets[0], old), (secrets[1], new)];
    rotate("SECRET_FILE", "86400", keys, &["", "correct horse, too short"]);
}

#[test]
fn sighup_never_ends_the_process() {
    for mut process in [Process::start(&[]), Process::start_dev()] {
        for _ in 0..3 {
            process.signal("HUP");
        }
        wait_until("it says so", || process.log().contains("SIGHUP: nothing to reload"));
        process.assert_still_serves();
        process.signal("TERM");
        assert!(process.end().success(), "{}", process.log());
    }
}
