//! What the command `check` finds: each thing that must be right for tokens to be accepted, and the
//! mistakes that are made most often.

mod audiences;
mod finding;
mod issuers;

pub(super) use audiences::is_client_id;
pub(super) use finding::Findings;
pub(super) use issuers::advice as advice_on;

use self::finding::Finding;
use super::settings::Settings;
use crate::verifier::Verifier;

/// Looks at the settings, and at each issuer once the first attempt to obtain its keys is over.
pub(super) async fn examine(settings: &Settings, verifier: &Verifier) -> Findings {
    verifier.first_attempts().await;
    let mut findings = vec![Finding::ok("settings", "each is good by itself")];
    findings.extend(audiences::examine(settings));
    for issuer in verifier.diagnostics() {
        findings.extend(issuers::examine(settings, &issuer));
    }
    Findings::new(findings)
}
