//! One introspection call: client authentication, HTTP, and the signature of the response.

use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use url::Url;

use super::Introspection;
use super::client::ClientAuthentication;
use super::endpoint::IntrospectionEndpoint;
use super::fault::IntrospectionFault;
use super::response::Answer;
use super::transport::Transport;
use crate::issuer::guarded_client::{BodyOf, GuardedRequest, Limits};
use crate::issuer::response::Head;
use crate::issuer::{ClientCertificateFault, IssuerFault, IssuerKeys};
use crate::secure_url::redacted;
use crate::token::{
    JsonFault, KeySet, Members, MonotonicTime, SignedIntrospection, Timestamp,
    read_signed_introspection,
};

/// Largest response that is read, in bytes.
const LARGEST_RESPONSE: usize = 256 * 1024;

/// Content type of signed responses (RFC 9701 section 5).
const SIGNED: &str = "application/token-introspection+jwt";

/// The two times of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: Timestamp,
    pub(super) monotonic: MonotonicTime,
}

/// Asks the issuer about a token.
pub(super) async fn call(
    transport: &Transport,
    settings: &Introspection,
    issuer: &IssuerKeys,
    token: &str,
    now: Now,
) -> Result<Answer, IntrospectionFault> {
    let endpoint = issuer.introspection.get().ok_or(IntrospectionFault::NoEndpoint)?;
    let IntrospectionEndpoint { url, mtls_url, issuer: name, methods, is_signed } = &*endpoint;
    let (credentials, client) = transport.current();
    let has_certificate = matches!(&*credentials, ClientAuthentication::Certificate(_));
    let url = mtls_url.as_ref().filter(|_| has_certificate).unwrap_or(url);
    let client_id = &settings.client.id;
    let authenticated = credentials.authenticate(client_id, token, name, methods, now.wall)?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(media_types(*is_signed)));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    if let Some(authorization) = authenticated.authorization {
        let value = HeaderValue::try_from(authorization);
        let mut value = value.map_err(|_| IntrospectionFault::NotSigned)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let body = Bytes::from(authenticated.form);
    let request = GuardedRequest { method: Method::POST, url, headers, body };
    let limits = Limits::from_now(settings.deadline, LARGEST_RESPONSE, BodyOf::Every);
    let response = client.send(request, limits).await?;
    let status = response.status.as_u16();
    let field = |name: &str| response.headers.get(name)?.to_str().ok();
    if status != 200 {
        let head = Head::of(field);
        return Err(error_status(url, status, &response.body, &head, now.wall));
    }
    let is_jwt = field(CONTENT_TYPE.as_str())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(SIGNED));
    let text = std::str::from_utf8(&response.body).map_err(|_| JsonFault::NotUtf8)?;
    if !is_jwt {
        return Answer::read(text.to_owned());
    }
    let expected = SignedIntrospection {
        issuer: name,
        recipient: client_id,
        algorithms: issuer.expected.algorithms,
    };
    let held = issuer.held(now.monotonic);
    let no_keys = KeySet::new(Vec::new());
    let keys = held.as_ref().map_or(&no_keys, |held| &held.keys);
    Answer::read(read_signed_introspection(text.trim(), keys, expected, now.wall)?)
}

const fn media_types(is_signed: bool) -> &'static str {
    if is_signed {
        "application/token-introspection+jwt, application/json;q=0.5"
    } else {
        "application/json"
    }
}

/// The fault that a status other than 200 tells. 401, 403 and `invalid_client` reject this server (RFC
/// 6749 section 5.2), and so does a page about its certificate; other statuses about the request
/// concern this token alone.
fn error_status(
    url: &Url,
    status: u16,
    body: &[u8],
    head: &Head,
    now: Timestamp,
) -> IntrospectionFault {
    let error =
        Members::parse(body).ok().and_then(|members| members.string("error").ok().flatten());
    if let Some(fault) = certificate_page(body).filter(|_| status == 400) {
        return IssuerFault::ClientCertificate { address: redacted(url), fault }.into();
    }
    let rejects_client = matches!(error.as_deref(), Some("invalid_client" | "unauthorized_client"));
    match status {
        401 | 403 => IntrospectionFault::ClientRejected { status },
        400 if rejects_client => IntrospectionFault::ClientRejected { status },
        400 | 413 | 414 | 422 | 431 => IntrospectionFault::RequestRejected { status },
        _ => head.fault(url, status, now).into(),
    }
}

/// What nginx says of the client's certificate: it completes the handshake, and answers 400 with a page
/// of its own.
fn certificate_page(body: &[u8]) -> Option<ClientCertificateFault> {
    let has = |page: &[u8]| body.windows(page.len()).any(|part| part == page);
    if has(b"400 No required SSL certificate was sent") {
        return Some(ClientCertificateFault::Missing);
    }
    let reason = "400 The SSL certificate error";
    has(reason.as_bytes()).then_some(ClientCertificateFault::Rejected { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_response_is_asked_for_where_it_is_offered() {
        assert_eq!(media_types(false), "application/json", "RFC 7662 2.1");
        let types = media_types(true);
        assert!(types.starts_with(&format!("{SIGNED}, application/json;")), "RFC 9701 4: {types}");
    }
}
