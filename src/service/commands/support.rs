//! What all commands share: errors, settings, and output on the terminal.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches};
use derive_more::{Display, Error, From};

use crate::service::environment::{environment_variable, environment_variable_names};
use crate::service::logging;
use crate::service::settings::{Settings, SettingsError};
use crate::service::verifier_setup::VerifierSetupError;

/// Why a command failed. The text is for the operator.
#[derive(Debug, Display, Error, From)]
#[non_exhaustive]
pub enum CommandError {
    /// The settings are invalid or incomplete.
    #[display("{_0}")]
    Settings(SettingsError),
    /// The verifier cannot be set up from the settings.
    #[display("{_0}")]
    VerifierSetup(VerifierSetupError),
    /// An operation of the operating system failed.
    #[display("{_0}")]
    Io(io::Error),
    /// A negative result, with the reason.
    #[display("{_0}")]
    #[from(ignore)]
    Negative(#[error(not(source))] String),
}

/// A flag without a value.
pub(super) fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// The exit status of a command: its own or, if it failed, `failure`, and the reason is printed.
pub(super) fn exit_status(result: Result<ExitCode, CommandError>, failure: u8) -> ExitCode {
    result.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::from(failure)
    })
}

pub(super) fn load(matches: &ArgMatches) -> Result<Settings, CommandError> {
    let settings = Settings::load(matches, environment_variable);
    Ok(settings.map_err(|error| error.with_variable_names(environment_variable_names()))?)
}

pub(super) fn start_log(settings: &Settings) {
    if logging::start(&settings.log.filter, settings.log.format).is_err() {
        log::debug!("a logger is already installed and stays in use");
    }
}

// `println!` panics if the reader has closed the pipe, as `| head` does.
fn complain(error: &CommandError) {
    let _ = writeln!(io::stderr(), "{error}");
}

pub(super) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(io::stdout(), "{text}");
}
