//! An issuer over TLS, with certificates of every kind.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use actix_resource_server::testing::SigningKey;
use actix_resource_server::token::Algorithm;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, date_time_ymd,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{
    ALL_VERSIONS, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    SupportedProtocolVersion,
};
use serde_json::{Value, json};

/// A certificate authority.
pub(crate) struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
    key: Vec<u8>,
}

/// A server's certificate chain with the key of its first certificate.
pub(crate) struct Chain {
    certificates: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

/// A running issuer at `https://localhost:PORT/`.
pub(crate) struct TlsIssuer {
    port: u16,
    stopped: Arc<AtomicBool>,
}

impl Authority {
    /// An authority that signed its own certificate.
    pub(crate) fn root(name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().expect("a key"));
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate, key: key.serialize_der(), issuer: Issuer::new(params, key) }
    }

    /// An authority whose certificate this one signed.
    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().expect("a key"));
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Self { certificate, key: key.serialize_der(), issuer: Issuer::new(params, key) }
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// The authority's own certificate, used for a server.
    pub(crate) fn as_server(&self) -> Chain {
        Chain { certificates: vec![self.certificate.der().clone()], key: self.key.clone() }
    }

    /// A server's certificate for these names.
    pub(crate) fn server(&self, names: &[&str], expired: bool) -> Chain {
        self.server_with(names, |params| {
            if expired {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 1);
            }
        })
    }

    /// A server's certificate that is for later use.
    pub(crate) fn server_of_the_future(&self, names: &[&str]) -> Chain {
        self.server_with(names, |params| {
            params.not_before = date_time_ymd(2090, 1, 1);
            params.not_after = date_time_ymd(2091, 1, 1);
        })
    }

    /// A certificate for clients, used for a server.
    pub(crate) fn client_as_server(&self, names: &[&str]) -> Chain {
        self.server_with(names, |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        })
    }

    fn server_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Chain {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).expect("names");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Chain { certificates: vec![certificate.der().clone()], key: key.serialize_der() }
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Chain {
    /// The certificates and the key, in PEM.
    pub(crate) fn pem(&self) -> (String, String) {
        let certificates = self.certificates.iter().map(|der| pem("CERTIFICATE", der));
        (certificates.collect(), pem("PRIVATE KEY", &self.key))
    }

    /// The chain with the certificate of the authority that signed its first one.
    pub(crate) fn with(mut self, authority: &Authority) -> Self {
        self.certificates.push(authority.certificate.der().clone());
        self
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

impl TlsIssuer {
    /// An issuer that is named as it is asked for.
    pub(crate) fn start(chain: Chain) -> Self {
        let keys =
            json!({"keys": [SigningKey::generate(Algorithm::Es256).with_id("k").public_jwk()]});
        Self::answering(chain, move |head| (200, document(head, &keys)))
    }

    /// A server that answers each request with this status and body, by the request.
    pub(crate) fn answering(
        chain: Chain,
        answers: impl Fn(&str) -> (u16, String) + Send + 'static,
    ) -> Self {
        Self::with_clients(chain, ALL_VERSIONS, WebPkiClientVerifier::no_client_auth(), answers)
    }

    /// The same for clients with a certificate of this authority alone, over this version of TLS.
    pub(crate) fn demanding(
        chain: Chain,
        version: &'static SupportedProtocolVersion,
        clients: &Authority,
        answers: impl Fn(&str) -> (u16, String) + Send + 'static,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(clients.certificate.der().clone()).expect("a root");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        Self::with_clients(chain, &[version], clients.build().expect("a verifier"), answers)
    }

    fn with_clients(
        chain: Chain,
        versions: &[&'static SupportedProtocolVersion],
        clients: Arc<dyn ClientCertVerifier>,
        answers: impl Fn(&str) -> (u16, String) + Send + 'static,
    ) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(chain.key));
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_client_cert_verifier(clients)
            .with_single_cert(chain.certificates, key)
            .expect("a certificate");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let stopped = Arc::new(AtomicBool::new(false));
        let (tls, is_stopped) = (Arc::new(tls), Arc::clone(&stopped));
        thread::spawn(move || {
            for connection in listener.incoming() {
                if is_stopped.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                answer(connection, &tls, &answers);
            }
        });
        Self { port, stopped }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/", self.port)
    }
}

impl Drop for TlsIssuer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

/// Answers one request, unless the client ends the connection first.
fn answer(
    connection: TcpStream,
    tls: &Arc<ServerConfig>,
    answers: &impl Fn(&str) -> (u16, String),
) {
    let limit = Some(Duration::from_secs(5));
    let _ = (connection.set_read_timeout(limit), connection.set_write_timeout(limit));
    let session = ServerConnection::new(Arc::clone(tls)).expect("a session");
    let mut stream = StreamOwned::new(session, connection);
    let mut request = Vec::new();
    let mut piece = [0; 2048];
    while !is_whole(&request) {
        match stream.read(&mut piece) {
            Ok(length) if length > 0 => request.extend_from_slice(&piece[..length]),
            _ => return,
        }
    }
    let (status, body) = answers(&String::from_utf8_lossy(&request));
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

/// Whether the request has its head and as much of a body as that says.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split_once("\r\ncontent-length: ").map_or("0", |(_, rest)| rest);
    let length = length.split("\r\n").next().and_then(|length| length.parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// Metadata or the key set of an issuer with the name that the request asks for.
fn document(head: &str, keys: &Value) -> String {
    if head.starts_with("GET /keys") {
        return keys.to_string();
    }
    let head = head.to_lowercase();
    let host = head.split_once("\r\nhost: ").and_then(|(_, rest)| rest.split("\r\n").next());
    let origin = format!("https://{}", host.unwrap_or_default());
    json!({"issuer": format!("{origin}/"), "jwks_uri": format!("{origin}/keys")}).to_string()
}
