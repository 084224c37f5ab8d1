//! Settings of DPoP, client certificates and the shared memory.

use super::*;
use crate::sender::{CertificateHeader, DpopMode};

fn urls(variables: &[(&str, &str)]) -> Vec<String> {
    let settings = load(&[&BASE, variables].concat(), &[]).unwrap();
    settings.sender.public_urls.iter().map(ToString::to_string).collect()
}

#[test]
fn public_urls_default_to_the_resource_and_a_loopback_address() {
    let loopback = ["http://127.0.0.1:3010", "http://localhost:3010"];
    let anywhere = ("HOST", "0.0.0.0");
    let opaque = ("AUDIENCE", "my-api");
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
    let table: [Row<'_>; 9] = [
        (&[], &["https://api.example", loopback[0], loopback[1]]),
        // As in `dev`.
        (&[("RESOURCE", loopback[1])], &[loopback[1], loopback[0]]),
        (&[anywhere], &["https://api.example"]),
        (&[opaque], &loopback),
        (&[opaque, anywhere], &[]),
        (
            &[("RESOURCE", "https://api.example/v1"), anywhere],
            &["https://api.example", "https://api.example/v1"],
        ),
        (
            &[("PUBLIC_URL", "https://a.example/v1,https://b.example")],
            &["https://a.example/v1", "https://b.example"],
        ),
        (&[("HOST", "::1"), opaque], &["http://[::1]:3010", "http://localhost:3010"]),
        (
            &[("TLS_CERT_FILE", "a"), ("TLS_KEY_FILE", "b"), opaque],
            &["https://127.0.0.1:3010", "https://localhost:3010"],
        ),
    ];
    for (variables, expected) in table {
        assert_eq!(urls(variables), expected, "{variables:?}");
    }
}

#[test]
fn every_setting_is_read_from_its_variable() {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let files = Directory::new(&[("one", key), ("two", &format!("{key}\n{key}\n"))]);
    let (one, two) = (files.path("one"), files.path("two"));
    let settings = with_base(&[
        ("DPOP", "required"),
        ("DPOP_SIGNING_ALG", "ES256,Ed25519"),
        ("DPOP_PROOF_MAX_AGE", "30"),
        ("DPOP_PROOF_TOLERANCE", "0"),
        ("DPOP_NONCE", "required"),
        ("DPOP_NONCE_KEY_FILE", &one),
        ("DPOP_REPLAY_ENTRIES", "200000"),
        ("CLIENT_CERTIFICATE", "header"),
        ("CLIENT_CERTIFICATE_HEADER", "x-ssl-cert"),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
        ("SHARED_MEMORY", "redis://:secret@redis.example"),
    ]);
    let sender = settings.unwrap().sender;
    assert_eq!(sender.dpop, DpopMode::Required);
    assert_eq!(sender.algorithms, Algorithms::only([Algorithm::Es256, Algorithm::EdDsa]));
    assert_eq!((sender.max_age, sender.tolerance), (Duration::from_secs(30), Duration::ZERO));
    assert_eq!(sender.proof_entries, 200_000);
    assert_eq!(sender.certificates, Some(CertificateOrigin::Header(CertificateHeader::EscapedPem)));
    assert!(matches!(sender.nonces, Some(NonceKeySource::Shared { previous: None, .. })));
    let shown = format!("{sender:?}");
    assert!(shown.contains("Shared(1 key)") && !shown.contains("secret"), "{shown}");
    let nonces = |variables: &[(&str, &str)]| with_base(variables).unwrap().sender.nonces;
    let shared = nonces(&[("DPOP_NONCE", "required"), ("DPOP_NONCE_KEY_FILE", &two)]);
    assert!(matches!(shared, Some(NonceKeySource::Shared { previous: Some(_), .. })));
    assert_eq!(nonces(&[("DPOP_NONCE", "required")]), Some(NonceKeySource::Random));
}

#[test]
fn each_invalid_value_is_rejected_with_advice() {
    let files = Directory::new(&[("short", "AAAA"), ("none", "")]);
    let (short, none) = (files.path("short"), files.path("none"));
    let lines = "it must hold one or two lines";
    let table: [(&[(&str, &str)], &str); 21] = [
        (&[("PUBLIC_URL", "http://api.example")], "it is not https"),
        (&[("PUBLIC_URL", "https://api.example?x")], "it has a query or a fragment"),
        (&[("PUBLIC_URL", "api.example")], "it is not an absolute URL"),
        (&[("DPOP", "on")], "not one of off, allowed and required"),
        (&[("DPOP", "Required")], "not one of off, allowed and required"),
        (
            &[("DPOP", "required"), ("AUDIENCE", "api"), ("HOST", "::")],
            "DPoP proofs name the URL of the request, and none is known; set PUBLIC_URL",
        ),
        (&[("DPOP_SIGNING_ALG", "HS256")], "DPoP proofs are signed with the private key"),
        (&[("DPOP_SIGNING_ALG", "none")], "not supported; supported are RS256"),
        (&[("DPOP_PROOF_MAX_AGE", "0")], "it must be a whole number of seconds from 1 to 3600"),
        (&[("DPOP_PROOF_TOLERANCE", "-1")], "it must be a whole number of seconds from 0 to 300"),
        (&[("DPOP_NONCE", "allowed")], "it must be off or required"),
        (&[("DPOP_NONCE", "required"), ("DPOP", "off")], "DPoP is off, so there are no proofs"),
        (&[("DPOP_NONCE_KEY_FILE", &short)], lines),
        (&[("DPOP_NONCE_KEY_FILE", "/dev/zero")], "larger than 65536 bytes"),
        (&[("DPOP_NONCE", "required"), ("DPOP_NONCE_KEY_FILE", &none)], lines),
        (&[("DPOP_REPLAY_ENTRIES", "10")], "it must be a whole number from 1000 to 1000000000"),
        (&[("SHARED_MEMORY", "http://:secret@redis")], "it does not start with redis://"),
        (&[("CLIENT_CERTIFICATE", "on")], "it must be off, tls or header"),
        (&[("CLIENT_CERTIFICATE", "tls")], "this server does not speak TLS"),
        (&[("CLIENT_CERTIFICATE", "header")], "anyone could send the header"),
        (&[("CLIENT_CERTIFICATE_HEADER", "X-Cert")], "not one of Client-Cert, X-SSL-Cert"),
    ];
    for (variables, expected) in table {
        let problems = problems(with_base(variables)).join("\n");
        assert!(problems.contains(expected), "{variables:?}: {problems}");
        assert!(!problems.contains("secret@"), "{problems}");
    }
}

#[test]
fn a_token_header_needs_trusted_proxies_and_no_proof() {
    let proxies = ("TRUSTED_PROXIES", "10.0.0.0/8");
    let header = ("TOKEN_HEADER", "X-Forwarded-Access-Token");
    for name in ["X-Forwarded-Access-Token", "Cf-Access-Jwt-Assertion", "x-amzn-oidc-data"] {
        let settings = with_base(&[("TOKEN_HEADER", name), proxies]).unwrap();
        let read = settings.token_header.map(|header| header.to_string());
        assert_eq!(read, Some(name.to_ascii_lowercase()));
        assert_eq!(settings.sender.dpop, DpopMode::Off, "its tokens come without a proof");
    }
    assert_eq!(with_base(&[("TOKEN_HEADER", "")]).unwrap().token_header, None);
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a str);
    let table: [Row<'_>; 7] = [
        (&[header], "anyone could send the header; set TRUSTED_PROXIES"),
        (&[header, proxies, ("DPOP", "required")], "comes without a proof"),
        (&[("TOKEN_HEADER", "authorization"), proxies], "tokens are taken from Authorization"),
        (&[("TOKEN_HEADER", "X Token"), proxies], "not the name of a header field"),
        (&[("TOKEN_HEADER", "Transfer-Encoding"), proxies], "for one connection only"),
        (&[("TOKEN_HEADER", "Proxy-Authorization"), proxies], "for one connection only"),
        (&[("TOKEN_HEADER", "Cookie"), proxies], "a meaning of its own"),
    ];
    for (variables, advice) in table {
        let error = with_base(variables).unwrap_err().to_string();
        assert!(error.contains(advice), "{variables:?}: {error}");
    }
    // Each advice, followed.
    assert!(with_base(&[header, proxies]).is_ok());
    assert!(with_base(&[header, proxies, ("DPOP", "off")]).is_ok());
    assert!(with_base(&[("DPOP", "required")]).is_ok(), "TOKEN_HEADER unset");
}
