//! The keys of one issuer, shared by all threads: the refresher writes, requests read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use super::attempt_budget::AttemptBudget;
use super::clock_skew::ClockSkew;
use super::fault::IssuerFault;
use super::identifier::IssuerIdentifier;
use super::introspection::{Introspection, SharedEndpoint};
use super::key_refresh::KeyRefresh;
use super::progress::Progress;
use crate::token::{Expectations, KeySet, MonotonicTime, SkippedKey};

/// One issuer's keys, what its tokens must be, and the progress of attempts to refresh the keys.
#[derive(Debug)]
pub(crate) struct IssuerKeys {
    pub(crate) identifier: IssuerIdentifier,
    /// What its tokens must be, as configured. Its metadata may spell its name otherwise.
    pub(crate) expected: Expectations,
    /// How its keys are obtained, and how long they are used.
    pub(crate) refresh: KeyRefresh,
    held: ArcSwapOption<HeldKeys>,
    progress: watch::Sender<Progress>,
    budget: Mutex<AttemptBudget>,
    /// Whether asking the issuer again could bring other keys.
    pub(crate) is_refreshed: bool,
    /// Whether its keys are found through metadata, which others can look up too.
    pub(crate) discovered: bool,
    /// Where it is asked about tokens.
    pub(crate) introspection: SharedEndpoint,
}

/// A key set in use. A new one replaces it as a whole; sets are never merged.
#[derive(Debug)]
pub(crate) struct HeldKeys {
    pub(crate) keys: KeySet,
    pub(crate) expected: Expectations,
    /// The keys of the set that cannot be used.
    pub(crate) skipped: Vec<SkippedKey>,
    /// The generation of the set: it changes with every set that has other keys or expectations. Sets
    /// are at least a second apart, so a number repeats after more than a century.
    pub(crate) generation: u32,
    /// When they were obtained, or last confirmed.
    pub(crate) obtained_at: MonotonicTime,
    /// When their lifetime ends. They stay in use for longer if no new ones can be obtained.
    pub(crate) fresh_until: MonotonicTime,
    /// When the keys are too old to be used.
    pub(crate) usable_until: MonotonicTime,
}

/// The result of waiting for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// An attempt finished that had already started, so it may have missed a new key.
    Joined,
    /// An attempt finished that started after the wait began.
    Asked,
    /// No attempt: the budget does not allow one now, or it took too long.
    None,
}

impl HeldKeys {
    /// Whether there are no keys, as for an issuer whose metadata names no key set. A key set without
    /// usable keys is a fault, and does not replace the keys.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.iter().next().is_none()
    }

    /// Whether every token has the same verdict under both.
    pub(super) fn is_the_same_as(&self, other: &Self) -> bool {
        self.keys == other.keys && self.expected == other.expected
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

    /// Keys that never change.
    pub(crate) fn fixed(
        identifier: IssuerIdentifier,
        keys: KeySet,
        expected: Expectations,
        now: MonotonicTime,
    ) -> Self {
        let held = HeldKeys {
            keys,
            expected: expected.clone(),
            skipped: Vec::new(),
            generation: 0,
            obtained_at: now,
            fresh_until: MonotonicTime::END,
            usable_until: MonotonicTime::END,
        };
        Self::new(identifier, expected, Some(Arc::new(held)), false)
    }

    fn new(
        identifier: IssuerIdentifier,
        expected: Expectations,
        held: Option<Arc<HeldKeys>>,
        is_refreshed: bool,
    ) -> Self {
        Self {
            identifier,
            expected,
            held: ArcSwapOption::new(held),
            progress: watch::Sender::new(Progress::default()),
            budget: Mutex::new(AttemptBudget::new(&KeyRefresh::default())),
            refresh: KeyRefresh::default(),
            is_refreshed,
            discovered: false,
            introspection: SharedEndpoint::default(),
        }
    }

    /// The same issuer, asked about tokens at the configured URL or where its metadata says.
    pub(crate) fn with_introspection(mut self, introspection: Option<&Introspection>) -> Self {
        if let Some(Introspection { endpoint, .. }) = introspection {
            self.introspection = SharedEndpoint::new(endpoint.clone(), &self.expected.issuer);
        }
        self
    }

    /// The keys, unless there are none or they are too old.
    pub(crate) fn held(&self, now: MonotonicTime) -> Option<Arc<HeldKeys>> {
        self.held.load_full().filter(|held| now < held.usable_until)
    }

    /// Reads the keys in place. They stay as they are until `read` returns.
    pub(crate) fn reading<R>(
        &self,
        now: MonotonicTime,
        read: impl FnOnce(Option<&HeldKeys>) -> R,
    ) -> R {
        let held = self.held.load();
        read(held.as_deref().filter(|held| now < held.usable_until))
    }

    /// Whether the keys come from the metadata of the same issuer under the same settings.
    pub(crate) fn is_configured_as(&self, other: &Self) -> bool {
        self.discovered
            && other.discovered
            && self.identifier == other.identifier
            && self.expected == other.expected
            && self.refresh == other.refresh
    }

    /// The progress of the attempts at this moment.
    pub(crate) fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// The time until the next attempt, scheduled or asked for by a request, can start.
    pub(crate) fn wait(&self, now: MonotonicTime) -> Duration {
        let scheduled = self.progress.borrow().next;
        let requested = self.budget().earliest_requested(now);
        scheduled.min(requested).since(now)
    }

    /// Waits for the attempt under way or, if there is none and the budget allows one, requests an
    /// attempt and waits for it. Concurrent callers share one attempt. Returns at once if the keys are
    /// no longer of the generation that was `seen`.
    pub(crate) async fn attempt(&self, now: MonotonicTime, seen: Option<u32>) -> Awaited {
        if self.reading(now, |held| held.map(|held| held.generation)) != seen {
            return Awaited::Joined;
        }
        let (mut target, mut awaited) = (0, Awaited::None);
        self.progress.send_if_modified(|progress| {
            if progress.finished < progress.started {
                (target, awaited) = (progress.started, Awaited::Joined);
                return false;
            }
            target = progress.started.saturating_add(1);
            let is_new = progress.requested < target;
            if is_new && !self.budget().allows_soon(now) {
                return false;
            }
            progress.requested = progress.requested.max(target);
            awaited = Awaited::Asked;
            is_new
        });
        match awaited {
            Awaited::None => Awaited::None,
            awaited => self.finished(target, awaited).await,
        }
    }

    /// Waits for the first attempt to finish, if it has not.
    pub(crate) async fn first_attempt(&self) {
        self.finished(1, Awaited::Asked).await;
    }

    async fn finished(&self, target: u64, awaited: Awaited) -> Awaited {
        let mut progress = self.progress.subscribe();
        let finished = progress.wait_for(|progress| progress.finished >= target);
        match tokio::time::timeout(self.refresh.patience(), finished).await {
            Ok(Ok(_)) => awaited,
            Ok(Err(_)) | Err(_) => Awaited::None,
        }
    }

    /// Completes when a request has asked for an attempt that has not started.
    pub(super) async fn asked(&self) {
        let mut progress = self.progress.subscribe();
        // The sender is ours, so the wait cannot end early.
        let _ = progress.wait_for(Progress::is_asked).await;
    }

    /// When the budget allows the next attempt.
    pub(super) fn earliest_attempt(&self, now: MonotonicTime) -> MonotonicTime {
        let asked = self.progress.borrow().is_asked();
        let budget = self.budget();
        if asked { budget.earliest_requested(now) } else { budget.earliest_scheduled(now) }
    }

    /// An attempt starts. Returns whether a request asked for it.
    pub(crate) fn start(&self, now: MonotonicTime) -> bool {
        let mut asked = false;
        self.progress.send_modify(|progress| {
            asked = progress.is_asked();
            progress.started = progress.started.saturating_add(1);
            progress.requested = progress.requested.max(progress.started);
        });
        self.budget().record(now, asked);
        asked
    }

    /// A response told what the issuer's clock shows.
    pub(super) fn set_clock_skew(&self, clock_skew: Option<ClockSkew>) {
        self.progress.send_modify(|progress| progress.clock_skew = clock_skew);
    }

    /// Replaces the keys of an issuer whose keys are not fetched, and tells whether they are others.
    #[cfg(feature = "service")]
    pub(crate) fn replace(&self, keys: KeySet, now: MonotonicTime) -> bool {
        let before = self.held.load_full();
        let Some(before) = before.filter(|before| !self.is_refreshed && before.keys != keys) else {
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

    /// Whether the set of keys is the one that is held, so that nothing is new.
    pub(super) fn holds_the_same(&self, keys: &HeldKeys) -> bool {
        self.held.load().as_deref().is_some_and(|held| held.is_the_same_as(keys))
    }

    /// The attempt succeeded, with these keys. `complete` says whether it looked everywhere a key
    /// might be.
    pub(crate) fn succeed(
        &self,
        mut keys: HeldKeys,
        complete: bool,
        now: MonotonicTime,
        next: MonotonicTime,
    ) {
        let before = self.held.load_full();
        keys.generation = match &before {
            Some(before) if before.is_the_same_as(&keys) => before.generation,
            Some(before) => before.generation.wrapping_add(1),
            None => 0,
        };
        if before.is_none_or(|before| before.generation != keys.generation) {
            self.budget().reset(now);
        }
        self.held.store(Some(Arc::new(keys)));
        self.finish(None, complete, next);
    }

    /// The attempt failed; keys that are held stay. The next attempt is due at `next`, and none
    /// starts before `not_before`, even if a request asks for it.
    pub(crate) fn fail(&self, fault: IssuerFault, next: MonotonicTime, not_before: MonotonicTime) {
        self.budget().hold_off(not_before);
        self.finish(Some(Arc::new(fault)), true, next);
    }

    /// The refresher ended unexpectedly: the attempt under way, if there is one, has failed.
    pub(super) fn abandon(&self) {
        let progress = self.progress();
        if progress.finished < progress.started {
            self.finish(Some(Arc::new(IssuerFault::Interrupted)), true, progress.next);
        }
    }

    fn finish(&self, fault: Option<Arc<IssuerFault>>, complete: bool, next: MonotonicTime) {
        self.progress.send_modify(|progress| {
            progress.finished = progress.started;
            let failed = u64::from(fault.is_some());
            progress.failures = progress.failures.saturating_add(failed);
            progress.successes = progress.successes.saturating_add(1 - failed);
            progress.fault = fault;
            progress.complete = complete;
            progress.next = next;
        });
    }

    fn budget(&self) -> MutexGuard<'_, AttemptBudget> {
        // The budget is consistent after every statement, so a poisoned lock can be used.
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
