//! `routes`: prints the route table.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{CommandError, load, say};
use crate::service::{application, settings};

pub(super) fn command() -> Command {
    Command::new("routes")
        .about("Prints all routes and who may call them")
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Prints the table as JSON"),
        )
        .args(settings::arguments())
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), CommandError> {
    // The table needs no settings; with them it includes the metadata route.
    let settings = load(matches).ok();
    let identifier = settings.as_ref().and_then(|settings| settings.resource.as_ref());
    let table = application::routes(identifier).table();
    if matches.get_flag("json") {
        let text = serde_json::to_string_pretty(&table).map_err(std::io::Error::from)?;
        say(text);
    } else {
        say(table.to_string().trim_end());
    }
    Ok(())
}
