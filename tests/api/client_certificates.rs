//! Tokens bound to a client certificate (RFC 8705), over real handshakes and from proxies.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use actix_resource_server::testing::SigningKey;
use actix_resource_server::token::{Algorithm, CertificateThumbprint};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CertifiedKey, IsCa, KeyPair,
    generate_simple_self_signed,
};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};
use serde_json::json;

use crate::process::{Process, TIME_LIMIT, wait_until};
use crate::tls::Files;

/// A client with its certificate, if it has one.
struct TlsClient(Arc<ClientConfig>);

/// A certificate in DER with its private key.
type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

fn self_signed() -> Identity {
    let made = generate_simple_self_signed(["client.example".to_owned()]).expect("a certificate");
    let CertifiedKey { cert, signing_key } = made;
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    (cert.der().clone(), key)
}

impl TlsClient {
    fn new(
        files: &Files,
        version: &'static SupportedProtocolVersion,
        identity: Option<&Identity>,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(files.made.cert.der().clone()).expect("a certificate");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .expect("a version")
            .with_root_certificates(roots);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(vec![certificate.clone()], key.clone_key())
                .expect("an identity"),
        };
        config.resumption = Resumption::in_memory_sessions(8);
        Self(Arc::new(config))
    }

    /// Status of `GET /api/private` with this token, and how the handshake was made.
    fn get(&self, process: &Process, token: &str) -> Result<(u16, HandshakeKind), String> {
        let stream = TcpStream::connect(process.address).expect("a connection");
        stream.set_read_timeout(Some(TIME_LIMIT)).expect("a time limit");
        let name = "api.example".try_into().expect("a name");
        let client = ClientConnection::new(Arc::clone(&self.0), name).expect("a client");
        let mut stream = StreamOwned::new(client, stream);
        let request = format!(
            "GET /api/private HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\nClient-Cert: :MAMCAQU=:\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).map_err(|fault| fault.to_string())?;
        let mut response = String::new();
        stream.read_to_string(&mut response).map_err(|fault| fault.to_string())?;
        let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
        let kind = stream.conn.handshake_kind().expect("a handshake");
        status.map(|status| (status, kind)).ok_or(response)
    }
}

fn bound_to(process: &Process, (certificate, _): &Identity) -> String {
    let thumbprint = CertificateThumbprint::of_certificate(certificate);
    process.token().bound_to_certificate(thumbprint).encode()
}

#[test]
fn certificate_of_the_handshake_must_be_the_one_that_the_token_names() {
    let files = Files::new();
    let process = files.serve_with(&[("CLIENT_CERTIFICATE", "tls")]);
    wait_until("it has keys", || process.log().contains("keys"));
    let (own, other) = (self_signed(), self_signed());
    let bound = bound_to(&process, &own);
    let spoofed = process
        .token()
        .bound_to_certificate(CertificateThumbprint::of_certificate(&[0x30, 3, 2, 1, 5]))
        .encode();
    let unbound = process.token().encode();
    for version in [&TLS12, &TLS13] {
        let table = [
            (Some(&own), &bound, 200, "its own, self-signed"),
            (Some(&other), &bound, 401, "another"),
            (None, &bound, 401, "none"),
            (None, &unbound, 200, "none is demanded"),
            (Some(&own), &unbound, 200, "not needed"),
            (None, &spoofed, 401, "a header field"),
        ];
        for (identity, token, status, what) in table {
            let client = TlsClient::new(&files, version, identity);
            // Keys may still be on their way.
            wait_until("it is ready", || {
                client.get(&process, &unbound).is_ok_and(|it| it.0 == 200)
            });
            let (found, _) = client.get(&process, token).expect("a response");
            assert_eq!(found, status, "RFC 8705 3: {version:?}: {what}");
        }
        let client = TlsClient::new(&files, version, Some(&own));
        let kinds: Vec<_> = (0..3)
            .map(|_| {
                let (status, kind) = client.get(&process, &bound).expect("a response");
                assert_eq!(status, 200, "RFC 8705: {version:?}: {kind:?}");
                kind
            })
            .collect();
        assert!(kinds.contains(&HandshakeKind::Resumed), "{version:?}: {kinds:?}");
    }
}

#[test]
fn certificates_must_come_from_the_configured_authorities() {
    let files = Files::new();
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("a CA");
    let client_key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["client.example".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&client_key, &authority).expect("a certificate");
    let key = PrivateKeyDer::try_from(client_key.serialize_der()).expect("a key");
    let good = (certificate.der().clone(), key);
    let path = std::env::temp_dir().join(format!("client-ca-{}.pem", std::process::id()));
    fs::write(&path, authority.pem()).expect("a file");
    let path_text = path.display().to_string();
    let process =
        files.serve_with(&[("CLIENT_CERTIFICATE", "tls"), ("CLIENT_CA_FILE", &path_text)]);
    let stranger = self_signed();
    for version in [&TLS12, &TLS13] {
        let client = TlsClient::new(&files, version, Some(&good));
        let token = bound_to(&process, &good);
        wait_until("it is ready", || client.get(&process, &token).is_ok_and(|it| it.0 == 200));
        let client = TlsClient::new(&files, version, Some(&stranger));
        let answer = client.get(&process, &bound_to(&process, &stranger));
        assert!(answer.is_err(), "{version:?}: {answer:?}");
        let client = TlsClient::new(&files, version, None);
        let (status, _) = client.get(&process, &process.token().encode()).expect("a response");
        assert_eq!(status, 200, "none is demanded");
    }
    drop(fs::remove_file(path));
}

#[test]
fn header_of_a_trusted_proxy_is_read_in_each_form() {
    let (certificate, _) = self_signed();
    let thumbprint = CertificateThumbprint::of_certificate(&certificate);
    let base64 = STANDARD.encode(&certificate);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let pem =
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    let escaped: String = pem
        .chars()
        .map(|letter| match letter {
            '\n' => "%0A".to_owned(),
            ' ' => "%20".to_owned(),
            '+' => "%2B".to_owned(),
            '/' => "%2F".to_owned(),
            '=' => "%3D".to_owned(),
            letter => letter.to_string(),
        })
        .collect();
    let hash: String = thumbprint.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let zeros = "0".repeat(64);
    let rfc = format!(":{base64}:");
    let table: [(&str, &str, Vec<String>); 3] = [
        ("Client-Cert", "client-cert", vec![rfc.clone()]),
        ("X-SSL-Cert", "x-ssl-cert", vec![escaped.clone()]),
        (
            "X-Forwarded-Client-Cert",
            "x-forwarded-client-cert",
            vec![
                format!("Hash={hash}"),
                format!("By=spiffe://a;Hash={hash};Subject=\"CN=a,O=\\\"b;c\\\"\";URI=x"),
                format!("Cert=\"{escaped}\""),
                format!("hash={};Cert=\"{escaped}\"", hash.to_uppercase()),
            ],
        ),
    ];
    let wrong = [
        format!(":{base64}"),
        base64.clone(),
        pem.replace('\n', " ").replace("CERTIFICATE", "KEY"),
        format!("Hash={zeros};Cert=\"{escaped}\""),
        format!("Hash={hash},Hash={hash}"),
        format!("Hash={hash};Hash={hash}"),
        format!("Hash={}", &hash[..62]),
        "Cert=\"%zz\"".to_owned(),
        "x".repeat(20_000),
    ];
    for (setting, name, values) in table {
        for trusted in ["127.0.0.0/8", "10.0.0.0/8"] {
            let process = Process::start(&[
                ("CLIENT_CERTIFICATE", "header"),
                ("CLIENT_CERTIFICATE_HEADER", setting),
                ("TRUSTED_PROXIES", trusted),
            ]);
            let token = process.token().bound_to_certificate(thumbprint).encode();
            let status = |fields: &[&str]| {
                let mut client = process.connect();
                let fields: String =
                    fields.iter().map(|value| format!("{name}: {value}\r\n")).collect();
                client.send(format!(
                    "GET /api/private HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
                     Authorization: Bearer {token}\r\n{fields}\r\n"
                ));
                let response = client.rest();
                response.split(' ').nth(1).unwrap_or_default().to_owned()
            };
            let is_trusted = trusted.starts_with("127");
            for value in &values {
                let expected = if is_trusted { "200" } else { "401" };
                assert_eq!(status(&[value]), expected, "{setting} from {trusted}: {value:.60}");
                assert_eq!(status(&[value, value]), "401", "RFC 9440 2.2: two fields");
            }
            for value in &wrong {
                assert_eq!(status(&[value]), "401", "{setting}: {value:.60}");
            }
            assert_eq!(status(&[]), "401", "RFC 8705 3: none");
        }
    }
}

#[test]
fn token_bound_to_key_and_certificate_needs_both() {
    let (certificate, _) = self_signed();
    let thumbprint = CertificateThumbprint::of_certificate(&certificate);
    let key = SigningKey::generate(Algorithm::Es256);
    let process = Process::start(&[
        ("CLIENT_CERTIFICATE", "header"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("PUBLIC_URL", actix_resource_server::testing::PUBLIC_URL),
    ]);
    let both = json!({"jkt": key.thumbprint().to_string(), "x5t#S256": thumbprint.to_string()});
    let token = process.token().claim("cnf", both).encode();
    let header = format!("Client-Cert: :{}:\r\n", STANDARD.encode(&certificate));
    let target = format!("{}/api/private", actix_resource_server::testing::PUBLIC_URL);
    for (scheme, has_certificate, status) in [
        ("DPoP", true, "200"),
        ("DPoP", false, "401"),
        ("Bearer", true, "401"),
        ("Bearer", false, "401"),
    ] {
        let proof = actix_resource_server::testing::ProofMaker::new(&key)
            .target(target.as_str())
            .token(&token)
            .encode();
        let header = if has_certificate { header.as_str() } else { "" };
        let mut client = process.connect();
        client.send(format!(
            "GET /api/private HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Authorization: {scheme} {token}\r\nDPoP: {proof}\r\n{header}\r\n"
        ));
        let response = client.rest();
        assert_eq!(response.split(' ').nth(1), Some(status), "RFC 8705 3: {scheme}: {response}");
    }
}
