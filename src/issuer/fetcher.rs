//! HTTP client for small documents: over TLS, within limits of size and time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use derive_more::{Display, Error, From};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONNECTION, HOST, HeaderValue,
    IF_NONE_MATCH, USER_AGENT,
};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::certificate_fault::CertificateFault;
use super::connector::{Connector, NotConnected, Tried};
use super::fault::IssuerFault;
use super::key_refresh::KeyRefresh;
use super::response::{Content, Head, Response};
use crate::secure_url::redacted;

/// Fetches documents.
pub(crate) trait Fetch {
    /// Gets one document.
    async fn get(&self, address: &Url, condition: Condition<'_>) -> Result<Response, IssuerFault>;
}

/// What a request says about the document that is already known, and when it must be over.
#[derive(derive_more::Debug, Clone, Copy)]
pub(crate) struct Condition<'a> {
    /// The entity tag of the known document (RFC 9110 section 13.1.2).
    pub(crate) etag: Option<&'a str>,
    /// Whether caches on the way must ask the issuer (`no-cache`, RFC 9111 section 5.2.1.4).
    pub(crate) current: bool,
    /// When the request is given up; none for never.
    pub(crate) deadline: Option<Instant>,
    /// The bearer token to send.
    #[debug(skip)]
    pub(crate) token: Option<&'a str>,
}

/// Fetches documents over HTTP/1.1, each over a connection of its own: they are fetched minutes
/// apart, and by then a kept connection is mostly dead.
#[derive(Clone)]
pub(crate) struct Fetcher {
    connector: Connector,
    refresh: KeyRefresh,
}

/// A key set's registered media type first: Kubernetes answers 406 without it. The body is judged by
/// what it is, whatever its type says.
const MEDIA_TYPES: &str = "application/jwk-set+json, application/json, */*;q=0.1";

/// Some firewalls in front of issuers reject requests without a product name.
const PRODUCT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// How many header fields of a response are read.
const MOST_FIELDS: usize = 256;

impl Fetch for Fetcher {
    async fn get(&self, address: &Url, condition: Condition<'_>) -> Result<Response, IssuerFault> {
        let tried = Tried::default();
        let fetched = self.fetch(address, condition, &tried);
        let in_time = match condition.deadline {
            Some(deadline) => timeout_at(deadline, fetched).await,
            None => Ok(fetched.await),
        };
        in_time.unwrap_or_else(|_| {
            let limit = self.refresh.fetch_limit;
            Err(IssuerFault::TimedOut {
                address: redacted(address),
                limit,
                tried: tried.outcomes(),
            })
        })
    }
}

impl Fetcher {
    /// A fetcher over this TLS, within these limits.
    pub(crate) fn new(tls: Arc<ClientConfig>, refresh: &KeyRefresh) -> Self {
        Self { connector: Connector::new(tls), refresh: refresh.clone() }
    }

    async fn fetch(
        &self,
        address: &Url,
        condition: Condition<'_>,
        tried: &Tried,
    ) -> Result<Response, IssuerFault> {
        let unreachable = |reason: String| {
            let address = redacted(address);
            IssuerFault::Unreachable { address, reason }
        };
        let stream = match self.connector.connect(address, tried).await {
            Ok(stream) => stream,
            Err(NotConnected::NoAddress(fault)) => {
                return Err(unreachable(format!("its host name has no address: {fault}")));
            }
            Err(NotConnected::AllFailed(fault)) => {
                let host = address.host_str().unwrap_or_default();
                if let Some(fault) = CertificateFault::of(&fault, host) {
                    return Err(IssuerFault::Certificate { address: redacted(address), fault });
                }
                return Err(unreachable(tried.outcomes()));
            }
        };
        let failed = |fault: hyper::Error| unreachable(chain(&fault));
        let mut builder = http1::Builder::new();
        let builder = builder.max_headers(MOST_FIELDS);
        let (mut sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let request = request(address, condition)
            .map_err(|fault| unreachable(format!("the request cannot be made: {fault}")))?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(failed)?;
            self.read(address, condition, response).await
        };
        // The connection does the work of both, until the answer is complete.
        let (mut answer, mut connection) = (std::pin::pin!(answer), std::pin::pin!(connection));
        tokio::select! {
            answer = &mut answer => answer,
            _ = &mut connection => answer.await,
        }
    }

    async fn read(
        &self,
        address: &Url,
        condition: Condition<'_>,
        response: hyper::Response<Incoming>,
    ) -> Result<Response, IssuerFault> {
        let fields = response.headers();
        let head = Head::of(|name| fields.get(name)?.to_str().ok());
        let content = match response.status() {
            StatusCode::OK => {
                if let Some(encoding) = head.encoding {
                    return Err(IssuerFault::Encoded { address: redacted(address), encoding });
                }
                Content::Document(self.body(address, response.into_body()).await?)
            }
            StatusCode::NOT_MODIFIED if condition.etag.is_some() => Content::Unchanged,
            status => Content::Nothing { status: status.as_u16() },
        };
        Ok(Response { content, head })
    }

    async fn body(&self, address: &Url, body: Incoming) -> Result<Vec<u8>, IssuerFault> {
        let limit = self.refresh.largest_answer;
        match Limited::new(body, limit).collect().await {
            Ok(body) => {
                let bytes = body.to_bytes();
                // RFC 8259 section 8.1: a byte order mark may be ignored.
                Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).to_vec())
            }
            Err(fault) if fault.is::<http_body_util::LengthLimitError>() => {
                Err(IssuerFault::TooLarge { address: redacted(address), limit })
            }
            Err(fault) => {
                let reason = chain(fault.as_ref());
                Err(IssuerFault::Unreachable { address: redacted(address), reason })
            }
        }
    }
}

fn request(
    address: &Url,
    condition: Condition<'_>,
) -> Result<Request<Empty<Bytes>>, hyper::http::Error> {
    // RFC 9112 section 3.2.1: the origin form, and the host with its port as a field.
    let mut request = Request::get(&address[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &address[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, PRODUCT)
        .header(ACCEPT, MEDIA_TYPES)
        // A compressed body could grow without limit once decompressed.
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close");
    if let Some(etag) = condition.etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    if let Some(token) = condition.token {
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    if condition.current {
        request = request.header(CACHE_CONTROL, "no-cache");
    }
    request.body(Empty::new())
}

/// The error and its causes, in one text.
fn chain(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(fault) = cause {
        text.push_str(": ");
        text.push_str(&fault.to_string());
        cause = fault.source();
    }
    text
}

/// TLS that trusts the machine's root certificates, or those that `SSL_CERT_FILE` names, and the
/// additional ones of a PEM file.
///
/// # Errors
///
/// [`NoTls`] if the file cannot be used, or TLS cannot be set up.
pub(crate) fn tls_from_machine(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, NoTls> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for fault in found.errors {
        log::warn!("a root certificate cannot be read: {fault}");
    }
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if let Some(path) = ca_file {
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|fault| NoTls::of_file(path, &fault))?;
        }
    } else if usable == 0 {
        log::warn!("no root certificates found; no https issuer can be reached (SSL_CERT_FILE)");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(tls))
}

/// Why there is no TLS for fetching keys.
#[derive(Debug, Display, Error, From)]
pub enum NoTls {
    /// TLS cannot be set up.
    #[display("TLS cannot be set up: {_0}")]
    Setup(rustls::Error),
    /// The file of root certificates cannot be used.
    #[display("the file of root certificates {} cannot be used: {reason}", path.display())]
    #[from(ignore)]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl NoTls {
    fn of_file(path: &Path, reason: &dyn std::fmt::Display) -> Self {
        Self::CaFile { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// Reads the certificates of a PEM file, of which there must be one at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, NoTls> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|fault| NoTls::of_file(path, &fault))?;
    if certificates.is_empty() {
        return Err(NoTls::of_file(path, &"it contains no certificate"));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests;
