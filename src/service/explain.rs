//! Why a token is accepted or rejected: each check with what was expected, what was found, what it
//! means and what to do.
//!
//! ```text
//! input ─┬─▶ verifier ───▶ verdict ─────────────────────────────────┐
//!        └─▶ inspection ─▶ checks: structure, header, key, claims ──┴─▶ report: text or JSON
//! ```
//!
//! The verdict is the verifier's own. The checks call the same functions as the verifier, each
//! independently of the others, so that the first failure does not hide the rest.

mod claims;
mod claims_advice;
mod context;
mod grant_location;
mod grants;
mod header;
mod input;
mod introspected;
mod judged_token;
mod key;
mod key_advice;
mod opaque;
mod report;
mod request;
mod routes;
mod sender;
mod structure;
mod text;
mod times;
mod verdict;

use self::judged_token::JudgedToken;
use crate::token::{Inspection, UnverifiedToken};
use crate::verifier::Verifier;

pub use self::context::Context;
pub use self::input::{DpopRequest, Input, PastedText};
pub use self::report::{Check, Group, Outcome, Report, RouteVerdict, WordVerdict};
pub use self::verdict::Verdict;

/// Explains why a token is accepted or rejected. The only network requests are the verifier's own: for
/// its issuers' metadata and keys and, with introspection, to the issuer about an opaque token.
pub async fn explain(input: &Input, context: &Context<'_>) -> Report {
    if let Some(verifier) = context.verifier {
        verifier.first_attempts().await;
    }
    let (verdict, verified) = verdict::of(input, context).await;
    let without_wrapping = verdict::without_wrapping(input, context).await;
    // After the verdicts: the verifier may have fetched newer keys for them.
    let issuers = context.verifier.map(Verifier::diagnostics).unwrap_or_default();
    let token = input.bare();
    let inspection = inspect(token.unwrap_or_default());
    let mut checks = Vec::from_iter(request::check(input, context));
    if let Some(issuer) = token.and_then(|token| introspected::asked(context.verifier, token)) {
        checks.push(introspected::check(issuer, &verdict));
    } else if token.is_some() {
        let judged = JudgedToken::new(&inspection, &issuers, context.now);
        let request = judged.product().request(judged.audience());
        checks.extend(structure::checks(input, &inspection, &request));
        checks.extend(header::checks(&judged));
        checks.push(key::issuer(&judged));
        checks.extend(claims::checks(&judged));
        checks.extend(grants::checks(&judged));
        checks.extend(key::checks(&judged));
        match sender::check(input, &judged, context) {
            Some(check) => checks.push(check),
            None => checks.extend(claims::binding(&judged)),
        }
    }
    Report {
        routes: routes::verdicts(context, &verdict, verified.as_deref()),
        path: context.path.clone(),
        without_wrapping,
        missing: context.verifier.is_none().then(|| context.missing.clone()),
        header: inspection.header_json,
        claims: inspection
            .claims_json
            .or_else(|| serde_json::from_str(verified?.claims_json()).ok()),
        now: context.now,
        verdict,
        checks,
    }
}

/// Takes the token apart. An opaque token has no parts: checks of them would only mislead.
fn inspect(token: &str) -> Inspection {
    if opaque::recognize(token).is_some()
        && let Err(reason) = UnverifiedToken::parse(token)
    {
        return Inspection { shape: Some(reason), ..Inspection::default() };
    }
    Inspection::of(token)
}
