//! The connection to Redis: made, watched and made again.
//!
//! # When the memory is complete
//!
//! A server that was restarted, or a replica that took over, may have lost names. Each server has a
//! `run_id`. Under the key [`MARK`] stands the `run_id` under which the memory has been complete, and
//! since when. A connection to a server with another `run_id`, or without the mark, finds a memory
//! that is complete from now on and was not before. A proof that can have been accepted before is then
//! answered 503; with clocks that agree, that takes as long as `DPOP_PROOF_TOLERANCE`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use super::SharedMemoryUrl;
use crate::token::{Printable, Timestamp};

/// How long Redis may take to answer.
pub(super) const DEADLINE: Duration = Duration::from_millis(200);

/// The key that says since when the memory is complete.
const MARK: &str = "dpop:complete-since";

const CONNECT_DEADLINE: Duration = Duration::from_secs(1);
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How often a connection that carries nothing is tried.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// A connection, and what the server at its end remembers.
pub(super) struct Link {
    pub(super) connection: MultiplexedConnection,
    /// Names used after this time are remembered.
    pub(super) complete_since: Timestamp,
}

/// What the workers and the thread that keeps the connection share.
pub(super) struct Shared {
    link: ArcSwapOption<Link>,
    lost: Notify,
    /// The state that was logged last; unset until the first attempt has ended.
    logged_up: AtomicBool,
    logged_down: AtomicBool,
    name: String,
}

impl Shared {
    pub(super) fn new(url: &SharedMemoryUrl) -> Self {
        Self {
            link: ArcSwapOption::empty(),
            lost: Notify::new(),
            logged_up: AtomicBool::new(false),
            logged_down: AtomicBool::new(false),
            name: url.to_string(),
        }
    }

    pub(super) fn link(&self) -> Option<Arc<Link>> {
        self.link.load_full()
    }

    /// Gives up a connection, and has another made.
    pub(super) fn lost(&self, link: &Arc<Link>, fault: &str) {
        if self.link().is_some_and(|current| Arc::ptr_eq(&current, link)) {
            self.link.store(None);
            self.log_down(fault);
            self.lost.notify_one();
        }
    }

    fn established(&self, link: Link) {
        self.link.store(Some(Arc::new(link)));
        self.logged_down.store(false, Ordering::Relaxed);
        if !self.logged_up.swap(true, Ordering::Relaxed) {
            log::info!("the shared memory {} is reachable", self.name);
        }
    }

    /// One line for each change of state.
    fn log_down(&self, fault: &str) {
        self.logged_up.store(false, Ordering::Relaxed);
        if !self.logged_down.swap(true, Ordering::Relaxed) {
            log::error!(
                "the shared memory {} is unreachable, DPoP requests are answered 503: {}",
                self.name,
                Printable::new(fault)
            );
        }
    }
}

/// Keeps the connection.
pub(super) struct Keeper<C> {
    shared: Arc<Shared>,
    client: Result<Client, RedisError>,
    clock: C,
}

impl<C: Fn() -> Timestamp> Keeper<C> {
    pub(super) fn new(shared: Arc<Shared>, url: &SharedMemoryUrl, clock: C) -> Self {
        Self { shared, client: Client::open(url.as_url().clone()), clock }
    }

    /// Runs until the memory is dropped.
    pub(super) async fn run(self, mut stopped: watch::Receiver<()>) {
        tokio::select! {
            // An error is what this waits for: the memory is gone.
            _ = stopped.changed() => {}
            () = self.keep() => {}
        }
        self.shared.link.store(None);
    }

    async fn keep(&self) {
        let mut wait = FIRST_WAIT;
        loop {
            match timeout(CONNECT_DEADLINE, self.connect()).await {
                Ok(Ok(link)) => {
                    self.shared.established(link);
                    wait = FIRST_WAIT;
                    self.watch().await;
                }
                Ok(Err(fault)) => self.shared.log_down(&fault.to_string()),
                Err(_) => self.shared.log_down("it cannot be connected to within 1 s"),
            }
            sleep(wait).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
    }

    /// Returns when the connection is lost.
    async fn watch(&self) {
        while let Some(link) = self.shared.link() {
            if timeout(PING_INTERVAL, self.shared.lost.notified()).await.is_ok() {
                continue;
            }
            let mut connection = link.connection.clone();
            let ping = redis::cmd("PING");
            match timeout(DEADLINE, ping.query_async::<String>(&mut connection)).await {
                Ok(Ok(_)) => {}
                Ok(Err(fault)) => self.shared.lost(&link, &fault.to_string()),
                Err(_) => self.shared.lost(&link, "no answer within 200 ms"),
            }
        }
    }

    async fn connect(&self) -> Result<Link, RedisError> {
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_DEADLINE))
            .set_response_timeout(Some(DEADLINE));
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let info: String = redis::cmd("INFO").query_async(&mut connection).await?;
        let info = ServerInfo::parse(&info);
        if info.may_evict {
            log::warn!(
                "the shared memory {} may forget proofs when it is full: set maxmemory-policy \
                 noeviction",
                self.shared.name
            );
        }
        let complete_since = self.complete_since(&mut connection, info.run_id).await?;
        Ok(Link { connection, complete_since })
    }

    async fn complete_since(
        &self,
        connection: &mut MultiplexedConnection,
        run_id: &str,
    ) -> Result<Timestamp, RedisError> {
        let mark: Option<String> = redis::cmd("GET").arg(MARK).query_async(connection).await?;
        if let Some(since) = mark.as_deref().and_then(|mark| since_of(mark, run_id)) {
            return Ok(since);
        }
        let now = (self.clock)();
        let mark = format!("{run_id} {}", now.milliseconds());
        redis::cmd("SET").arg(MARK).arg(mark).query_async::<()>(connection).await?;
        Ok(now)
    }
}

/// Since when the memory of the server with this `run_id` is complete, if the mark is about it. A
/// server without a `run_id` has no complete memory beyond one connection.
fn since_of(mark: &str, run_id: &str) -> Option<Timestamp> {
    let (marked, since) = mark.split_once(' ')?;
    let since = since.parse().ok()?;
    (marked == run_id && !run_id.is_empty()).then_some(Timestamp::from_milliseconds(since))
}

/// What `INFO` tells.
struct ServerInfo<'a> {
    run_id: &'a str,
    may_evict: bool,
}

impl<'a> ServerInfo<'a> {
    fn parse(info: &'a str) -> Self {
        let value = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(str::trim).unwrap_or_default()
        };
        let is_limited = !matches!(value("maxmemory"), "" | "0");
        let may_evict = is_limited && value("maxmemory_policy") != "noeviction";
        Self { run_id: value("run_id"), may_evict }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_info_says_is_read() {
        let info = "# Server\r\nredis_version:7.0.15\r\nrun_id:ab12\r\n# Memory\r\nmaxmemory:100\r\n\
                    maxmemory_policy:allkeys-lru\r\n";
        let table = [
            (info.to_owned(), "ab12", true),
            (info.replace("allkeys-lru", "noeviction"), "ab12", false),
            (info.replace("maxmemory:100", "maxmemory:0"), "ab12", false),
            (String::new(), "", false),
        ];
        for (info, run_id, may_evict) in table {
            let read = ServerInfo::parse(&info);
            assert_eq!((read.run_id, read.may_evict), (run_id, may_evict), "{info}");
        }
    }

    #[test]
    fn the_mark_counts_for_the_server_that_it_names() {
        let since = Timestamp::from_milliseconds(1_700_000_000_123);
        let table = [
            ("ab12 1700000000123", "ab12", Some(since)),
            ("ab12 1700000000123", "cd34", None),
            (" 1700000000123", "", None),
            ("ab12", "ab12", None),
            ("ab12 x", "ab12", None),
        ];
        for (mark, run_id, expected) in table {
            assert_eq!(since_of(mark, run_id), expected, "{mark}");
        }
    }
}
