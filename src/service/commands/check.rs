//! `check`: validates the settings and each issuer's keys.

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::support::{CommandError, complain, load, say};
use crate::service::environment::{environment_variable, environment_variable_names};
use crate::service::settings::{self, misspelled_variables};
use crate::service::terminal::Color;
use crate::service::{check, verifier_setup};

pub(super) fn command() -> Command {
    Command::new("check")
        .about("Checks the settings, and that each issuer is reachable and has usable keys")
        .after_help(
            "Exit status: 0 success, possibly with warnings; 1 an issuer cannot be used; 2 the \
             settings are invalid.",
        )
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Prints the findings as JSON"),
        )
        .args(settings::arguments())
}

pub(super) fn run(matches: &ArgMatches) -> ExitCode {
    match findings(matches) {
        Ok(findings) => {
            if matches.get_flag("json") {
                say(serde_json::to_string_pretty(&findings).unwrap_or_default());
            } else {
                say(findings.to_text(Color::of_standard_output(environment_variable)));
            }
            if findings.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

fn findings(matches: &ArgMatches) -> Result<check::Findings, CommandError> {
    let settings = load(matches)?;
    // No log: the findings report the issuers' state in more detail.
    let resource = verifier_setup::protected_resource(&settings)?;
    let misspelled = misspelled_variables(environment_variable_names());
    let examination = check::examine(&settings, resource.verifier(), &misspelled);
    Ok(actix_rt::System::new().block_on(examination))
}
