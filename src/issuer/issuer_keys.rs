//! The keys of one issuer as all threads share them: the refresher writes, requests read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use super::clock_skew::ClockSkew;
use super::fault::IssuerFault;
use super::identifier::IssuerIdentifier;
use super::key_refresh::KeyRefresh;
use super::schedule::AttemptBudget;
use crate::token::{Expectations, KeySet, SkippedKey, Timestamp};

/// One issuer's keys, what its tokens must be, and how the attempts to refresh them go.
#[derive(Debug)]
pub(crate) struct IssuerKeys {
    pub(crate) identifier: IssuerIdentifier,
    /// What its tokens must be, as configured: its metadata may spell its name otherwise.
    pub(crate) expected: Expectations,
    /// How its keys are obtained, and how long they are used.
    pub(crate) refresh: KeyRefresh,
    held: ArcSwapOption<HeldKeys>,
    progress: watch::Sender<Progress>,
    budget: Mutex<AttemptBudget>,
    refreshed: bool,
    /// Whether it has metadata that others can look up too.
    pub(crate) discovered: bool,
}

/// A key set in use. A new one takes its place as a whole; sets are never merged.
#[derive(Debug)]
pub(crate) struct HeldKeys {
    pub(crate) keys: KeySet,
    pub(crate) expected: Expectations,
    /// The keys of the set that cannot be used.
    pub(crate) skipped: Vec<SkippedKey>,
    /// The number of the set: another one for every set with other keys or other expectations, given
    /// when the set is taken into use. Sets are a second apart at least, so that it takes more
    /// than a century until a number comes again.
    pub(crate) generation: u32,
    /// When they were obtained, or last confirmed.
    pub(crate) obtained_at: Timestamp,
    /// When their lifetime ends. They stay in use for longer if no new ones can be had.
    pub(crate) fresh_until: Timestamp,
    /// When the keys are too old to be used, whatever happens.
    pub(crate) usable_until: Timestamp,
}

/// How the attempts go. Attempts are numbered from 1.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    /// The last attempt that was asked for.
    requested: u64,
    /// The last attempt that started.
    started: u64,
    /// The last attempt that finished.
    finished: u64,
    /// How many failed so far.
    failures: u64,
    /// Why that one failed, if it did.
    pub(crate) fault: Option<Arc<IssuerFault>>,
    /// When the next attempt is due.
    pub(crate) next: Timestamp,
    /// What the last answer said of the issuer's clock.
    pub(crate) clock_skew: Option<ClockSkew>,
}

/// What came of waiting for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// An attempt finished that began before anybody waited for it, so it may have missed the news.
    Joined,
    /// An attempt finished that began after it was asked for.
    Asked,
    /// None is to be had: the budget is spent, or nothing is under way.
    None,
}

impl HeldKeys {
    /// Whether every token has the same verdict under both.
    fn is_the_same_as(&self, other: &Self) -> bool {
        self.keys == other.keys && self.expected == other.expected
    }
}

impl Progress {
    /// How many attempts were started.
    pub(crate) const fn attempts(&self) -> u64 {
        self.started
    }

    /// How many attempts failed.
    pub(crate) const fn failures(&self) -> u64 {
        self.failures
    }
}

impl IssuerKeys {
    /// Keys that are to be fetched and refreshed.
    pub(crate) fn to_be_fetched(
        identifier: IssuerIdentifier,
        expected: Expectations,
        refresh: KeyRefresh,
        discovered: bool,
    ) -> Self {
        let budget = Mutex::new(AttemptBudget::new(&refresh));
        Self { discovered, refresh, budget, ..Self::new(identifier, expected, None, true) }
    }

    /// Keys that stay as they are.
    pub(crate) fn fixed(
        identifier: IssuerIdentifier,
        keys: KeySet,
        expected: Expectations,
        now: Timestamp,
    ) -> Self {
        let held = HeldKeys {
            keys,
            expected: expected.clone(),
            skipped: Vec::new(),
            generation: 0,
            obtained_at: now,
            fresh_until: Timestamp::from_seconds(u64::MAX),
            usable_until: Timestamp::from_seconds(u64::MAX),
        };
        Self::new(identifier, expected, Some(Arc::new(held)), false)
    }

    fn new(
        identifier: IssuerIdentifier,
        expected: Expectations,
        held: Option<Arc<HeldKeys>>,
        refreshed: bool,
    ) -> Self {
        let progress = Progress {
            requested: 0,
            started: 0,
            finished: 0,
            failures: 0,
            fault: None,
            next: Timestamp::from_seconds(0),
            clock_skew: None,
        };
        Self {
            identifier,
            expected,
            held: ArcSwapOption::new(held),
            progress: watch::Sender::new(progress),
            budget: Mutex::new(AttemptBudget::new(&KeyRefresh::default())),
            refresh: KeyRefresh::default(),
            refreshed,
            discovered: false,
        }
    }

    /// The keys, unless there are none or they are too old.
    pub(crate) fn held(&self, now: Timestamp) -> Option<Arc<HeldKeys>> {
        self.held.load_full().filter(|held| now < held.usable_until)
    }

    /// Reads the keys where they are. They stay as they are until `read` is done.
    pub(crate) fn reading<R>(
        &self,
        now: Timestamp,
        read: impl FnOnce(Option<&HeldKeys>) -> R,
    ) -> R {
        let held = self.held.load();
        read(held.as_deref().filter(|held| now < held.usable_until))
    }

    /// Whether asking the issuer again could bring other keys.
    pub(crate) const fn is_refreshed(&self) -> bool {
        self.refreshed
    }

    /// How the attempts go at this moment.
    pub(crate) fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// Waits for an attempt that is under way or, if none is and the budget allows, asks for one
    /// and waits for that. All who wait at the same time wait for the same attempt.
    pub(crate) async fn attempt(&self, now: Timestamp) -> Awaited {
        let (target, awaited) = {
            let mut joined = Awaited::None;
            let mut target = 0;
            self.progress.send_if_modified(|progress| {
                if progress.finished < progress.started {
                    (target, joined) = (progress.started, Awaited::Joined);
                    return false;
                }
                target = progress.started.saturating_add(1);
                if progress.requested >= target {
                    joined = Awaited::Asked;
                    return false;
                }
                if !self.budget().allows_soon(now) {
                    return false;
                }
                progress.requested = target;
                joined = Awaited::Asked;
                true
            });
            (target, joined)
        };
        match awaited {
            Awaited::None => Awaited::None,
            awaited => self.finished(target, awaited).await,
        }
    }

    /// Waits for an attempt that is under way, or for the very first one.
    pub(crate) async fn attempt_under_way(&self) -> Awaited {
        let (started, finished) = {
            let progress = self.progress.borrow();
            (progress.started, progress.finished)
        };
        match started {
            0 => self.finished(1, Awaited::Asked).await,
            under_way if finished < under_way => self.finished(under_way, Awaited::Joined).await,
            _ => Awaited::None,
        }
    }

    async fn finished(&self, target: u64, awaited: Awaited) -> Awaited {
        let mut progress = self.progress.subscribe();
        let finished = progress.wait_for(|progress| progress.finished >= target);
        match tokio::time::timeout(self.refresh.patience(), finished).await {
            Ok(Ok(_)) => awaited,
            Ok(Err(_)) | Err(_) => Awaited::None,
        }
    }

    /// Completes when somebody has asked for an attempt that has not started.
    pub(super) async fn asked(&self) {
        let mut progress = self.progress.subscribe();
        // The sender is ours, so the wait cannot end early.
        let _ = progress.wait_for(|progress| progress.requested > progress.started).await;
    }

    /// When the budget allows the next attempt.
    pub(super) fn earliest_attempt(&self, now: Timestamp) -> Timestamp {
        self.budget().earliest(now)
    }

    /// An attempt starts.
    pub(crate) fn start(&self, now: Timestamp) {
        self.budget().record(now);
        self.progress.send_modify(|progress| {
            progress.started = progress.started.saturating_add(1);
            progress.requested = progress.requested.max(progress.started);
        });
    }

    /// An answer told what the issuer's clock shows.
    pub(super) fn heard(&self, clock_skew: Option<ClockSkew>) {
        self.progress.send_modify(|progress| progress.clock_skew = clock_skew);
    }

    /// Replaces the keys of an issuer whose keys are not fetched, and tells whether they are others.
    #[cfg(feature = "service")]
    pub(crate) fn replace(&self, keys: KeySet, now: Timestamp) -> bool {
        let before = self.held.load_full();
        let Some(before) = before.filter(|before| !self.refreshed && before.keys != keys) else {
            return false;
        };
        let held = HeldKeys {
            keys,
            expected: before.expected.clone(),
            skipped: Vec::new(),
            generation: before.generation.wrapping_add(1),
            obtained_at: now,
            fresh_until: before.fresh_until,
            usable_until: before.usable_until,
        };
        self.held.store(Some(Arc::new(held)));
        true
    }

    /// The attempt succeeded, with these keys.
    pub(crate) fn succeed(&self, mut held: HeldKeys, next: Timestamp) {
        held.generation = match &*self.held.load() {
            Some(before) if before.is_the_same_as(&held) => before.generation,
            Some(before) => before.generation.wrapping_add(1),
            None => 0,
        };
        self.held.store(Some(Arc::new(held)));
        self.finish(None, next);
    }

    /// The attempt failed; keys that are held stay. The next attempt is due at `next`, and none
    /// starts before `not_before`, whoever asks for it.
    pub(crate) fn fail(&self, fault: IssuerFault, next: Timestamp, not_before: Timestamp) {
        self.budget().hold_off(not_before);
        self.finish(Some(Arc::new(fault)), next);
    }

    fn finish(&self, fault: Option<Arc<IssuerFault>>, next: Timestamp) {
        self.progress.send_modify(|progress| {
            progress.finished = progress.started;
            progress.failures = progress.failures.saturating_add(u64::from(fault.is_some()));
            progress.fault = fault;
            progress.next = next;
        });
    }

    fn budget(&self) -> MutexGuard<'_, AttemptBudget> {
        // What the lock guards is whole after every statement, so a panic elsewhere spoils nothing.
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
