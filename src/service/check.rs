//! The checks of the command `check`: settings, audiences, and each issuer with its keys.

mod advice;
mod audiences;
mod finding;
mod introspection;
mod issuer_product;
mod issuers;
mod sender;

pub(super) use advice::on_fault as advice_on;
pub(super) use audiences::is_client_id;
pub(super) use finding::Findings;
pub(super) use issuer_product::{IssuerProduct, entra_default_scope, is_uuid};
pub(super) use issuers::key_names;

use self::finding::Finding;
use super::settings::{MisspelledVariable, Settings};
use crate::verifier::Verifier;

/// Checks the settings, and each issuer after the first attempt to obtain its keys.
pub(super) async fn examine(
    settings: &Settings,
    verifier: &Verifier,
    misspelled: &[MisspelledVariable],
) -> Findings {
    verifier.first_attempts().await;
    let mut findings = vec![Finding::ok("settings", "each setting is valid")];
    findings.extend(misspelled.iter().map(|variable| {
        let text = format!("{variable} It is ignored");
        let advice = format!("rename it to {}, or remove it", variable.meant);
        Finding::warning("environment", text, advice)
    }));
    findings.extend(audiences::examine(settings));
    findings.extend(sender::examine(settings, verifier).await);
    for issuer in verifier.diagnostics() {
        findings.extend(issuers::examine(settings, &issuer));
    }
    findings.extend(introspection::examine(verifier).await);
    Findings::new(findings)
}
