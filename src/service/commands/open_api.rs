//! `openapi`: prints the OpenAPI document.

use clap::ArgMatches;

use super::support::{CommandError, load, say};
use crate::sender::DpopMode;
use crate::service::application;
use crate::service::open_api::{self, Schemes};
use crate::service::settings::KeyOrigin;

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
    let header = settings.as_ref().and_then(|settings| settings.token_header.as_ref());
    let token_header = header.map(|header| header.name().as_str());
    let schemes = Schemes { issuers: discovered.collect(), dpop, token_header };
    let document = open_api::describe(&table, identifier, schemes);
    say(serde_json::to_string_pretty(&document).map_err(std::io::Error::from)?);
    Ok(())
}
