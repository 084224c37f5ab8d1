//! Issuers that were looked up, and the lookups under way.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::known_issuers::{Known, KnownIssuers};
use super::{IssuerResolver, ResolverUnavailable};
use crate::issuer::{Clock, IssuerKeys, NewRefreshers, Refresher, TrustedIssuer};
use crate::token::{MonotonicTime, Printable};
use crate::verifier::start_error::StartError;

/// The longest `iss` that is looked up, in bytes.
const LONGEST_ISSUER: usize = 2048;

/// Makes keys, and what refreshes them, of an issuer.
pub(crate) type Prepare =
    dyn Fn(TrustedIssuer) -> Result<(Arc<IssuerKeys>, Option<Refresher>), StartError> + Send + Sync;

/// Issuers that were looked up.
#[derive(Clone)]
pub(crate) struct ResolvedIssuers(Arc<Shared>);

struct Shared {
    resolver: IssuerResolver,
    prepare: Box<Prepare>,
    refreshers: NewRefreshers,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    known: KnownIssuers<Resolved>,
    /// The lookups under way: each ends when its sender is dropped.
    lookups: HashMap<String, watch::Receiver<()>>,
}

/// An issuer in use. Its refresher ends with it.
#[derive(Clone)]
pub(crate) struct Resolved {
    pub(crate) keys: Arc<IssuerKeys>,
    _running: Arc<watch::Sender<()>>,
}

impl ResolvedIssuers {
    pub(crate) fn new(
        resolver: IssuerResolver,
        prepare: Box<Prepare>,
        refreshers: NewRefreshers,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let known = KnownIssuers::new(resolver.limits);
        let state = Mutex::new(State { known, lookups: HashMap::new() });
        Self(Arc::new(Shared { resolver, prepare, refreshers, clock, state }))
    }

    /// What is known about the issuer that an `iss` names.
    pub(crate) fn find(&self, iss: &str, now: MonotonicTime) -> Known<Resolved> {
        if iss.len() > LONGEST_ISSUER {
            return Known::Untrusted;
        }
        self.0.state().known.get(iss, now)
    }

    /// Looks up the issuer, or waits for the lookup under way.
    pub(crate) async fn look_up(&self, iss: &str) -> Result<(), ResolverUnavailable> {
        let mut ended = {
            let mut state = self.0.state();
            match state.known.get(iss, self.0.clock.monotonic()) {
                Known::Trusted(_) | Known::Untrusted => return Ok(()),
                Known::Unavailable => return Err(ResolverUnavailable),
                Known::Nothing => {}
            }
            match state.lookups.get(iss) {
                Some(ended) => ended.clone(),
                None if state.lookups.len() >= self.0.resolver.limits.concurrent => {
                    return Err(ResolverUnavailable);
                }
                None => self.start_lookup(iss, &mut state),
            }
        };
        // The end of the lookup drops the sender.
        let _ = ended.changed().await;
        match self.0.state().known.get(iss, self.0.clock.monotonic()) {
            Known::Trusted(_) | Known::Untrusted => Ok(()),
            Known::Unavailable | Known::Nothing => Err(ResolverUnavailable),
        }
    }

    /// Starts a lookup, which goes on if the request goes away.
    fn start_lookup(&self, iss: &str, state: &mut State) -> watch::Receiver<()> {
        let (sender, ended) = watch::channel(());
        state.lookups.insert(iss.to_owned(), ended.clone());
        let lookup = Lookup {
            shared: Arc::clone(&self.0),
            iss: iss.to_owned(),
            result: Err(()),
            _sender: sender,
        };
        tokio::spawn(async move {
            let shared = Arc::clone(&lookup.shared);
            let limit = shared.resolver.limits.deadline;
            let resolving = (shared.resolver.resolve)(lookup.iss.clone());
            let resolved = tokio::time::timeout(limit, resolving).await;
            let result = match resolved {
                Ok(Ok(None)) => Ok(None),
                Ok(Ok(Some(issuer))) => shared.adopt(&lookup.iss, issuer).map(Some),
                Ok(Err(ResolverUnavailable)) | Err(_) => Err(()),
            };
            lookup.finish(result);
        });
        ended
    }
}

/// A lookup under way. Its end, even by a panic, is recorded when it is dropped.
struct Lookup {
    shared: Arc<Shared>,
    iss: String,
    result: Result<Option<Resolved>, ()>,
    _sender: watch::Sender<()>,
}

impl Lookup {
    fn finish(mut self, result: Result<Option<Resolved>, ()>) {
        self.result = result;
    }
}

impl Drop for Lookup {
    fn drop(&mut self) {
        if self.result.is_err() {
            let iss = Printable::up_to(200, &self.iss);
            log::warn!("the issuer {iss} of a token cannot be looked up at the moment");
        }
        let now = self.shared.clock.monotonic();
        let mut state = self.shared.state();
        let result = std::mem::replace(&mut self.result, Err(()));
        // The sender is dropped after this, so that requests that wait find the result.
        state.lookups.remove(&self.iss);
        state.known.put(std::mem::take(&mut self.iss), result, now);
    }
}

impl Shared {
    /// Takes an issuer into use. If it is the same as before, its keys stay.
    fn adopt(&self, iss: &str, issuer: TrustedIssuer) -> Result<Resolved, ()> {
        let failed = |fault: &dyn fmt::Display| {
            let iss = Printable::up_to(200, iss);
            log::error!("the issuer {iss} from the resolver cannot be used: {fault}");
        };
        if issuer.introspection.is_some() {
            failed(&"an issuer that is looked up cannot have introspection");
            return Err(());
        }
        let before = self.state().known.last(iss);
        let (keys, refresher) = (self.prepare)(issuer).map_err(|fault| failed(&fault))?;
        if let Some(before) = before.filter(|before| before.keys.is_configured_as(&keys)) {
            return Ok(before);
        }
        let (running, stopped) = watch::channel(());
        if let Some(refresher) = refresher {
            self.refreshers.start(refresher, stopped).map_err(|fault| failed(&fault))?;
        }
        Ok(Resolved { keys, _running: Arc::new(running) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after every statement, so a panic elsewhere spoils nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
