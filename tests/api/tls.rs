//! TLS terminated by the server.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use crate::process::{Process, TIME_LIMIT, wait_until};

/// Temporary files with a certificate and its key, removed on drop.
pub(crate) struct Files {
    directory: PathBuf,
    pub(crate) made: CertifiedKey<KeyPair>,
}

fn make() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["api.example".to_owned()]).expect("a certificate")
}

impl Files {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("actix-resource-server-tls-{}-{count}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).expect("a directory");
        let files = Self { directory, made: make() };
        files.write();
        files
    }

    fn write(&self) {
        fs::write(self.certificate(), self.made.cert.pem()).expect("written");
        fs::write(self.key(), self.made.signing_key.serialize_pem()).expect("written");
    }

    fn certificate(&self) -> PathBuf {
        self.directory.join("tls.crt")
    }

    fn key(&self) -> PathBuf {
        self.directory.join("tls.key")
    }

    fn serve(&self) -> Process {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, more: &[(&str, &str)]) -> Process {
        let (certificate, key) = (self.certificate(), self.key());
        let variables = [
            ("TLS_CERT_FILE", certificate.to_str().expect("a path")),
            ("TLS_KEY_FILE", key.to_str().expect("a path")),
            ("RELOAD_INTERVAL", "1"),
        ];
        let variables = [&variables, more].concat();
        Process::start_with(actix_resource_server::testing::TestIssuer::start(), &variables)
    }

    /// A client that trusts the latest certificate.
    fn client(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.made.cert.der().clone()).expect("a certificate");
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.directory));
    }
}

/// Response of `/healthz` and the negotiated protocol, if the handshake succeeds.
fn ask(process: &Process, client: ClientConfig) -> Result<(String, Option<Vec<u8>>), String> {
    let stream = TcpStream::connect(process.address).expect("a connection");
    stream.set_read_timeout(Some(TIME_LIMIT)).expect("a time limit");
    let name = "api.example".try_into().expect("a name");
    let client = ClientConnection::new(Arc::new(client), name).expect("a client");
    let mut stream = StreamOwned::new(client, stream);
    let request = b"GET /healthz HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n";
    stream.write_all(request).map_err(|fault| fault.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|fault| fault.to_string())?;
    let protocol = stream.conn.alpn_protocol().map(<[u8]>::to_vec);
    Ok((answer, protocol))
}

#[test]
fn tls_1_2_and_1_3_with_http_1_1_only() {
    let files = Files::new();
    let process = files.serve();
    for version in [&TLS12, &TLS13] {
        let mut client = files.client(&[version]);
        client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let (answer, protocol) = ask(&process, client).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("strict-transport-security"), "RFC 6797 7.2: {answer}");
        assert_eq!(protocol.as_deref(), Some(b"http/1.1".as_slice()), "RFC 7301 3.2");

        let mut stubborn = files.client(&[version]);
        stubborn.alpn_protocols = vec![b"h2".to_vec()];
        ask(&process, stubborn).expect_err("RFC 7301 3.2: no protocol in common");
    }
    let plain = process.get("/healthz");
    assert!(!plain.starts_with("HTTP/1.1 2"), "{plain}");
}

#[test]
fn new_certificate_is_loaded_and_invalid_one_is_not() {
    let mut files = Files::new();
    let mut process = files.serve();
    let asks = |files: &Files| ask(&process, files.client(&[&TLS13]));
    asks(&files).expect("an answer");

    fs::write(files.key(), make().signing_key.serialize_pem()).expect("written");
    wait_until("the invalid pair is reported", || {
        process.log().contains("TLS certificate not reloaded: TLS_KEY_FILE")
    });
    asks(&files).expect("an answer with the old certificate");

    files.made = make();
    files.write();
    wait_until("the new certificate is in use", || asks(&files).is_ok());
    process.signal("HUP");
    wait_until("it has looked at once", || process.log().contains("TLS certificate unchanged"));
    process.signal("TERM");
    assert!(process.end().success(), "{}", process.log());
}

#[test]
fn connections_without_handshake_make_room_for_new_ones() {
    let files = Files::new();
    let process =
        files.serve_with(&[("MAX_CONNECTIONS", "4"), ("WORKERS", "1"), ("HEAD_TIMEOUT", "60")]);
    let mut silent: Vec<_> = (0..4).map(|_| process.connect()).collect();
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(ask(&process, files.client(&[&TLS13])).is_ok(), "a new client is served");
    assert_eq!(silent[0].rest(), "");
}

#[test]
fn connection_without_handshake_is_closed() {
    let files = Files::new();
    let process = files.serve();
    let mut silent = process.connect();
    assert_eq!(silent.rest(), "");
    ask(&process, files.client(&[&TLS13])).expect("an answer");
}

#[test]
fn healthcheck_supports_tls() {
    let files = Files::new();
    let process = files.serve();
    let port = process.address.port().to_string();
    let check = |variables: &[(&str, &str)]| {
        Command::new(env!("CARGO_BIN_EXE_actix-resource-server"))
            .arg("healthcheck")
            .env_clear()
            .env("PORT", &port)
            .envs(variables.iter().copied())
            .output()
            .expect("a program that runs")
    };
    let certificate = files.certificate();
    let with_tls = check(&[("TLS_CERT_FILE", certificate.to_str().expect("a path"))]);
    assert!(with_tls.status.success(), "{with_tls:?}");
    assert!(!check(&[]).status.success(), "plain HTTP is not spoken here");
}

#[test]
fn unusable_files_are_rejected_at_start() {
    let files = Files::new();
    let other = Files::new();
    let path = |path: PathBuf| path.to_str().expect("a path").to_owned();
    let (certificate, key) = (path(files.certificate()), path(files.key()));
    let table = [
        ("/no/such/file".to_owned(), key.clone(), "TLS_CERT_FILE /no/such/file cannot be read"),
        (key.clone(), key.clone(), "has no certificate; it should be PEM"),
        (certificate.clone(), certificate.clone(), "has no private key; it should be PEM"),
        (certificate, path(other.key()), "does not belong to the certificate in TLS_CERT_FILE"),
    ];
    for (certificate, key, why) in table {
        let output = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"))
            .env_clear()
            .envs([("ISSUER_BASE_URL", "http://127.0.0.1:1/"), ("AUDIENCE", "a"), ("PORT", "0")])
            .envs([("TLS_CERT_FILE", certificate), ("TLS_KEY_FILE", key)])
            .output()
            .expect("a program that runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{why}: {said}");
    }
}
