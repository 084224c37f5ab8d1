//! One introspection call: client authentication, HTTP, and the signature of the response.

use awc::Client;
use awc::error::{ConnectError, PayloadError, SendRequestError};
use awc::http::StatusCode;
use awc::http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE};
use url::Url;

use super::Introspection;
use super::endpoint::IntrospectionEndpoint;
use super::fault::IntrospectionFault;
use super::response::Answer;
use crate::issuer::response::Head;
use crate::issuer::{IssuerFault, IssuerKeys};
use crate::secure_url::redacted;
use crate::token::{
    Members, MonotonicTime, SignedIntrospection, Timestamp, read_signed_introspection,
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
    client: &Client,
    settings: &Introspection,
    issuer: &IssuerKeys,
    token: &str,
    now: Now,
) -> Result<Answer, IntrospectionFault> {
    let endpoint = issuer.introspection.get().ok_or(IntrospectionFault::NoEndpoint)?;
    let IntrospectionEndpoint { url, issuer: name, methods, is_signed } = &*endpoint;
    let authenticated = settings.client.authenticate(token, name, methods, now.wall)?;
    let accept = if *is_signed {
        "application/token-introspection+jwt, application/json;q=0.5"
    } else {
        "application/json"
    };
    let mut request = client
        .post(url.as_str())
        .insert_header((ACCEPT, accept))
        .insert_header((ACCEPT_ENCODING, "identity"))
        .insert_header((CONTENT_TYPE, "application/x-www-form-urlencoded"))
        .no_decompress();
    if let Some(authorization) = authenticated.authorization {
        request = request.insert_header((AUTHORIZATION, authorization));
    }
    let sent = request.send_body(authenticated.form).await;
    let mut response = sent.map_err(|fault| not_sent(url, settings, &fault))?;
    let fields = response.headers();
    let head = Head::of(|name| fields.get(name)?.to_str().ok());
    let status = response.status();
    let body = response.body().limit(LARGEST_RESPONSE).await;
    let body = body.map_err(|fault| not_read(url, &fault))?.to_vec();
    if status != StatusCode::OK {
        return Err(error_status(url, status.as_u16(), &body, head.retry_after(now.wall)));
    }
    if let Some(encoding) = head.encoding {
        return Err(IssuerFault::Encoded { address: redacted(url), encoding }.into());
    }
    let is_jwt = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(SIGNED));
    let text = String::from_utf8(body).map_err(|_| crate::token::JsonFault::NotUtf8)?;
    if !is_jwt {
        return Answer::read(text);
    }
    let expected = SignedIntrospection {
        issuer: name,
        recipient: &settings.client.id,
        algorithms: issuer.expected.algorithms,
    };
    let held = issuer.held(now.monotonic);
    let no_keys = crate::token::KeySet::new(Vec::new());
    let keys = held.as_ref().map_or(&no_keys, |held| &held.keys);
    Answer::read(read_signed_introspection(text.trim(), keys, expected, now.wall)?)
}

/// 401 and 403 reject this server, as does `invalid_client` (RFC 6749 section 5.2).
fn error_status(
    url: &Url,
    status: u16,
    body: &[u8],
    retry_after: Option<std::time::Duration>,
) -> IntrospectionFault {
    let error =
        Members::parse(body).ok().and_then(|members| members.string("error").ok().flatten());
    let is_ours = matches!(status, 401 | 403)
        || (status == 400
            && matches!(error.as_deref(), Some("invalid_client" | "unauthorized_client")));
    if is_ours {
        return IntrospectionFault::ClientRejected { status };
    }
    let address = redacted(url);
    IssuerFault::Status { address, status, retry_after, redirect_host: None }.into()
}

fn not_sent(url: &Url, settings: &Introspection, fault: &SendRequestError) -> IntrospectionFault {
    let address = redacted(url);
    let fault = match fault {
        SendRequestError::Timeout | SendRequestError::Connect(ConnectError::Timeout) => {
            IssuerFault::TimedOut { address, limit: settings.deadline, tried: String::new() }
        }
        other => IssuerFault::Unreachable { address, reason: other.to_string() },
    };
    fault.into()
}

fn not_read(url: &Url, fault: &PayloadError) -> IntrospectionFault {
    let address = redacted(url);
    let fault = match fault {
        PayloadError::Overflow => IssuerFault::TooLarge { address, limit: LARGEST_RESPONSE },
        other => IssuerFault::Unreachable { address, reason: other.to_string() },
    };
    fault.into()
}
