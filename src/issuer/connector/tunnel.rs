//! Tunnel through an HTTP proxy (`CONNECT`, RFC 9110 section 9.3.6).

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::upgrade::Upgraded;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::issuer::proxies::Proxy;
use crate::issuer::proxy_fault::ProxyFault;
use crate::issuer::user_agent::PRODUCT;

/// How many header fields of the proxy's answer are read.
const MOST_FIELDS: usize = 64;

/// Has the proxy at the other end of `stream` connect to `target`, a host with a port.
pub(super) async fn tunnel(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    target: &str,
    proxy: &Proxy,
) -> Result<TokioIo<Upgraded>, ProxyFault> {
    let failed = |fault: hyper::Error| ProxyFault::NoAnswer { reason: fault.to_string() };
    let mut builder = http1::Builder::new();
    let builder = builder.max_headers(MOST_FIELDS);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let request = request(target, proxy)
        .map_err(|fault| ProxyFault::NoAnswer { reason: fault.to_string() })?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        match response.status() {
            status if status.is_success() => hyper::upgrade::on(response).await.map_err(failed),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Err(ProxyFault::CredentialsNeeded { sent: proxy.authorization().is_some() })
            }
            status => {
                Err(ProxyFault::Refused { target: target.to_owned(), status: status.as_u16() })
            }
        }
    };
    let (mut answer, mut connection) =
        (std::pin::pin!(answer), std::pin::pin!(connection.with_upgrades()));
    // The connection does the work of both, and ends when the tunnel is there.
    tokio::select! {
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
    .map(TokioIo::new)
}

fn request(target: &str, proxy: &Proxy) -> Result<Request<Empty<Bytes>>, hyper::http::Error> {
    let mut request = Request::connect(target).header(HOST, target).header(USER_AGENT, PRODUCT);
    if let Some(authorization) = proxy.authorization() {
        let mut value = HeaderValue::try_from(authorization)?;
        value.set_sensitive(true);
        request = request.header(PROXY_AUTHORIZATION, value);
    }
    request.body(Empty::new())
}
