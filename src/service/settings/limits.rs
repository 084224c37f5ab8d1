//! Limits on connections and requests.

use std::time::Duration;

use super::catalog::server::{
    BODY_TIMEOUT, HEAD_TIMEOUT, KEEP_ALIVE, MAX_BODY_SIZE, MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ADDRESS, MAX_HEAD_SIZE, STALL_TIMEOUT,
};
use super::reader::{Reader, whole_number};

/// Maximum request head size, in bytes, of the underlying HTTP parser.
const LARGEST_HEAD: u64 = 131_072;

/// Limits on connections and requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum open connections of all workers.
    pub connections: usize,
    /// Maximum open connections from one address; unlimited if none.
    pub connections_per_address: Option<usize>,
    /// Maximum size of a request head, in bytes.
    pub head_size: usize,
    /// Maximum size of a request body, in bytes.
    pub body_size: usize,
    /// Time to receive the first request head of a connection; also for a TLS handshake.
    pub head_timeout: Duration,
    /// Time to receive a request body, from the end of the head.
    pub body_timeout: Duration,
    /// Time a client may read nothing of a response.
    pub stall_timeout: Duration,
    /// Minimum time an idle connection is kept; the maximum is twice that.
    pub keep_alive: Duration,
}

pub(super) fn read(reader: &mut Reader) -> Option<Limits> {
    let connections = reader.number(&MAX_CONNECTIONS, 1..=1_000_000);
    let connections_per_address =
        reader.optional(&MAX_CONNECTIONS_PER_ADDRESS, |text| whole_number(text, 1..=1_000_000, ""));
    let head_size = reader.bytes(&MAX_HEAD_SIZE, 1024..=LARGEST_HEAD);
    let body_size = reader.bytes(&MAX_BODY_SIZE, 0..=1 << 30);
    let head_timeout = reader.seconds(&HEAD_TIMEOUT, 1..=3600);
    let body_timeout = reader.seconds(&BODY_TIMEOUT, 1..=3600);
    let stall_timeout = reader.seconds(&STALL_TIMEOUT, 1..=3600);
    let keep_alive = reader.seconds(&KEEP_ALIVE, 1..=3600);
    Some(Limits {
        connections: connections?,
        connections_per_address,
        head_size: head_size?,
        body_size: body_size?,
        head_timeout: head_timeout?,
        body_timeout: body_timeout?,
        stall_timeout: stall_timeout?,
        keep_alive: keep_alive?,
    })
}
