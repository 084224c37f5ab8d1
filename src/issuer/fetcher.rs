//! Fetcher of metadata and key sets.

use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderValue, IF_NONE_MATCH, InvalidHeaderValue,
};
use hyper::{Method, StatusCode};
use tokio::time::Instant;
use url::Url;

use super::fault::IssuerFault;
use super::guarded_client::{BodyOf, GuardedClient, GuardedRequest, Limits};
use super::key_refresh::KeyRefresh;
use super::response::{Content, Head, Response};
use crate::secure_url::redacted;

/// Fetches documents.
pub(crate) trait Fetch {
    /// Gets one document.
    async fn get(&self, address: &Url, condition: Condition<'_>) -> Result<Response, IssuerFault>;
}

/// Validators of the known document, and the deadline.
#[derive(derive_more::Debug, Clone, Copy)]
pub(crate) struct Condition<'a> {
    /// The entity tag of the known document (RFC 9110 section 13.1.2).
    pub(crate) etag: Option<&'a str>,
    /// Whether caches on the way must ask the issuer (`no-cache`, RFC 9111 section 5.2.1.4).
    pub(crate) current: bool,
    /// Deadline of the request; `None` without one.
    pub(crate) deadline: Option<Instant>,
    /// The bearer token to send.
    #[debug(skip)]
    pub(crate) token: Option<&'a str>,
}

/// Fetches documents, each over a connection of its own: they are fetched minutes apart, and by then a
/// kept connection is mostly dead.
#[derive(Clone)]
pub(crate) struct Fetcher {
    client: GuardedClient,
    refresh: KeyRefresh,
}

/// A key set's registered media type first: Kubernetes answers 406 without it. The body is parsed
/// regardless of its media type.
const MEDIA_TYPES: &str = "application/jwk-set+json, application/json, */*;q=0.1";

impl Fetch for Fetcher {
    async fn get(&self, address: &Url, condition: Condition<'_>) -> Result<Response, IssuerFault> {
        let headers = headers(condition).map_err(|fault| IssuerFault::Unreachable {
            address: redacted(address),
            reason: format!("the request cannot be made: {fault}"),
        })?;
        let request =
            GuardedRequest { method: Method::GET, url: address, headers, body: Bytes::new() };
        let limits = Limits {
            deadline: condition.deadline,
            time: self.refresh.fetch_timeout,
            largest_body: self.refresh.max_response_bytes,
            body_of: BodyOf::Success,
        };
        let response = self.client.send(request, limits).await?;
        let head = Head::of(|name| response.headers.get(name)?.to_str().ok());
        let content = match response.status {
            StatusCode::OK => Content::Document(response.body.to_vec()),
            StatusCode::NOT_MODIFIED if condition.etag.is_some() => Content::Unchanged,
            status => Content::Nothing { status: status.as_u16() },
        };
        Ok(Response { content, head })
    }
}

impl Fetcher {
    /// A fetcher through this client, within these limits.
    pub(crate) fn new(client: GuardedClient, refresh: &KeyRefresh) -> Self {
        Self { client, refresh: refresh.clone() }
    }
}

fn headers(condition: Condition<'_>) -> Result<HeaderMap, InvalidHeaderValue> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(MEDIA_TYPES));
    if let Some(etag) = condition.etag {
        headers.insert(IF_NONE_MATCH, HeaderValue::try_from(etag)?);
    }
    if let Some(token) = condition.token {
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    if condition.current {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
