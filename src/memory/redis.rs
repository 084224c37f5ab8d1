//! Memory of used proofs in Redis or Valkey, shared by all replicas.
//!
//! `SET key 1 NX PX milliseconds` is the insert-if-absent: Redis runs commands one after another, so
//! of all replicas that ask about one name at once, one hears yes. One connection carries the
//! commands of all workers. A thread of its own keeps it, so that no worker's runtime has to.
//!
//! A server that starts again may have lost what it remembered. Until every proof made before that
//! moment is too old to be accepted, such proofs are undecidable: see [`link`].

mod link;
mod url;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derive_more::{Display, Error};
use tokio::sync::watch;

use self::link::{DEADLINE, Keeper, Shared};
pub use self::url::{InvalidSharedMemory, SharedMemoryUrl};
use crate::token::Timestamp;

/// Names of used proofs in Redis. The connection ends when this is dropped.
pub(crate) struct RedisMemory {
    shared: Arc<Shared>,
    _running: watch::Sender<()>,
}

/// The shared memory cannot say whether a name is new. Answer 503: neither the caller nor the proof
/// is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("the shared memory cannot tell whether the proof was used before")]
pub(crate) struct Unreachable {
    /// When to try again.
    pub(crate) retry_after: Duration,
}

impl RedisMemory {
    /// Starts connecting to the server in the background.
    ///
    /// # Errors
    ///
    /// The operating system's error if there is no thread to be had.
    pub(crate) fn start(
        url: &SharedMemoryUrl,
        clock: impl Fn() -> Timestamp + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::new(url));
        let (running, stopped) = watch::channel(());
        let keeper = Keeper::new(Arc::clone(&shared), url, clock);
        let work = move || match actix_rt::Runtime::new() {
            Ok(runtime) => runtime.block_on(keeper.run(stopped)),
            Err(fault) => log::error!("no runtime for the shared memory: {fault}"),
        };
        thread::Builder::new().name("shared-memory".to_owned()).spawn(work)?;
        Ok(Self { shared, _running: running })
    }

    /// Remembers `name`, which `owner` chose, for `keep`, unless it is remembered already. Whether
    /// it was new.
    ///
    /// `earliest_use` is the earliest time at which the proof can have been accepted. If the server
    /// may have forgotten names since then, the answer is undecidable.
    ///
    /// # Errors
    ///
    /// [`Unreachable`] if there is no connection, no answer within 200 ms, or an error for an answer.
    pub(crate) async fn remember(
        &self,
        owner: &[u8; 32],
        name: &[u8],
        keep: Duration,
        earliest_use: Timestamp,
    ) -> Result<bool, Unreachable> {
        const NO_LINK: Unreachable = Unreachable { retry_after: Duration::from_secs(1) };
        let link = self.shared.link().ok_or(NO_LINK)?;
        if earliest_use <= link.complete_since {
            let retry_after = link.complete_since.since(earliest_use).max(NO_LINK.retry_after);
            return Err(Unreachable { retry_after });
        }
        let milliseconds = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut command = redis::cmd("SET");
        command.arg(key(owner, name)).arg(1).arg("NX").arg("PX").arg(milliseconds);
        let mut connection = link.connection.clone();
        let answer = command.query_async::<Option<String>>(&mut connection);
        match tokio::time::timeout(DEADLINE, answer).await {
            Ok(Ok(stored)) => Ok(stored.is_some()),
            Ok(Err(fault)) => {
                self.shared.lost(&link, &fault.to_string());
                Err(NO_LINK)
            }
            Err(_) => {
                self.shared.lost(&link, "no answer within 200 ms");
                Err(NO_LINK)
            }
        }
    }

    /// Whether there is a connection.
    pub(crate) fn is_up(&self) -> bool {
        self.shared.link().is_some()
    }
}

impl std::fmt::Debug for RedisMemory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RedisMemory").field("is_up", &self.is_up()).finish_non_exhaustive()
    }
}

/// The same in every replica. The owner has a fixed length, so no two pairs are the same text.
fn key(owner: &[u8; 32], name: &[u8]) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(owner);
    hash.update(name);
    format!("dpop:{}", URL_SAFE_NO_PAD.encode(hash.finish()))
}
