//! `check`: are the settings right, and can each issuer's keys be had?

use clap::ArgMatches;

use super::{CommandError, load, say, start_log};
use crate::service::trust;

pub(super) fn run(matches: &ArgMatches) -> Result<(), CommandError> {
    let settings = load(matches)?;
    start_log(&settings);
    say("settings: good");
    say(format_args!("audience: {}", settings.audiences.join(", ")));
    let resource = trust::protected_resource(&settings)?;
    let verifier = resource.verifier();
    actix_rt::System::new().block_on(verifier.first_attempts());
    let mut failed = Vec::new();
    for issuer in verifier.issuers() {
        if issuer.is_ready() {
            say(format_args!("issuer {}: {} keys", issuer.issuer, issuer.keys.len()));
            for key in &issuer.keys {
                match &key.id {
                    Some(id) => say(format_args!("  {} {id}", key.algorithm)),
                    None => say(format_args!("  {} (no kid)", key.algorithm)),
                }
            }
        } else {
            let fault = issuer.fault.unwrap_or_else(|| "no answer in time".to_owned());
            say(format_args!("issuer {}: {fault}", issuer.issuer));
            failed.push(issuer.issuer);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(CommandError::Negative(format!("no keys can be had from {}", failed.join(", "))))
}
