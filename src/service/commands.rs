//! What the program can be told to do.

mod check;
mod dev;
mod explain;
mod healthcheck;
mod open_api;
mod routes;
mod serve;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use derive_more::{Display, Error, From};

use super::environment::{environment_variable, environment_variable_names};
use super::logging;
use super::settings::{self, Settings, SettingsError};
use super::verifier_setup::VerifierSetupError;

/// Why a command failed. What it prints is for the operator.
#[derive(Debug, Display, Error, From)]
pub enum CommandError {
    /// The settings are wrong, or not enough.
    #[display("{_0}")]
    Settings(SettingsError),
    /// The settings do not lead to a verifier.
    #[display("{_0}")]
    VerifierSetup(VerifierSetupError),
    /// The operating system refuses something.
    #[display("{_0}")]
    Io(std::io::Error),
    /// What the command asked for is not so; it has said why.
    #[display("{_0}")]
    #[from(ignore)]
    Negative(#[error(not(source))] String),
}

/// Runs the program with these arguments, the first of which is its own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command_line().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(answer) => {
            // Help and version are answers too; they go to standard output with status 0.
            let _ = answer.print();
            return ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2));
        }
    };
    let result = match matches.subcommand() {
        Some(("dev", matches)) => dev::run(matches),
        Some(("routes", matches)) => routes::run(matches),
        Some(("openapi", matches)) => open_api::run(matches),
        Some(("check", matches)) => return check::run(matches),
        Some(("explain", matches)) => return explain::run(matches),
        Some(("healthcheck", matches)) => healthcheck::run(matches),
        Some((_, matches)) => serve::run(matches),
        None => serve::run(&matches),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// The command line, with every setting as a flag of the commands that use it.
pub fn command_line() -> Command {
    Command::new("actix-resource-server")
        .version(env!("CARGO_PKG_VERSION"))
        .about("An API that is protected by OAuth 2 access tokens")
        .after_help(
            "Without a command it serves. Every setting is a flag, an environment variable, or a \
             line of config/default.toml; flags win over variables, and those over files.\n\n\
             To try it with nothing configured: actix-resource-server dev",
        )
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
                .about("Asks the server on this machine whether it is alive; for containers")
                .args(settings::arguments()),
        )
}

fn load(matches: &ArgMatches) -> Result<Settings, CommandError> {
    let settings = Settings::load(matches, environment_variable);
    Ok(settings.map_err(|error| error.with_variable_names(environment_variable_names()))?)
}

fn start_log(settings: &Settings) {
    if logging::start(&settings.log.filter, settings.log.format).is_err() {
        log::debug!("the process has a log already, which stays in use");
    }
}

#[expect(clippy::print_stderr, reason = "the terminal is where a command complains")]
fn complain(error: &CommandError) {
    eprintln!("{error}");
}

#[expect(clippy::print_stdout, reason = "the terminal is where a command answers")]
fn say(text: impl std::fmt::Display) {
    println!("{text}");
}
