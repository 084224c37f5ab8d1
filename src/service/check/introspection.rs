//! Check of introspection: whether the issuer answers and accepts this server's credentials.

use super::finding::Finding;
use crate::issuer::{ClientCertificateFault, IntrospectionFault, IssuerFault};
use crate::token::InvalidToken;
use crate::verifier::{VerificationError, Verifier};

/// Asks the issuer about a made-up token; nothing if no issuer has introspection.
pub(super) async fn examine(verifier: &Verifier) -> Option<Finding> {
    const MADE_UP: &str = "made-up-by-check";
    let (issuer, ..) = verifier.introspection_status()?;
    let subject = format!("introspection at {issuer}");
    let verdict = verifier.verify(MADE_UP).await;
    let fault = verifier.introspection_status().and_then(|(.., status)| status.fault);
    Some(match (verdict, fault) {
        (Err(VerificationError::Rejected(InvalidToken::Inactive)), _) => {
            Finding::ok(subject, "it answers, and accepts the credentials of this API")
        }
        (_, Some(fault)) => Finding::error(subject, fault.to_string(), advice(&fault)),
        (Err(error @ VerificationError::IntrospectionUnavailable { .. }), None) => {
            Finding::error(subject, error.to_string(), OF_THE_ENDPOINT)
        }
        (other, None) => Finding::warning(
            subject,
            format!("its answer about a made-up token is unusual: {}", found(other.err())),
            "an issuer must answer that a made-up token is not active",
        ),
    })
}

const OF_THE_ENDPOINT: &str = "see INTROSPECTION_URL or introspection_endpoint in the issuer's \
                               metadata, and whether this machine reaches it";

/// How to fix what made a call fail.
const fn advice(fault: &IntrospectionFault) -> &'static str {
    match fault {
        IntrospectionFault::Http(IssuerFault::ClientCertificate {
            fault: ClientCertificateFault::Missing,
            ..
        }) => {
            "set INTROSPECTION_CERTIFICATE_FILE and INTROSPECTION_CERTIFICATE_KEY_FILE to the \
             certificate of this API at the issuer and its key"
        }
        IntrospectionFault::Http(IssuerFault::ClientCertificate { .. }) => {
            "see whether INTROSPECTION_CERTIFICATE_FILE has a certificate that the issuer knows, with \
             its chain, and that has not expired"
        }
        IntrospectionFault::ClientRejected { .. } | IntrospectionFault::NotSigned => {
            "see INTROSPECTION_CLIENT_ID and its secret, key or certificate, and whether the issuer \
             lets this client introspect tokens"
        }
        IntrospectionFault::NoEndpoint => {
            "set INTROSPECTION_URL: the issuer's metadata has no introspection_endpoint that is safe to \
             use, or could not be read"
        }
        IntrospectionFault::Malformed(_) | IntrospectionFault::NoActive => {
            "see whether INTROSPECTION_URL is the introspection endpoint: it must answer with a JSON \
             object that has the boolean active (RFC 7662 section 2.2)"
        }
        IntrospectionFault::Signed(_) => {
            "have the issuer sign introspection responses for this client as RFC 9701 says, or not \
             announce introspection_signing_alg_values_supported"
        }
        _ => OF_THE_ENDPOINT,
    }
}

fn found(error: Option<VerificationError>) -> String {
    error.map_or_else(|| "the token is active".to_owned(), |error| error.to_string())
}
