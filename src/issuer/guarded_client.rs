//! HTTP client for issuers, guarded by limits of time and size.
//!
//! ```text
//! fetcher (metadata, key sets), introspection ── guarded_client ── connector: proxy, TCP, TLS
//! ```
//!
//! The same for every request: HTTP/1.1, certificates checked, no redirect followed, no
//! compressed body accepted, proxies used where they are configured, and every fault named by its
//! address and cause.

mod connection;

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, HOST, HeaderMap, HeaderValue,
    PROXY_AUTHORIZATION, USER_AGENT,
};
use hyper::{Method, Request, StatusCode, Uri};
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use self::connection::{Connection, KeptConnections};
use super::certificate_fault::{CertificateFault, ClientCertificateFault};
use super::connector::{Connector, NotConnected, Tried};
use super::fault::IssuerFault;
use super::proxies::{Proxies, Proxy};
use super::proxy_fault::ProxyFault;
use super::user_agent::PRODUCT;
use crate::secure_url::redacted;
use crate::token::Printable;

/// HTTP client. Clones share the connections that are kept.
#[derive(Clone)]
pub(crate) struct GuardedClient {
    connector: Connector,
    /// None if each request has a connection of its own.
    kept: Option<Arc<KeptConnections>>,
}

/// A request. The client adds `Host`, `User-Agent`, `Accept-Encoding` and, unless it keeps
/// connections, `Connection`.
///
/// It must be one that may be sent twice (RFC 9110 section 9.2.2): a kept connection can close at the
/// moment at which it is used.
pub(crate) struct GuardedRequest<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Limits of one exchange.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// When the exchange is given up; none for never.
    pub(crate) deadline: Option<Instant>,
    /// The time limit as it is configured, for the fault.
    pub(crate) time: Duration,
    /// The largest body, in bytes.
    pub(crate) largest_body: usize,
    pub(crate) body_of: BodyOf,
}

/// The responses whose bodies are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyOf {
    /// 200 alone.
    Success,
    /// Every status. The body of an error that is too large or compressed is left out.
    Every,
}

/// A response.
#[derive(Debug)]
pub(crate) struct GuardedResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Empty if it was not to be read.
    pub(crate) body: Bytes,
}

impl Limits {
    /// Limits that count from now.
    pub(crate) fn from_now(time: Duration, largest_body: usize, body_of: BodyOf) -> Self {
        Self { deadline: Instant::now().checked_add(time), time, largest_body, body_of }
    }
}

impl GuardedClient {
    /// A client over this TLS and these proxies, with a connection for each request.
    pub(crate) fn new(tls: Arc<ClientConfig>, proxies: Proxies) -> Self {
        Self { connector: Connector::new(tls, proxies), kept: None }
    }

    /// The same client, which keeps up to `idle` idle connections for each origin.
    pub(crate) fn keeping_connections(&self, idle: usize) -> Self {
        let kept = Some(Arc::new(KeptConnections::new(idle)));
        Self { connector: self.connector.clone(), kept }
    }

    /// Sends the request and reads the response, within the limits.
    ///
    /// # Errors
    ///
    /// [`IssuerFault`]: the host cannot be reached, is too slow, or its response breaks a limit. A
    /// status is not an error.
    pub(crate) async fn send(
        &self,
        request: GuardedRequest<'_>,
        limits: Limits,
    ) -> Result<GuardedResponse, IssuerFault> {
        let tried = Tried::default();
        let exchange = self.exchange(&request, limits, &tried);
        let in_time = match limits.deadline {
            Some(deadline) => timeout_at(deadline, exchange).await,
            None => Ok(exchange.await),
        };
        in_time.unwrap_or_else(|_| {
            let address = redacted(request.url);
            Err(IssuerFault::TimedOut { address, limit: limits.time, tried: tried.outcomes() })
        })
    }

    async fn exchange(
        &self,
        request: &GuardedRequest<'_>,
        limits: Limits,
        tried: &Tried,
    ) -> Result<GuardedResponse, IssuerFault> {
        let url = request.url;
        let origin = url.origin().ascii_serialization();
        if let Some(kept) = &self.kept {
            while let Some(mut connection) = kept.take(&origin) {
                let sent = self.send_on(&mut connection, request).await?;
                match sent {
                    Ok(response) => {
                        return self.finish(origin, connection, response, limits, url).await;
                    }
                    // It was closed while it was idle.
                    Err(fault) if fault.is_canceled() || fault.is_incomplete_message() => {}
                    Err(fault) => return Err(connection_fault(url, &fault)),
                }
            }
        }
        let mut connection = self.connect(url, tried).await?;
        let response = match self.send_on(&mut connection, request).await? {
            Ok(response) => response,
            // It ended before the request was sent, and its task knows why.
            Err(fault) if fault.is_canceled() => {
                let ended = connection.ended().await;
                return Err(connection_fault(url, ended.as_ref().unwrap_or(&fault)));
            }
            Err(fault) => return Err(connection_fault(url, &fault)),
        };
        self.finish(origin, connection, response, limits, url).await
    }

    /// Sends the request on this connection; a second attempt on another may follow.
    async fn send_on(
        &self,
        connection: &mut Connection,
        request: &GuardedRequest<'_>,
    ) -> Result<Result<hyper::Response<Incoming>, hyper::Error>, IssuerFault> {
        let message = self.message(request, connection.forwarded_by.as_ref()).map_err(|fault| {
            unreachable(request.url, format!("the request cannot be made: {fault}"))
        })?;
        Ok(connection.sender.send_request(message).await)
    }

    /// Reads the response, and keeps the connection if that is possible.
    async fn finish(
        &self,
        origin: String,
        connection: Connection,
        response: hyper::Response<Incoming>,
        limits: Limits,
        url: &Url,
    ) -> Result<GuardedResponse, IssuerFault> {
        if let Some(proxy) = &connection.forwarded_by
            && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            let fault = ProxyFault::CredentialsNeeded { sent: proxy.authorization().is_some() };
            let (address, proxy) = (redacted(url), proxy.to_string());
            return Err(IssuerFault::Proxy { address, proxy, fault });
        }
        let (response, is_whole) = read(url, response, limits).await?;
        if let Some(kept) = self.kept.as_ref().filter(|_| is_whole) {
            kept.put(origin, connection);
        }
        Ok(response)
    }

    async fn connect(&self, url: &Url, tried: &Tried) -> Result<Connection, IssuerFault> {
        let connected = match self.connector.connect(url, tried).await {
            Ok(connected) => connected,
            Err(NotConnected::NoAddress(fault)) => {
                return Err(unreachable(url, format!("its host name has no address: {fault}")));
            }
            Err(NotConnected::Proxy { proxy, fault }) => {
                return Err(IssuerFault::Proxy { address: redacted(url), proxy, fault });
            }
            Err(NotConnected::AllFailed(fault)) => {
                return Err(certificate_fault(url, &fault)
                    .unwrap_or_else(|| unreachable(url, tried.outcomes())));
            }
            Err(NotConnected::BehindProxy(fault)) => {
                return Err(certificate_fault(url, &fault)
                    .unwrap_or_else(|| unreachable(url, format!("behind the proxy: {fault}"))));
            }
        };
        let connection = Connection::over(connected).await;
        connection.map_err(|fault| unreachable(url, chain(&fault)))
    }

    fn message(
        &self,
        request: &GuardedRequest<'_>,
        forwarded_by: Option<&Proxy>,
    ) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let url = request.url;
        // RFC 9112 section 3.2: the origin form, or for a proxy that forwards the absolute form.
        let target = match forwarded_by {
            None => &url[Position::BeforePath..Position::AfterQuery],
            Some(_) => &url[Position::BeforeScheme..Position::AfterQuery],
        };
        let mut message = Request::new(Full::new(request.body.clone()));
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = target.parse::<Uri>()?;
        let headers = message.headers_mut();
        headers.clone_from(&request.headers);
        let host = &url[Position::BeforeHost..Position::AfterPort];
        headers.insert(HOST, HeaderValue::try_from(host)?);
        headers.insert(USER_AGENT, HeaderValue::from_static(PRODUCT));
        // A compressed body could grow without limit once decompressed.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if self.kept.is_none() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(authorization) = forwarded_by.and_then(Proxy::authorization) {
            let mut value = HeaderValue::try_from(authorization)?;
            value.set_sensitive(true);
            headers.insert(PROXY_AUTHORIZATION, value);
        }
        Ok(message)
    }
}

/// Reads the body, if it is wanted. Also tells whether the response was read to its end.
async fn read(
    url: &Url,
    response: hyper::Response<Incoming>,
    limits: Limits,
) -> Result<(GuardedResponse, bool), IssuerFault> {
    let (head, body) = response.into_parts();
    let (status, headers) = (head.status, head.headers);
    let is_success = status == StatusCode::OK;
    let is_wanted = is_success || limits.body_of == BodyOf::Every;
    let coding = content_coding(&headers);
    let (body, is_whole) = match coding {
        Some(encoding) if is_success => {
            return Err(IssuerFault::Encoded { address: redacted(url), encoding });
        }
        None if is_wanted => match Limited::new(body, limits.largest_body).collect().await {
            Ok(body) => (body.to_bytes(), true),
            Err(_) if !is_success => (Bytes::new(), false),
            Err(fault) if fault.is::<LengthLimitError>() => {
                let (address, limit) = (redacted(url), limits.largest_body);
                return Err(IssuerFault::TooLarge { address, limit });
            }
            Err(fault) => return Err(unreachable(url, chain(fault.as_ref()))),
        },
        _ => (Bytes::new(), false),
    };
    Ok((GuardedResponse { status, headers, body }, is_whole))
}

/// The coding of the body, if it has one (RFC 9110 section 8.4).
fn content_coding(headers: &HeaderMap) -> Option<Printable> {
    let coding = headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("?").trim();
    let is_coded = !coding.is_empty() && !coding.eq_ignore_ascii_case("identity");
    is_coded.then(|| Printable::new(coding))
}

fn certificate_fault(url: &Url, fault: &std::io::Error) -> Option<IssuerFault> {
    let address = redacted(url);
    if let Some(fault) = ClientCertificateFault::of(fault) {
        return Some(IssuerFault::ClientCertificate { address, fault });
    }
    let fault = CertificateFault::of(fault, url.host_str().unwrap_or_default())?;
    Some(IssuerFault::Certificate { address, fault })
}

/// The fault of a connection that was made and then ended.
fn connection_fault(url: &Url, fault: &hyper::Error) -> IssuerFault {
    match ClientCertificateFault::of(fault) {
        Some(fault) => IssuerFault::ClientCertificate { address: redacted(url), fault },
        None => unreachable(url, chain(fault)),
    }
}

fn unreachable(url: &Url, reason: String) -> IssuerFault {
    IssuerFault::Unreachable { address: redacted(url), reason }
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

#[cfg(test)]
mod tests;
