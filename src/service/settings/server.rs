//! Settings of the server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use super::catalog::server::{
    HOST, MANAGEMENT_ADDR, PORT, READY_ISSUERS, RELOAD_INTERVAL, SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT,
    WORKERS,
};
use super::limits::{self, Limits};
use super::reader::Reader;
use super::tls::{self, TlsSettings};
use crate::service::health::ReadyIssuers;

/// Settings of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerSettings {
    /// The address of the API.
    pub listen: SocketAddr,
    /// The address of metrics and probes, different from the API's; none if off.
    pub management: Option<SocketAddr>,
    /// The issuers that must have keys for `/readyz`.
    pub ready_issuers: ReadyIssuers,
    /// The number of worker threads.
    pub workers: NonZeroUsize,
    /// TLS of the server itself, if configured.
    pub tls: Option<TlsSettings>,
    /// The interval of checking TLS, key and secret files for changes.
    pub reload_interval: Duration,
    /// Limits on connections and requests.
    pub limits: Limits,
    /// Time to keep serving, as not ready, after a stop signal.
    pub shutdown_delay: Duration,
    /// Time for requests in progress to finish on shutdown.
    pub shutdown_timeout: Duration,
}

pub(super) fn read(reader: &mut Reader) -> Option<ServerSettings> {
    let listen = listen(reader);
    let management = management(reader, listen);
    let workers = match reader.is_set(&WORKERS) {
        true => reader.number(&WORKERS, 1..=512),
        false => Some(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)),
    };
    let ready_issuers = reader.required(&READY_ISSUERS, ReadyIssuers::from_str);
    let tls = tls::read(reader);
    let reload_interval = reader.seconds(&RELOAD_INTERVAL, 1..=86_400);
    let limits = limits::read(reader);
    let shutdown_delay = reader.seconds(&SHUTDOWN_DELAY, 0..=3600);
    let shutdown_timeout = reader.seconds(&SHUTDOWN_TIMEOUT, 0..=3600);
    Some(ServerSettings {
        listen: listen?,
        management,
        ready_issuers: ready_issuers?,
        workers: workers?,
        tls: tls?,
        reload_interval: reload_interval?,
        limits: limits?,
        shutdown_delay: shutdown_delay?,
        shutdown_timeout: shutdown_timeout?,
    })
}

pub(super) fn listen(reader: &mut Reader) -> Option<SocketAddr> {
    let host = reader.required(&HOST, host);
    let port = reader.number(&PORT, 0..=u16::MAX.into());
    host.zip(port).map(SocketAddr::from)
}

/// Reads the management address, which must differ from the API's.
fn management(reader: &mut Reader, api: Option<SocketAddr>) -> Option<SocketAddr> {
    let management = reader.optional(&MANAGEMENT_ADDR, management_address).flatten()?;
    let meet = |api: &SocketAddr| {
        let is_same_ip = api.ip() == management.ip();
        let is_every_ip = api.ip().is_unspecified() || management.ip().is_unspecified();
        api.port() == management.port() && api.port() != 0 && (is_same_ip || is_every_ip)
    };
    if let Some(api) = api.filter(meet) {
        let advice = format!("the API listens on {api} (HOST and PORT); use another port");
        reader.report_conflict(&MANAGEMENT_ADDR, advice);
    }
    Some(management)
}

fn management_address(text: &str) -> Result<Option<SocketAddr>, &'static str> {
    if text == "off" {
        return Ok(None);
    }
    let (name, port) = text.rsplit_once(':').unwrap_or((text, ""));
    let address = host(name).ok().zip(port.parse().ok()).map(SocketAddr::from);
    address.map(Some).ok_or("it must be an IP address and a port, such as 127.0.0.1:3012, or off")
}

fn host(text: &str) -> Result<IpAddr, &'static str> {
    if text == "localhost" {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| "it must be an IP address such as 127.0.0.1 or ::, or localhost")
}
