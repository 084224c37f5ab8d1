//! Command line of the program.

mod check;
mod dev;
mod explain;
mod healthcheck;
mod open_api;
mod routes;
mod serve;
mod support;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Command;

pub use self::support::CommandError;
use self::support::exit_status;
use super::settings::{self, Setting};

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command_line().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(answer) => {
            // Help and version are printed to standard output with status 0.
            let _ = answer.print();
            return ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2));
        }
    };
    let result = match matches.subcommand() {
        Some(("dev", matches)) => dev::run(matches),
        Some(("routes", matches)) => routes::run(matches),
        Some(("openapi", matches)) => open_api::run(matches),
        Some(("check", matches)) => return exit_status(check::run(matches), 2),
        Some(("explain", matches)) => return exit_status(explain::run(matches), 2),
        Some(("healthcheck", matches)) => healthcheck::run(matches),
        Some((_, matches)) => serve::run(matches),
        None => serve::run(&matches),
    };
    exit_status(result.map(|()| ExitCode::SUCCESS), 1)
}

/// The command line, with all settings as flags of the commands that read them.
pub fn command_line() -> Command {
    let secrets = settings::catalog().filter(|setting| setting.is_secret);
    let secrets = secrets.map(Setting::variable).collect::<Vec<_>>().join(", ");
    Command::new("actix-resource-server")
        .version(env!("CARGO_PKG_VERSION"))
        .about("An API protected by OAuth 2 access tokens")
        .after_help(format!(
            "Without a command, serve is run. Each setting is a flag, an environment variable, or a \
             key of config/default.toml; flags override variables, which override files. Settings \
             that can contain secrets have no flag, since process lists show flags: {secrets}.\n\n\
             To try it without configuration: actix-resource-server dev",
        ))
        .args(settings::arguments())
        .subcommand(
            Command::new("serve").about("Serves the API (the default)").args(settings::arguments()),
        )
        .subcommand(dev::command())
        .subcommand(routes::command())
        .subcommand(
            Command::new("openapi")
                .about("Prints the OpenAPI document")
                .args(settings::arguments()),
        )
        .subcommand(check::command())
        .subcommand(explain::command())
        .subcommand(
            Command::new("healthcheck")
                .about("Checks that the server on this machine responds; for containers")
                .args(settings::arguments()),
        )
}
