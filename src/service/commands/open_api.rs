//! `openapi`: prints the OpenAPI document.

use clap::ArgMatches;

use super::support::{CommandError, load, say};
use crate::sender::DpopMode;
use crate::service::settings::KeyOrigin;
use crate::service::{application, open_api};

pub(super) fn run(matches: &ArgMatches) -> Result<(), CommandError> {
    // The document needs no settings; with them it names the issuers.
    let settings = load(matches).ok();
    let identifier = settings.as_ref().and_then(|settings| settings.resource.as_ref());
    let issuers = settings.iter().flat_map(|settings| &settings.issuers);
    let discovered = issuers.filter(|issuer| issuer.keys.contains(&KeyOrigin::Discovered));
    let discovered = discovered.map(|issuer| issuer.issuer.to_string());
    let table = application::routes(identifier).table();
    let dpop = settings.as_ref().map_or(DpopMode::Off, |settings| {
        if settings.sender.public_urls.is_empty() { DpopMode::Off } else { settings.sender.dpop }
    });
    let document = open_api::describe(&table, identifier, discovered.collect(), dpop);
    say(serde_json::to_string_pretty(&document).map_err(std::io::Error::from)?);
    Ok(())
}
