//! `serve`: runs the API.

use clap::ArgMatches;

use super::support::{CommandError, load, start_log};
use crate::service::environment::environment_variable_names;
use crate::service::settings::misspelled_variables;
use crate::service::{server, verifier_setup};

pub(super) fn run(matches: &ArgMatches) -> Result<(), CommandError> {
    let settings = load(matches)?;
    start_log(&settings);
    for variable in misspelled_variables(environment_variable_names()) {
        log::warn!("{variable} It is ignored");
    }
    let resource = verifier_setup::protected_resource(&settings)?;
    let accepted = match settings.audiences.as_slice() {
        [] => "of the configured clients".to_owned(),
        audiences => format!("for {}", audiences.join(" or ")),
    };
    log::info!(
        "accepting tokens {accepted} from {}",
        resource
            .verifier()
            .issuers()
            .iter()
            .map(|issuer| issuer.issuer.as_str())
            .collect::<Vec<_>>()
            .join(" or "),
    );
    if settings.server.tls.is_none() && !settings.server.listen.ip().is_loopback() {
        log::info!(
            "serving plain HTTP: terminate TLS in a proxy, or set TLS_CERT_FILE and TLS_KEY_FILE"
        );
    }
    Ok(actix_rt::System::new().block_on(server::run(settings, resource))?)
}
