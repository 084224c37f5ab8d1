//! HTTP client for small documents: over TLS, within limits of size and time.

use std::sync::Arc;
use std::time::Duration;

use awc::error::{ConnectError, PayloadError, SendRequestError};
use awc::http::StatusCode;
use awc::http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, IF_NONE_MATCH};
use awc::{Client, Connector};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::certificate_fault::CertificateFault;
use super::fault::IssuerFault;
use super::key_refresh::KeyRefresh;
use super::response::{Content, Head, Response};
use crate::secure_url::redacted;

/// Fetches documents.
pub(crate) trait Fetch {
    /// Gets one document.
    async fn get(&self, address: &Url, condition: Condition<'_>) -> Result<Response, IssuerFault>;
}

/// What a request says about the document that is already known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Condition<'a> {
    /// The entity tag of the known document (RFC 9110 section 13.1.2).
    pub(crate) etag: Option<&'a str>,
    /// Whether caches on the way must ask the issuer (`no-cache`, RFC 9111 section 5.2.1.4).
    pub(crate) current: bool,
}

/// Fetches documents over HTTP. It stays on the thread that created it.
#[derive(Clone)]
pub(crate) struct Fetcher {
    client: Client,
    limit: Duration,
    largest: usize,
}

impl Fetch for Fetcher {
    async fn get(&self, address: &Url, condition: Condition<'_>) -> Result<Response, IssuerFault> {
        let Condition { etag, current } = condition;
        let mut request = self
            .client
            .get(address.as_str())
            .insert_header((ACCEPT, "application/json"))
            // A compressed body could grow without limit once decompressed. Whether the client would
            // decompress one depends on the features that the whole program was built with.
            .insert_header((ACCEPT_ENCODING, "identity"))
            .no_decompress()
            // Attempts are seconds or minutes apart, and by then a kept connection is mostly dead.
            .force_close();
        if let Some(etag) = etag {
            request = request.insert_header((IF_NONE_MATCH, etag));
        }
        if current {
            request = request.insert_header((CACHE_CONTROL, "no-cache"));
        }
        let sent = request.send().await;
        let mut response = sent.map_err(|fault| self.not_sent(address, &fault))?;
        let head = Head::of(&response);
        let content = match response.status() {
            StatusCode::OK => {
                if let Some(encoding) = head.encoding {
                    return Err(IssuerFault::Encoded { address: redacted(address), encoding });
                }
                let body = response.body().limit(self.largest).await;
                Content::Document(body.map_err(|fault| self.not_read(address, &fault))?.to_vec())
            }
            StatusCode::NOT_MODIFIED if etag.is_some() => Content::Unchanged,
            status => Content::Nothing { status: status.as_u16() },
        };
        Ok(Response { content, head })
    }
}

impl Fetcher {
    /// A fetcher over this TLS, within these limits.
    pub(crate) fn new(tls: Arc<ClientConfig>, refresh: &KeyRefresh) -> Self {
        let (limit, largest) = (refresh.fetch_limit, refresh.largest_answer);
        let connector = Connector::new().timeout(limit).rustls_0_23(tls);
        let client =
            Client::builder().connector(connector).timeout(limit).disable_redirects().finish();
        Self { client, limit, largest }
    }

    fn not_sent(&self, address: &Url, fault: &SendRequestError) -> IssuerFault {
        let host = address.host_str().unwrap_or_default();
        let address = redacted(address);
        match fault {
            SendRequestError::Timeout | SendRequestError::Connect(ConnectError::Timeout) => {
                return IssuerFault::TimedOut { address, limit: self.limit };
            }
            SendRequestError::Connect(ConnectError::Io(error)) => {
                if let Some(fault) = CertificateFault::of(error, host) {
                    return IssuerFault::Certificate { address, fault };
                }
            }
            _ => {}
        }
        IssuerFault::Unreachable { address, reason: fault.to_string() }
    }

    fn not_read(&self, address: &Url, fault: &PayloadError) -> IssuerFault {
        let address = redacted(address);
        match fault {
            PayloadError::Overflow => IssuerFault::TooLarge { address, limit: self.largest },
            other => IssuerFault::Unreachable { address, reason: other.to_string() },
        }
    }
}

/// TLS that trusts the machine's root certificates, or those that `SSL_CERT_FILE` names.
pub(crate) fn tls_from_machine() -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for fault in found.errors {
        log::warn!("a root certificate cannot be read: {fault}");
    }
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        log::warn!("no root certificates found; no https issuer can be reached (SSL_CERT_FILE)");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(tls))
}
