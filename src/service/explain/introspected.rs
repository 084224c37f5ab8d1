//! Check of an opaque token by introspection.

use super::report::{Check, Group};
use super::verdict::Verdict;
use crate::verifier::Verifier;

/// The issuer that is asked about this token; `None` if the token is a JWT or no issuer has
/// introspection.
pub(super) fn asked<'a>(verifier: Option<&'a Verifier>, token: &str) -> Option<&'a str> {
    let verifier = verifier.filter(|verifier| verifier.is_to_be_introspected(token))?;
    verifier.introspection_status().map(|(issuer, ..)| issuer)
}

/// What the issuer answered, and whether its answer is accepted.
pub(super) fn check(issuer: &str, verdict: &Verdict) -> Check {
    const ID: &str = "introspection";
    let expected = format!("an active token of {issuer} for this API");
    match verdict {
        Verdict::Accepted => {
            Check::passed(Group::Structure, ID, format!("{issuer} was asked: the token is active"))
        }
        Verdict::Rejected(reason) => {
            Check::failed(Group::Structure, ID, format!("{issuer} was asked: {reason}"))
                .expected(expected)
                .meaning("the issuer knows whether an opaque token is active, and what it grants")
                .advice("request a new token from the issuer, for the audience of this API")
                .rejected(reason.clone())
        }
        other => Check::not_reached(Group::Structure, ID, format!("{issuer} was asked: {other}")),
    }
}
