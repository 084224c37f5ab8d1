//! `dev`: the API together with a test issuer, without any configuration.

use std::net::SocketAddr;

use clap::{Arg, ArgMatches, Command};
use url::Url;

use super::support::{CommandError, say, start_log};
use crate::service::environment::{environment_variable, environment_variable_names};
use crate::service::playground::Playground;
use crate::service::settings::{self, Settings};
use crate::service::{application, server, verifier_setup};
use crate::testing::TestIssuer;
use crate::token::Algorithm;

/// Default address of the test issuer.
const ISSUER_ADDRESS: &str = "127.0.0.1:3011";

pub(super) fn command() -> Command {
    Command::new("dev")
        .about("Serves the API with a test issuer, to try it without any configuration")
        .after_help(
            "FOR DEVELOPMENT ONLY: the issuer gives any token to anyone who reaches it. The API \
             trusts this issuer and no other, and takes tokens from Authorization, whatever the \
             settings say.",
        )
        .arg(
            Arg::new("issuer-address")
                .long("issuer-address")
                .value_name("ADDRESS")
                .default_value(ISSUER_ADDRESS)
                .value_parser(clap::value_parser!(SocketAddr))
                .help("Address the issuer listens on; anyone who reaches it gets any token"),
        )
        .arg(
            Arg::new("issuer-url")
                .long("issuer-url")
                .value_name("URL")
                .value_parser(issuer_url)
                .help(
                    "URL under which other machines reach the issuer, such as http://issuer:3011/ \
                     [default: http://ADDRESS/]",
                ),
        )
        .args(settings::arguments())
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), CommandError> {
    let listen = *matches
        .get_one::<SocketAddr>("issuer-address")
        .ok_or_else(|| CommandError::Negative("an issuer address is required".to_owned()))?;
    let own_origin = origin("http", listen);
    let public_url = matches.get_one::<Url>("issuer-url");
    let issuer_origin =
        public_url.map_or_else(|| own_origin.clone(), |url| url.origin().ascii_serialization());
    let builder = TestIssuer::builder()
        .listen(listen)
        .origin(&issuer_origin)
        .trailing_slash(true)
        .algorithms([Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa]);
    // The settings need the issuer's name, and the issuer needs the settings' audience.
    let name = format!("{issuer_origin}/");
    // Under a name for other machines, the issuer may be unreachable from this one.
    let jwks_uri = public_url.map(|_| format!("{own_origin}/.well-known/jwks.json"));
    let settings =
        Settings::load_for_development(matches, environment_variable, &name, jwks_uri.as_deref());
    let (mut settings, ignored) =
        settings.map_err(|error| error.with_variable_names(environment_variable_names()))?;
    start_log(&settings);
    for setting in ignored {
        log::warn!("{setting}");
    }
    // The playground calls the API from another origin, as any web page does.
    settings.cors_origins.extend([&own_origin, &issuer_origin].iter().flat_map(|o| o.parse()));
    let table = application::routes(settings.resource.as_ref()).table();
    let playground = Playground::new(&api(&settings), &name, &settings, &table);
    let audience = settings.audiences.first().cloned().unwrap_or_default();
    let builder =
        builder.audience(audience).extra_endpoints(move |config| playground.configure(config));
    let _running_issuer = builder.start().map_err(|fault| {
        let text = format!(
            "the test issuer cannot listen on {listen}: {fault} (--issuer-address sets the address)"
        );
        std::io::Error::new(fault.kind(), text)
    })?;
    say(welcome(&settings, &own_origin));
    if !listen.ip().is_loopback() {
        log::warn!("the test issuer listens on {listen}: anyone who reaches it gets any token");
    }
    let resource = verifier_setup::protected_resource(&settings)?;
    Ok(actix_rt::System::new().block_on(server::run(settings, resource))?)
}

/// The API's origin.
fn api(settings: &Settings) -> String {
    let scheme = if settings.server.tls.is_some() { "https" } else { "http" };
    origin(scheme, settings.server.listen)
}

/// The origin of a server on this machine, as browsers write it.
fn origin(scheme: &str, listen: SocketAddr) -> String {
    let address = format!("{scheme}://{}", reachable(listen));
    Url::parse(&address).map_or(address, |url| url.origin().ascii_serialization())
}

/// The address to call from this machine: a server on all addresses also listens on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        SocketAddr::from(([127, 0, 0, 1], listen.port()))
    } else {
        listen
    }
}

fn welcome(settings: &Settings, issuer: &str) -> String {
    let api = api(settings);
    let tokens = format!("{issuer}/token");
    format!(
        "\nOpen {issuer}/ in a browser: the playground makes tokens and calls the API with them.\n\n\
         FOR DEVELOPMENT ONLY. The issuer at this address gives any token to anyone.\n\
         Never trust it in production.\n\n\
         On the command line, try:\n\n  \
         curl -i {api}/api/public\n  \
         curl -i {api}/api/private\n  \
         curl -i -H \"Authorization: Bearer $(curl -s '{tokens}')\" {api}/api/private\n  \
         curl -i -H \"Authorization: Bearer $(curl -s '{tokens}')\" {api}/api/private-scoped\n  \
         curl -i -H \"Authorization: Bearer $(curl -s '{tokens}?scope=read:messages')\" \
         {api}/api/private-scoped\n"
    )
}

/// Parses the origin of the test issuer, which has no path.
fn issuer_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.filter(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none())
        .ok_or("it must be a URL without a path, such as http://issuer:3011/")
}
