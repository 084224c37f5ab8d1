//! `check`: validates the settings and each issuer's keys.

use std::process::ExitCode;

use clap::{ArgMatches, Command};

use super::support::{CommandError, load, say, switch};
use crate::service::environment::{environment_variable, environment_variable_names};
use crate::service::settings::{self, misspelled_variables};
use crate::service::terminal::Color;
use crate::service::{check, server, verifier_setup};

pub(super) fn command() -> Command {
    Command::new("check")
        .about(
            "Checks the settings and their files, and that each issuer is reachable and has usable \
             keys",
        )
        .after_help(
            "Exit status: 0 success, possibly with warnings; 1 an issuer cannot be used; 2 the \
             settings are invalid.",
        )
        .arg(switch("json", "Prints the findings as JSON"))
        .args(settings::arguments())
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, CommandError> {
    let findings = findings(matches)?;
    if matches.get_flag("json") {
        say(serde_json::to_string_pretty(&findings).unwrap_or_default());
    } else {
        say(findings.to_text(Color::of_standard_output(environment_variable)));
    }
    Ok(if findings.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn findings(matches: &ArgMatches) -> Result<check::Findings, CommandError> {
    let settings = load(matches)?;
    // No log: the findings report the issuers' state in more detail.
    let resource = verifier_setup::protected_resource(&settings)?;
    server::check_files(&settings, &resource)?;
    let misspelled = misspelled_variables(environment_variable_names());
    let examination = check::examine(&settings, resource.verifier(), &misspelled);
    Ok(actix_rt::System::new().block_on(examination))
}
