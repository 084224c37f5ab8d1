//! Connection to Redis: established, monitored and re-established.
//!
//! # When the memory is complete
//!
//! A server that was restarted, or a replica that took over, may have lost names. Redis
//! gives each start of a server a `run_id`. The key [`MARK`] stores the `run_id` with which the memory
//! is complete, and since when by the server's clock. If the server has another `run_id` or no mark, the
//! memory counts as complete from now on. Proofs that could have been used before are then answered 503;
//! with clocks that agree, for `DPOP_PROOF_TOLERANCE`. The mark is read with each name, so an emptied
//! server is noticed at once.
//!
//! Redis forgets names by its wall clock. When that clock jumps ahead, names may have been forgotten
//! too early, and the memory is complete from now on: see [`ServerClock`].

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use super::SharedMemoryUrl;
use super::server_clock::{ServerClock, ask_time};
use crate::token::{MonotonicTime, Printable, Timestamp};

/// Time limit of one command.
const DEADLINE: Duration = Duration::from_millis(200);

/// The key that stores since when the memory is complete.
pub(super) const MARK: &str = "dpop:complete-since";

const CONNECT_DEADLINE: Duration = Duration::from_secs(1);
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How often the connection is tried and the server's clock read.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The answer to a command, or the fault in words.
pub(super) async fn in_time<T, E: Display>(
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match timeout(DEADLINE, answer).await {
        Ok(answer) => answer.map_err(|fault| fault.to_string()),
        Err(_) => Err(format!("no answer within {} ms", DEADLINE.as_millis())),
    }
}

/// A connection, and since when its server's memory is complete.
pub(super) struct Link {
    pub(super) connection: MultiplexedConnection,
    /// The value of [`MARK`] while the memory is complete.
    pub(super) mark: String,
    /// When the connection was made, and for how long the memory had been complete then.
    pub(super) made_at: MonotonicTime,
    pub(super) complete_for: Duration,
    pub(super) clock: ServerClock,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Proofs,
    Counters,
}

/// State shared by the workers and the connection's thread.
pub(super) struct Shared {
    link: ArcSwapOption<Link>,
    lost: Notify,
    /// The state that was logged last; unset until the first attempt has ended.
    logged_up: AtomicBool,
    logged_down: AtomicBool,
    name: String,
    purpose: Purpose,
}

impl Shared {
    pub(super) fn new(url: &SharedMemoryUrl, purpose: Purpose) -> Self {
        Self {
            link: ArcSwapOption::empty(),
            lost: Notify::new(),
            logged_up: AtomicBool::new(false),
            logged_down: AtomicBool::new(false),
            name: url.to_string(),
            purpose,
        }
    }

    pub(super) fn link(&self) -> Option<Arc<Link>> {
        self.link.load_full()
    }

    /// Drops a broken connection and requests a new one.
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
            let purpose = match self.purpose {
                Purpose::Proofs => "",
                Purpose::Counters => " for rate limits",
            };
            log::info!("the shared memory {} is reachable{purpose}", self.name);
        }
    }

    /// One line for each change of state.
    fn log_down(&self, fault: &str) {
        self.logged_up.store(false, Ordering::Relaxed);
        if !self.logged_down.swap(true, Ordering::Relaxed) {
            log::error!(
                "the shared memory {} is unreachable, {}: {}",
                self.name,
                self.purpose.consequence(),
                Printable::new(fault)
            );
        }
    }
}

impl Purpose {
    /// What happens without a connection.
    const fn consequence(self) -> &'static str {
        match self {
            Self::Proofs => "DPoP requests are answered 503",
            Self::Counters => "rate limits are counted in this process alone",
        }
    }
}

/// Task that keeps the connection open.
pub(super) struct Keeper<C> {
    shared: Arc<Shared>,
    client: Result<Client, RedisError>,
    clock: C,
}

impl<C: Fn() -> MonotonicTime> Keeper<C> {
    pub(super) fn new(shared: Arc<Shared>, url: &SharedMemoryUrl, clock: C) -> Self {
        Self { shared, client: Client::open(url.as_url().clone()), clock }
    }

    /// Runs until the memory is dropped.
    pub(super) async fn run(self, mut stopped: watch::Receiver<()>) {
        tokio::select! {
            // The error means that the memory was dropped.
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
            if timeout(CHECK_INTERVAL, self.shared.lost.notified()).await.is_ok() {
                continue;
            }
            let asked_at = Instant::now();
            let mut connection = link.connection.clone();
            let time = ask_time(&mut connection);
            match in_time(time).await {
                Ok(time) if link.clock.has_jumped(time, Instant::now()) => {
                    link.forget().await;
                    self.shared.lost(&link, "its clock jumped ahead");
                }
                Ok(time) => link.clock.follow(time, asked_at),
                Err(fault) => self.shared.lost(&link, &fault),
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
        if info.may_evict && self.shared.purpose == Purpose::Proofs {
            log::warn!(
                "the shared memory {} may forget proofs when it is full: set maxmemory-policy \
                 noeviction",
                self.shared.name
            );
        }
        let mark = mark(&mut connection, info.run_id).await?;
        let asked_at = Instant::now();
        let time = ask_time(&mut connection).await?;
        let since = since_of(&mark, info.run_id).unwrap_or(time);
        let (made_at, complete_for) = ((self.clock)(), time.since(since));
        let clock = ServerClock::new(time, asked_at);
        Ok(Link { connection, mark, made_at, complete_for, clock })
    }
}

impl Link {
    /// How long the memory has been complete.
    pub(super) fn complete_for(&self, now: MonotonicTime) -> Duration {
        self.complete_for.saturating_add(now.since(self.made_at))
    }

    /// Tells all replicas that the memory is not complete.
    pub(super) async fn forget(&self) {
        let mut connection = self.connection.clone();
        let found: Result<Option<String>, _> =
            redis::cmd("GET").arg(MARK).query_async(&mut connection).await;
        if found.is_ok_and(|found| found.as_ref() == Some(&self.mark)) {
            // If this fails, so does the connection, and a new one is made.
            drop(redis::cmd("DEL").arg(MARK).query_async::<()>(&mut connection).await);
        }
    }
}

/// The mark of the server with this `run_id`, which is made if there is none.
async fn mark(connection: &mut MultiplexedConnection, run_id: &str) -> Result<String, RedisError> {
    let mut get = redis::cmd("GET");
    get.arg(MARK);
    let found: Option<String> = get.query_async(connection).await?;
    if let Some(mark) = found.as_ref().filter(|mark| since_of(mark, run_id).is_some()) {
        return Ok(mark.clone());
    }
    let time = ask_time(connection).await?;
    let made = format!("{run_id} {}", time.milliseconds());
    let mut set = redis::cmd("SET");
    set.arg(MARK).arg(&made);
    if found.is_none() {
        // Of several replicas that find none, all take the first one's.
        set.arg("NX");
    }
    set.query_async::<Option<String>>(connection).await?;
    let winner: Option<String> = get.query_async(connection).await?;
    Ok(winner.filter(|mark| since_of(mark, run_id).is_some()).unwrap_or(made))
}

/// Since when the memory of the server with this `run_id` is complete, if the mark names it. Without
/// a `run_id`, completeness cannot be known beyond one connection.
fn since_of(mark: &str, run_id: &str) -> Option<Timestamp> {
    let (marked, since) = mark.split_once(' ')?;
    let since = since.parse().ok()?;
    (marked == run_id && !run_id.is_empty()).then_some(Timestamp::from_milliseconds(since))
}

/// Fields of the response to `INFO`.
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
