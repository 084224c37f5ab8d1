//! `routes`: prints the route table.

mod changes;

use std::io;
use std::path::Path;

use clap::{Arg, ArgMatches, Command};

use self::changes::changes;
use super::support::{CommandError, load, say, switch};
use crate::service::forward_auth::{self, PolicyFileError};
use crate::service::{application, settings};

pub(super) fn command() -> Command {
    Command::new("routes")
        .about("Prints all routes and who may call them")
        .arg(switch("json", "Prints the table as JSON"))
        .arg(
            switch("toml", "Prints the table as a policy file (FORWARD_AUTH)")
                .conflicts_with_all(["json", "diff"]),
        )
        .arg(
            Arg::new("policy")
                .long("policy")
                .value_name("PATH")
                .help("Prints the table of a policy file (FORWARD_AUTH) instead"),
        )
        .arg(
            Arg::new("diff")
                .long("diff")
                .num_args(2)
                .value_names(["OLD", "NEW"])
                .conflicts_with("policy")
                .help("Prints who gains and who loses access from one policy file to another"),
        )
        .args(settings::arguments())
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), CommandError> {
    if let Some(mut paths) = matches.get_many::<String>("diff") {
        let mut read = || forward_auth::table(Path::new(paths.next().map_or("", String::as_str)));
        say(changes(&read().map_err(invalid)?, &read().map_err(invalid)?).trim_end());
        return Ok(());
    }
    let policy_file = matches.get_one::<String>("policy");
    let policies = policy_file.map(|path| forward_auth::table(Path::new(path)));
    let policies = policies.transpose().map_err(invalid)?;
    // The table needs no settings; with them it includes the metadata route.
    let settings = load(matches).ok();
    let identifier = settings.as_ref().and_then(|settings| settings.resource.as_ref());
    let table = policies.unwrap_or_else(|| application::routes(identifier).table());
    if matches.get_flag("json") {
        let text = serde_json::to_string_pretty(&table).map_err(io::Error::from)?;
        say(text);
    } else if matches.get_flag("toml") {
        say(table.to_toml().trim_end());
    } else {
        say(table.to_string().trim_end());
    }
    Ok(())
}

fn invalid(fault: PolicyFileError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, fault)
}
