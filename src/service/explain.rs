//! Why a token is accepted or refused: every check, what was expected and found, what it means, and
//! what to do.
//!
//! ```text
//! pasted text -> given -> the verifier's verdict
//!                      -> inspection -> checks: shape, header, key, signature, claims
//!                                                          |
//!                                        report: routes, text for people, JSON for machines
//! ```
//!
//! The verdict is the verifier's own. The checks are those of the token room, each made by itself,
//! so that the first failure does not hide the others.

mod claims;
mod claims_advice;
mod given;
mod key;
mod key_advice;
mod report;
mod routes;
mod shape;
mod text;
mod times;
mod verdict;

use self::claims::Judged;
use crate::access::RouteTable;
use crate::issuer::{ExaminedIssuer, Verifier};
use crate::token::{Inspection, Timestamp};

pub use self::given::Given;
pub use self::report::{Check, Group, Outcome, Report, RouteVerdict};
pub use self::verdict::Verdict;

/// What a token is held against.
#[derive(Debug)]
pub struct Ground<'a> {
    verifier: Option<&'a Verifier>,
    routes: &'a RouteTable,
    /// What is missing where there is no verifier.
    missing: String,
    now: Timestamp,
}

impl<'a> Ground<'a> {
    /// The verifier that would decide, and the routes whose policies would.
    pub fn new(verifier: &'a Verifier, routes: &'a RouteTable) -> Self {
        let now = verifier.now();
        Self { verifier: Some(verifier), routes, missing: String::new(), now }
    }

    /// No verifier, because of what is `missing`: the token can be judged by itself alone, as of
    /// `now`.
    pub fn without_verifier(
        missing: impl Into<String>,
        routes: &'a RouteTable,
        now: Timestamp,
    ) -> Self {
        Self { verifier: None, routes, missing: missing.into(), now }
    }
}

/// Explains what would come of a token. Nothing is sent but what the verifier asks of its issuers,
/// which is for their keys.
pub async fn explain(given: &Given, ground: &Ground<'_>) -> Report {
    if let Some(verifier) = ground.verifier {
        verifier.first_attempts().await;
    }
    let (verdict, verified) = verdict::of(given, ground).await;
    let without_wrapping = verdict::without_wrapping(given, ground).await;
    // After the verdicts: the verifier may have fetched newer keys for them.
    let issuers = ground.verifier.map(Verifier::examine).unwrap_or_default();
    let token = given.bare();
    let inspection = Inspection::of(token.unwrap_or_default());
    let mut checks = given.checks();
    if token.is_some() {
        let audience = audience(&issuers);
        checks.extend(shape::checks(given, &inspection, &audience));
        checks.extend(checks_of_content(&inspection, &issuers, ground));
    }
    Report {
        routes: routes::verdicts(ground.routes, &verdict, verified.as_deref()),
        without_wrapping,
        missing: ground.verifier.is_none().then(|| ground.missing.clone()),
        header: inspection.header_json,
        claims: inspection.claims_json,
        now: ground.now,
        verdict,
        checks,
    }
}

/// The audience to ask for, as advice names it.
fn audience(issuers: &[ExaminedIssuer]) -> String {
    let mut audiences = issuers.iter().flat_map(|issuer| issuer.expected().audiences.iter());
    audiences.next().unwrap_or("the name of this API").to_owned()
}

fn checks_of_content(
    inspection: &Inspection,
    issuers: &[ExaminedIssuer],
    ground: &Ground<'_>,
) -> Vec<Check> {
    let chosen = key::choose(inspection, issuers);
    let judged = Judged { inspection, issuers, chosen, now: ground.now };
    let mut checks = shape::header_checks(&judged);
    checks.extend(key::checks(&judged));
    checks.extend(claims::checks(&judged));
    checks
}
