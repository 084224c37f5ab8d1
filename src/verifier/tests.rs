//! Tests of the verifier: the cache does not change verdicts, and clock steps do not affect keys.

mod cached;
mod introspected;
mod introspection_model;
mod introspection_world;
mod model;
mod signature_checks;
mod simulation;
mod time;
mod time_model;
mod world;

use std::sync::Arc;

use tokio::sync::watch;

use super::cache::TokenCache;
use super::introspection::Introspection;
use super::proof_counts::ProofCounters;
use super::sender_checks::SenderChecks;
use super::trusted_issuers::TrustedIssuers;
use super::{Inner, Verifier};
use crate::issuer::{Clock, IssuerKeys};
use crate::sender::DpopPolicy;
use crate::testing::ManualClock;

/// A verifier of these issuers without DPoP. The test itself refreshes their keys.
fn verifier(
    issuers: &[Arc<IssuerKeys>],
    cache: Option<TokenCache>,
    introspection: Option<Introspection>,
    clock: &Arc<ManualClock>,
) -> Verifier {
    let mut trusted = TrustedIssuers::default();
    assert!(issuers.iter().all(|issuer| trusted.add(Arc::clone(issuer))));
    let (dpop, counts) = (DpopPolicy::new([]), ProofCounters::default());
    Verifier(Arc::new(Inner {
        issuers: trusted,
        cache,
        introspection,
        resolved: None,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        sender: SenderChecks { dpop, replays: None, counts },
        _running: watch::channel(()).0,
    }))
}
