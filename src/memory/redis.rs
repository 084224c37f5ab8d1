//! Memory of used proofs in Redis or Valkey, shared by all replicas.
//!
//! `SET key 1 NX PX milliseconds` is the insert-if-absent: Redis runs commands one at a time, so of
//! all replicas that insert a name concurrently, one succeeds. All workers share one multiplexed
//! connection, which a dedicated thread keeps open.
//!
//! A restarted server may have lost names. Proofs made before the restart are undecidable until they
//! are too old to be accepted: see [`link`].

#[cfg(feature = "service")]
mod counters;
mod link;
mod server_clock;
mod url;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derive_more::{Display, Error};
use tokio::sync::watch;

#[cfg(feature = "service")]
pub(crate) use self::counters::{Bucket, RedisCounters};
use self::link::{Keeper, Link, MARK, Purpose, Shared, in_time};
use self::server_clock::time_of_reply;
pub use self::url::{InvalidSharedMemory, SharedMemoryUrl};
use crate::token::MonotonicTime;

/// Names of used proofs in Redis. The connection ends when this is dropped.
#[derive(Debug)]
pub(crate) struct RedisMemory(Connection);

/// A connection to Redis, kept by a thread of its own until this is dropped.
struct Connection {
    shared: Arc<Shared>,
    _running: watch::Sender<()>,
}

/// The shared memory cannot decide. Neither the caller nor the proof is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("the shared memory cannot be asked")]
pub(crate) struct Unreachable {
    /// When to try again.
    pub(crate) retry_after: Duration,
}

impl Unreachable {
    const FOR_A_SECOND: Self = Self { retry_after: Duration::from_secs(1) };
}

impl Connection {
    fn start(
        url: &SharedMemoryUrl,
        purpose: Purpose,
        clock: impl Fn() -> MonotonicTime + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::new(url, purpose));
        let (running, stopped) = watch::channel(());
        let keeper = Keeper::new(Arc::clone(&shared), url, clock);
        let work = move || match actix_rt::Runtime::new() {
            Ok(runtime) => runtime.block_on(keeper.run(stopped)),
            Err(fault) => log::error!("no runtime for the shared memory: {fault}"),
        };
        thread::Builder::new().name("shared-memory".to_owned()).spawn(work)?;
        Ok(Self { shared, _running: running })
    }
}

impl RedisMemory {
    /// Starts connecting to the server in the background.
    ///
    /// # Errors
    ///
    /// The operating system's error if it provides no thread.
    pub(crate) fn start(
        url: &SharedMemoryUrl,
        clock: impl Fn() -> MonotonicTime + Send + 'static,
    ) -> std::io::Result<Self> {
        Connection::start(url, Purpose::Proofs, clock).map(Self)
    }

    /// Remembers `name` of `owner` for `keep`, unless it is remembered already. Returns whether it
    /// was new.
    ///
    /// The proof can have been accepted no longer than `age` before `now`. If the server may have
    /// forgotten names since then, the answer is undecidable.
    ///
    /// # Errors
    ///
    /// [`Unreachable`] without a connection, without an answer within 200 ms, and for an error response.
    pub(crate) async fn remember(
        &self,
        owner: &[u8; 32],
        name: &[u8],
        keep: Duration,
        age: Duration,
        now: MonotonicTime,
    ) -> Result<bool, Unreachable> {
        const NO_LINK: Unreachable = Unreachable::FOR_A_SECOND;
        let Self(Connection { shared, .. }) = self;
        let link = shared.link().ok_or(NO_LINK)?;
        let complete_for = link.complete_for(now);
        if age >= complete_for {
            let retry_after = age.saturating_sub(complete_for).max(NO_LINK.retry_after);
            return Err(Unreachable { retry_after });
        }
        let fault = match in_time(link.insert(owner, name, keep)).await {
            Ok(Inserted { is_new, is_complete: true }) => return Ok(is_new),
            Ok(_) => {
                link.forget().await;
                "it has forgotten what it remembered".to_owned()
            }
            Err(fault) => fault,
        };
        shared.lost(&link, &fault);
        Err(NO_LINK)
    }

    /// Whether there is a connection.
    pub(crate) fn is_up(&self) -> bool {
        self.0.shared.link().is_some()
    }
}

/// The answer to an insertion.
struct Inserted {
    is_new: bool,
    /// Whether all names were there that the link promises.
    is_complete: bool,
}

impl Link {
    /// The mark and the time are read after the insertion: what has emptied the memory before it has
    /// removed the mark or moved the clock.
    async fn insert(
        &self,
        owner: &[u8; 32],
        name: &[u8],
        keep: Duration,
    ) -> Result<Inserted, redis::RedisError> {
        let milliseconds = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut commands = redis::pipe();
        commands.cmd("SET").arg(key(owner, name)).arg(1).arg("NX").arg("PX").arg(milliseconds);
        commands.cmd("GET").arg(MARK).cmd("TIME");
        let mut connection = self.connection.clone();
        let answer = commands.query_async(&mut connection).await?;
        let (stored, mark, time): (Option<String>, Option<String>, (u64, u64)) = answer;
        let has_jumped = self.clock.has_jumped(time_of_reply(time), Instant::now());
        let is_complete = mark.as_ref() == Some(&self.mark) && !has_jumped;
        Ok(Inserted { is_new: stored.is_some(), is_complete })
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_up = self.shared.link().is_some();
        formatter.debug_struct("Connection").field("is_up", &is_up).finish_non_exhaustive()
    }
}

/// The same in every replica. The owner has a fixed length, so no two pairs are the same text.
fn key(owner: &[u8; 32], name: &[u8]) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(owner);
    hash.update(name);
    format!("dpop:{}", URL_SAFE_NO_PAD.encode(hash.finish()))
}
