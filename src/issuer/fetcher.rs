//! The one place that goes out to the network: small documents, over TLS, within limits.

use std::sync::Arc;
use std::time::Duration;

use awc::error::PayloadError;
use awc::http::StatusCode;
use awc::http::header::{ACCEPT, AGE, CACHE_CONTROL, DATE, ETAG, HeaderName, IF_NONE_MATCH};
use awc::{Client, ClientResponse, Connector};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::fault::IssuerFault;

/// The most that is read of any answer, in bytes.
pub(crate) const LARGEST_ANSWER: usize = 512 * 1024;

/// Fetches documents. Lives on the thread that made it.
#[derive(Clone)]
pub(crate) struct Fetcher {
    client: Client,
    limit: Duration,
}

/// What an issuer answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// 304: what we have is current (RFC 9110 section 15.4.5).
    Unchanged(Freshness),
    /// 200 with a document.
    Document { body: Vec<u8>, etag: Option<String>, freshness: Freshness },
}

/// What an answer says of its own age, and of the time.
#[derive(Debug, Default)]
pub(crate) struct Freshness {
    pub(crate) cache_control: Option<String>,
    pub(crate) age: Option<String>,
    pub(crate) date: Option<String>,
}

impl Fetcher {
    /// A fetcher over this TLS that gives the head of each answer `limit` to arrive.
    pub(crate) fn new(tls: Arc<ClientConfig>, limit: Duration) -> Self {
        let connector = Connector::new().timeout(limit).rustls_0_23(tls);
        let client =
            Client::builder().connector(connector).timeout(limit).disable_redirects().finish();
        Self { client, limit }
    }

    /// The time limit of one answer.
    pub(crate) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Gets one document.
    pub(crate) async fn get(
        &self,
        address: &Url,
        etag: Option<&str>,
    ) -> Result<Answer, IssuerFault> {
        let mut request = self
            .client
            .get(address.as_str())
            .insert_header((ACCEPT, "application/json"))
            // Attempts are seconds or minutes apart: a kept connection would mostly be a dead one.
            .force_close();
        if let Some(etag) = etag {
            request = request.insert_header((IF_NONE_MATCH, etag));
        }
        let sent = request.send().await;
        let mut answer = sent.map_err(|fault| self.not_sent(address, &fault))?;
        let freshness = Freshness {
            cache_control: header(&answer, CACHE_CONTROL),
            age: header(&answer, AGE),
            date: header(&answer, DATE),
        };
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(Answer::Unchanged(freshness)),
            status => {
                let status = status.as_u16();
                return Err(IssuerFault::Status { address: address.to_string(), status });
            }
        }
        let etag = header(&answer, ETAG);
        let body = answer.body().limit(LARGEST_ANSWER).await;
        let body = body.map_err(|fault| not_read(address, &fault))?;
        Ok(Answer::Document { body: body.to_vec(), etag, freshness })
    }

    fn not_sent(&self, address: &Url, fault: &awc::error::SendRequestError) -> IssuerFault {
        let address = address.to_string();
        match fault {
            awc::error::SendRequestError::Timeout
            | awc::error::SendRequestError::Connect(awc::error::ConnectError::Timeout) => {
                IssuerFault::TimedOut { address, limit: self.limit }
            }
            other => IssuerFault::Unreachable { address, reason: other.to_string() },
        }
    }
}

fn not_read(address: &Url, fault: &PayloadError) -> IssuerFault {
    let address = address.to_string();
    match fault {
        PayloadError::Overflow => IssuerFault::TooLarge { address, limit: LARGEST_ANSWER },
        other => IssuerFault::Unreachable { address, reason: other.to_string() },
    }
}

fn header<S>(answer: &ClientResponse<S>, name: HeaderName) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(ToOwned::to_owned)
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
