//! Token buckets in Redis or Valkey, shared by all replicas.
//!
//! A bucket is one key: the time at which it would be full again (generic cell rate algorithm). One
//! script reads it, decides and writes it. Redis runs a script as a whole, so of all replicas that ask
//! at once no two take the same token. All times are those of the server's clock.

use std::time::Duration;

use super::link::{Purpose, in_time};
use super::{Connection, SharedMemoryUrl, Unreachable};
use crate::token::MonotonicTime;

/// Token buckets of any number of callers.
#[derive(Debug)]
pub(crate) struct RedisCounters(Connection);

/// How fast a bucket fills, and how many tokens it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    pub(crate) per_minute: u32,
    pub(crate) burst: u32,
}

/// In microseconds. A bucket that is fuller than it can be was written before the server's clock was
/// set back.
const TAKE: &str = "
local interval, room = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('GET', KEYS[1]) or now)
full = math.max(now, math.min(full, now + room)) + interval
if full - room > now then return full - room - now end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 0";

impl RedisCounters {
    /// Starts connecting to the server in the background.
    ///
    /// # Errors
    ///
    /// The operating system's error if it provides no thread.
    pub(crate) fn start(
        url: &SharedMemoryUrl,
        clock: impl Fn() -> MonotonicTime + Send + 'static,
    ) -> std::io::Result<Self> {
        Connection::start(url, Purpose::Counters, clock).map(Self)
    }

    /// Takes a token from the bucket with this name. If it is empty, the answer is when there will be
    /// one.
    ///
    /// # Errors
    ///
    /// [`Unreachable`] without a connection, without an answer within 200 ms, and for an error response.
    pub(crate) async fn take(
        &self,
        name: &str,
        bucket: Bucket,
    ) -> Result<Option<Duration>, Unreachable> {
        let Self(Connection { shared, .. }) = self;
        let link = shared.link().ok_or(Unreachable::FOR_A_SECOND)?;
        let interval = 60_000_000 / u64::from(bucket.per_minute.max(1));
        let room = interval.saturating_mul(u64::from(bucket.burst));
        let mut command = redis::cmd("EVAL");
        command.arg(TAKE).arg(1).arg(format!("rate:{name}")).arg(interval).arg(room);
        let mut connection = link.connection.clone();
        let answer = command.query_async::<u64>(&mut connection);
        let fault = match in_time(answer).await {
            Ok(0) => return Ok(None),
            Ok(wait) => return Ok(Some(Duration::from_micros(wait))),
            Err(fault) => fault,
        };
        shared.lost(&link, &fault);
        Err(Unreachable::FOR_A_SECOND)
    }
}
