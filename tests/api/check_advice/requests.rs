//! Settings that `explain --request` advises, followed: the request is accepted.

use std::fs;
use std::path::PathBuf;

use actix_resource_server::testing::{ProofMaker, SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;

use crate::command_line::{flat, run_in};

const API: &str = "https://api.example";
const SHOP: &str = "https://shop.example";

#[test]
fn a_request_is_accepted_with_the_advised_setting() {
    let issuer = TestIssuer::start();
    let key = SigningKey::generate(Algorithm::Es256);
    let token = issuer.token().audience("my-api").bound_to(&key).encode();
    let bearer = issuer.token().audience("my-api").encode();
    let proof =
        |uri: &str| ProofMaker::new(&key).target(format!("{uri}/api/private")).token(&token);
    let with_proof = |proof: ProofMaker| {
        let proof = proof.encode();
        format!("GET /api/private HTTP/1.1\nHost: a\nAuthorization: DPoP {token}\nDPoP: {proof}\n")
    };
    let explained = |request: &str, settings: &[(&str, &str)]| {
        // Without a loopback address, the only public URLs are those that are set.
        let base = [("ISSUER_BASE_URL", issuer.url()), ("AUDIENCE", "my-api"), ("HOST", "0.0.0.0")];
        let (code, text) = run_in(&[&base, settings].concat(), &["explain", "--request", request]);
        (code, flat(&text))
    };
    let (api, both) = (("PUBLIC_URL", API), format!("{API},{SHOP}"));
    let prefixed = format!("{API}/v1");
    let table = [
        (
            with_proof(proof(API)),
            vec![],
            "set PUBLIC_URL to the URL that clients use, and DPOP=allowed",
            vec![api, ("DPOP", "allowed")],
        ),
        (
            with_proof(proof(API)),
            vec![api, ("DPOP", "off")],
            "set PUBLIC_URL to the URL that clients use, and DPOP=allowed",
            vec![api, ("DPOP", "allowed")],
        ),
        (
            with_proof(proof(SHOP)),
            vec![api],
            "add it to PUBLIC_URL, which is now https://api.example",
            vec![("PUBLIC_URL", both.as_str())],
        ),
        (
            with_proof(proof(&prefixed)),
            vec![api],
            "if a proxy strips a prefix, add the prefix to PUBLIC_URL",
            vec![("PUBLIC_URL", prefixed.as_str())],
        ),
    ];
    for (request, settings, advice, followed) in table {
        let (code, text) = explained(&request, &settings);
        assert_eq!(code, 1, "{advice}: {text}");
        assert!(text.contains(advice), "{advice}: {text}");
        let (code, text) = explained(&request, &followed);
        assert_eq!(code, 0, "{advice}: {text}");
    }

    // With nonces the clock of the client does not matter: the server asks for a nonce first.
    let ahead = with_proof(proof(API).made_in(3600.0));
    let (code, text) = explained(&ahead, &[api]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("set DPOP_NONCE=required, which makes its clock irrelevant"), "{text}");
    let (code, text) = explained(&ahead, &[api, ("DPOP_NONCE", "required")]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("the response is 401 use_dpop_nonce"), "RFC 9449 9: {text}");

    let header = [("TOKEN_HEADER", "X-Token"), ("TRUSTED_PROXIES", "10.0.0.0/8")];
    let (code, text) = explained(&format!("Authorization: Bearer {bearer}"), &header);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("have the proxy set the header x-token (TOKEN_HEADER)"), "{text}");
    let (code, text) = explained(&format!("X-Token: {bearer}"), &header);
    assert_eq!(code, 0, "{text}");
}

/// A configuration directory with one file, removed on drop.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str, content: &str) -> Self {
        let name = format!("actix-resource-server-advice-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a directory");
        fs::write(path.join("default.toml"), content).expect("a file");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Whether tokens of an issuer must, may or must not be bound to DPoP keys.
#[test]
fn dpop_is_allowed_as_advised() {
    let issuer = TestIssuer::start();
    let key = SigningKey::generate(Algorithm::Es256);
    let token = issuer.token().audience("my-api").bound_to(&key).encode();
    let bearer = issuer.token().audience("my-api").encode();
    let proof = ProofMaker::new(&key).target(format!("{API}/api/private")).token(&token).encode();
    let request =
        format!("GET /api/private HTTP/1.1\nHost: a\nAuthorization: DPoP {token}\nDPoP: {proof}\n");
    let other = TestIssuer::start();
    let table = |issuer: &TestIssuer, mode: &str| {
        let url = issuer.url();
        format!("[[issuers]]\nissuer = '{url}'\naudience = 'my-api'\ndpop = '{mode}'\n")
    };
    let off_alone = Directory::new("off-alone", &table(&issuer, "off"));
    let off = Directory::new("off", &(table(&issuer, "off") + &table(&other, "allowed")));
    let allowed = Directory::new("allowed", &table(&issuer, "allowed"));
    let explained = |directory: &Directory| {
        let variables = [("CONFIG_DIR", directory.path()), ("PUBLIC_URL", API)];
        let (code, text) = run_in(&variables, &["explain", "--request", &request]);
        (code, flat(&text))
    };
    let advice = [
        (&off, "set dpop = \"allowed\" in the [[issuers]] table of this issuer"),
        (&off_alone, "in the [[issuers]] table of the issuer, dpop = \"allowed\""),
    ];
    for (directory, advice) in advice {
        let (code, text) = explained(directory);
        assert_eq!(code, 1, "RFC 9449 7.1: {text}");
        assert!(text.contains(advice), "{advice}: {text}");
    }
    let (code, text) = explained(&allowed);
    assert_eq!(code, 0, "{text}");

    let explained = |mode| {
        let variables = [
            ("ISSUER_BASE_URL", issuer.url()),
            ("AUDIENCE", "my-api"),
            ("PUBLIC_URL", API),
            ("DPOP", mode),
        ];
        let (code, text) = run_in(&variables, &["explain", &bearer]);
        (code, flat(&text))
    };
    let (code, text) = explained("required");
    assert_eq!(code, 1, "RFC 9449 7.2: {text}");
    assert!(text.contains("For clients that cannot, set DPOP=allowed"), "{text}");
    let (code, text) = explained("allowed");
    assert_eq!(code, 0, "{text}");
}
