//! `dev`: the API together with an issuer in a box; nothing need be configured.

use std::net::SocketAddr;

use clap::{Arg, ArgMatches, Command};
use url::Url;

use super::{CommandError, say, start_log};
use crate::service::environment::environment_variable;
use crate::service::playground::Playground;
use crate::service::settings::{self, Settings};
use crate::service::{application, server, verifier_setup};
use crate::testing::TestIssuer;
use crate::token::Algorithm;

/// Where the issuer in a box listens unless told otherwise.
const ISSUER_ADDRESS: &str = "127.0.0.1:3011";

pub(super) fn command() -> Command {
    Command::new("dev")
        .about("Serves the API together with an issuer in a box, to try it with nothing configured")
        .arg(
            Arg::new("issuer-address")
                .long("issuer-address")
                .value_name("ADDRESS")
                .default_value(ISSUER_ADDRESS)
                .value_parser(clap::value_parser!(SocketAddr))
                .help("Where the issuer listens; anybody who reaches it gets any token"),
        )
        .args(settings::arguments())
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), CommandError> {
    let listen = *matches
        .get_one::<SocketAddr>("issuer-address")
        .ok_or_else(|| CommandError::Negative("an issuer address is needed".to_owned()))?;
    let builder = TestIssuer::builder()
        .listen(listen)
        .public_address(reachable(listen))
        .trailing_slash(true)
        .algorithms([Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa]);
    // The settings need the issuer's name, and the issuer the settings' audience.
    let name = format!("http://{}/", reachable(listen));
    let mut settings = Settings::load(matches, |variable| with_box(variable, &name))?;
    start_log(&settings);
    // The playground calls the API as any page does: from an origin that the API lets call it.
    settings.cors_origins.extend(origin("http", listen).parse());
    let table = application::routes(settings.resource.as_ref()).table();
    let playground = Playground::new(&api(&settings), &name, &settings, &table);
    let audience = settings.audiences.first().cloned().unwrap_or_default();
    let builder =
        builder.audience(audience).extra_endpoints(move |config| playground.configure(config));
    let issuer = builder.start().map_err(|fault| {
        let text = format!("the issuer in a box cannot listen on {listen}: {fault}");
        std::io::Error::new(fault.kind(), text)
    })?;
    say(welcome(&settings, &issuer));
    if !listen.ip().is_loopback() {
        log::warn!("the issuer in a box listens on {listen}: whoever reaches it gets any token");
    }
    let resource = verifier_setup::protected_resource(&settings)?;
    Ok(actix_rt::System::new().block_on(server::run(settings, resource))?)
}

/// The environment, with the issuer in a box as the only issuer and an audience if there is none.
fn with_box(variable: &str, issuer: &str) -> Option<String> {
    match variable {
        "ISSUER_BASE_URL" => Some(issuer.to_owned()),
        "AUTH0_DOMAIN" | "ISSUER" | "JWKS_URI" | "PUBLIC_KEY_FILE" | "SECRET" | "SECRET_FILE" => {
            None
        }
        "AUDIENCE" => environment_variable("AUDIENCE")
            .or_else(|| environment_variable("AUTH0_AUDIENCE"))
            .filter(|audience| !audience.is_empty())
            .or_else(|| Some("http://localhost:3010".to_owned())),
        "AUTH0_AUDIENCE" => None,
        other => environment_variable(other),
    }
}

/// What a caller on this machine would write: an issuer on all addresses is on loopback too.
fn reachable(listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        SocketAddr::from(([127, 0, 0, 1], listen.port()))
    } else {
        listen
    }
}

/// Where the API is called.
fn api(settings: &Settings) -> String {
    let scheme = if settings.server.tls.is_some() { "https" } else { "http" };
    origin(scheme, settings.server.listen)
}

/// The origin of what listens here, as browsers write it.
fn origin(scheme: &str, listen: SocketAddr) -> String {
    let address = format!("{scheme}://{}", reachable(listen));
    Url::parse(&address).map_or(address, |url| url.origin().ascii_serialization())
}

fn welcome(settings: &Settings, issuer: &TestIssuer) -> String {
    let api = api(settings);
    let tokens = format!("{}token", issuer.url());
    format!(
        "\nOpen {} in a browser: the playground makes tokens and calls the API with them.\n\n\
         THIS IS A TOY. The issuer at that address gives anybody any token.\n\
         Never let it be trusted by anything that matters.\n\n\
         On a command line, try:\n\n  \
         curl -i {api}/api/public\n  \
         curl -i {api}/api/private\n  \
         curl -i -H \"Authorization: Bearer $(curl -s '{tokens}')\" {api}/api/private\n  \
         curl -i -H \"Authorization: Bearer $(curl -s '{tokens}')\" {api}/api/private-scoped\n  \
         curl -i -H \"Authorization: Bearer $(curl -s '{tokens}?scope=read:messages')\" \
         {api}/api/private-scoped\n",
        issuer.url(),
    )
}
