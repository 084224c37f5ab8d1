//! Check of introspection: whether the issuer answers and accepts this server's credentials.

use super::finding::Finding;
use crate::token::InvalidToken;
use crate::verifier::{VerificationError, Verifier};

/// Asks the issuer about a made-up token; nothing if no issuer has introspection.
pub(super) async fn examine(verifier: &Verifier) -> Option<Finding> {
    const MADE_UP: &str = "made-up-by-check";
    let (issuer, ..) = verifier.introspection_status()?;
    let subject = format!("introspection at {issuer}");
    let verdict = verifier.verify(MADE_UP).await;
    let is_rejected =
        verifier.introspection_status().is_some_and(|(.., status)| status.client_rejected);
    Some(match verdict {
        Err(VerificationError::Rejected(InvalidToken::Inactive)) => {
            Finding::ok(subject, "it answers, and accepts the credentials of this API")
        }
        _ if is_rejected => Finding::error(
            subject,
            "it rejects the credentials of this API",
            "see INTROSPECTION_CLIENT_ID and its secret or key, and whether the issuer lets this \
             client introspect tokens",
        ),
        Err(error @ VerificationError::IntrospectionUnavailable { .. }) => Finding::error(
            subject,
            error.to_string(),
            "see INTROSPECTION_URL or introspection_endpoint in the issuer's metadata, and whether \
             this machine reaches it",
        ),
        other => Finding::warning(
            subject,
            format!("its answer about a made-up token is unusual: {}", found(other.err())),
            "an issuer must answer that a made-up token is not active",
        ),
    })
}

fn found(error: Option<VerificationError>) -> String {
    error.map_or_else(|| "the token is active".to_owned(), |error| error.to_string())
}
