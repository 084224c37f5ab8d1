//! DPoP at the edge (RFC 9449): proofs are for the forwarded request under `PUBLIC_URL`.

use actix_resource_server::testing::{ProofMaker, SigningKey};
use actix_resource_server::token::Algorithm;

use super::{Directory, ask, status};
use crate::process::Process;

const PUBLIC_URL: &str = "https://shop.example/v1";

fn start(directory: &Directory, nonce: &str) -> Process {
    let policy = directory.path("policy.toml");
    let settings =
        [("FORWARD_AUTH", &*policy), ("TRUSTED_PROXIES", "127.0.0.1"), ("PUBLIC_URL", PUBLIC_URL)];
    Process::start(&[&settings[..], &[("DPOP_NONCE", nonce)]].concat())
}

fn present(process: &Process, method: &str, token: &str, proof: ProofMaker) -> String {
    let proof = proof.token(token).encode();
    let fields = format!("\r\nAuthorization: DPoP {token}\r\nDPoP: {proof}");
    ask(process, method, "/private?a=b", &fields).to_lowercase()
}

#[test]
fn a_proof_names_the_forwarded_request() {
    let directory = Directory::new();
    let process = start(&directory, "off");
    let key = SigningKey::generate(Algorithm::Es256);
    let token = process.token().bound_to(&key).encode();
    let proof = |method: &str, uri: String| ProofMaker::new(&key).method(method).target(uri);
    let private = || format!("{PUBLIC_URL}/private");
    let table = [
        ("GET", proof("GET", private()), "200", "RFC 9449 4.3"),
        ("POST", proof("POST", private()), "200", "the forwarded method"),
        ("POST", proof("GET", private()), "401", "RFC 9449 4.3-8: htm"),
        ("GET", proof("POST", private()), "401", "RFC 9449 4.3-8: htm"),
        ("GET", proof("GET", format!("{PUBLIC_URL}/notes")), "401", "RFC 9449 4.3-9: htu"),
        ("GET", proof("GET", format!("{PUBLIC_URL}/authorize")), "401", "not our own path"),
        ("GET", proof("GET", "https://shop.example/private".to_owned()), "401", "the prefix"),
        ("GET", proof("GET", format!("http://{}/private", process.address)), "401", "our address"),
    ];
    for (method, proof, expected, rule) in table {
        let answer = present(&process, method, &token, proof);
        assert_eq!(status(&answer), expected, "{rule}: {answer}");
        let is_named = answer.contains("error=\"invalid_dpop_proof\"");
        assert_eq!(is_named, expected == "401", "RFC 9449 7.1: {rule}: {answer}");
    }
    let once = || proof("GET", private()).id("once");
    assert_eq!(status(&present(&process, "GET", &token, once())), "200");
    let replay = present(&process, "GET", &token, once());
    assert_eq!(status(&replay), "401", "RFC 9449 11.1: {replay}");
    assert!(replay.contains("error=\"invalid_dpop_proof\""), "{replay}");
    let stolen = ask(&process, "GET", "/private", &format!("\r\nAuthorization: Bearer {token}"));
    assert_eq!(status(&stolen), "401", "RFC 9449 7.2: {stolen}");
}

#[test]
fn a_nonce_is_in_the_answer() {
    let directory = Directory::new();
    let process = start(&directory, "required");
    let key = SigningKey::generate(Algorithm::Es256);
    let token = process.token().bound_to(&key).encode();
    let proof = || ProofMaker::new(&key).target(format!("{PUBLIC_URL}/private"));
    let answer = present(&process, "GET", &token, proof());
    assert_eq!(status(&answer), "401", "{answer}");
    assert!(answer.contains("error=\"use_dpop_nonce\""), "RFC 9449 9: {answer}");
    let fields =
        format!("\r\nAuthorization: DPoP {token}\r\nDPoP: {}", proof().token(&token).encode());
    let answer = ask(&process, "GET", "/private", &fields);
    let nonce = answer.lines().find_map(|line| line.strip_prefix("dpop-nonce: "));
    let nonce = nonce.expect("RFC 9449 9: a nonce").trim_end();
    let answer = present(&process, "GET", &token, proof().nonce(nonce));
    assert_eq!(status(&answer), "200", "{answer}");
}
