//! `explain`: reports why a token is accepted or rejected, and what to do.

use std::io::Read as _;
use std::process::ExitCode;

use clap::{Arg, ArgGroup, ArgMatches, Command};

use super::support::{CommandError, load, say, switch};
use crate::service::environment::environment_variable;
use crate::service::explain::{Context, Input, Report, explain};
use crate::service::settings;
use crate::service::terminal::Color;
use crate::service::{application, forward_auth, verifier_setup};
use crate::token::Timestamp;

/// Maximum input size in bytes; larger than any request head.
const LARGEST_INPUT: u64 = 256 * 1024;

pub(super) fn command() -> Command {
    Command::new("explain")
        .about("Explains why a token is accepted or rejected: each check, and what to do")
        .after_help(
            "Keys are fetched from the configured issuers. The token is sent only to an issuer with \
             introspection: an opaque token, and with INTROSPECTION=always also a JWT that is valid \
             otherwise. Arguments are visible in the process list and the shell history; use - to \
             read standard input instead.\n\n\
             Exit status: 0 accepted; 1 rejected; 2 settings or arguments are invalid, or settings \
             needed for a verdict are missing; 3 the issuer's keys are unavailable.",
        )
        .arg(Arg::new("token").value_name("TOKEN").help("Token, or - for standard input"))
        .arg(
            Arg::new("request")
                .long("request")
                .value_name("HEADER")
                .help("Authorization header, or a whole request with it, or - for standard input")
                .allow_hyphen_values(true),
        )
        .group(ArgGroup::new("input").args(["token", "request"]).required(true))
        .arg(
            Arg::new("path")
                .long("path")
                .value_name("PATH")
                .help("Judges only the routes of this path, such as /tenants/42/notes, requirement by requirement"),
        )
        .arg(switch("json", "Prints the report as JSON"))
        .args(settings::arguments())
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, CommandError> {
    let report = report(matches)?;
    if matches.get_flag("json") {
        say(report.to_json_text());
    } else {
        say(report.to_text(Color::of_standard_output(environment_variable)));
    }
    Ok(ExitCode::from(report.exit_status()))
}

fn report(matches: &ArgMatches) -> Result<Report, CommandError> {
    // No log: the token is printed for the caller, who has it already, and stored nowhere.
    let settings = load(matches);
    let identifier = settings.as_ref().ok().and_then(|settings| settings.resource.as_ref());
    let mut table = application::routes(identifier).table();
    let forward_auth = settings.as_ref().ok().and_then(|settings| settings.forward_auth.as_ref());
    if let Some(settings) = forward_auth {
        table =
            table.with(&forward_auth::table(&settings.policy_file).map_err(std::io::Error::other)?);
    }
    let header = settings.as_ref().ok().and_then(|settings| settings.token_header.as_ref());
    let input = input(matches, header.map(|header| header.name().as_str()))?;
    let system = actix_rt::System::new();
    match &settings {
        Ok(settings) => {
            let resource = verifier_setup::protected_resource(settings)?;
            let context = Context::new(resource.verifier(), &table);
            let context = at_path(context.token_source(resource.tokens()), matches);
            Ok(system.block_on(explain(&input, &context)))
        }
        Err(missing) => {
            let context = Context::without_verifier(missing.to_string(), &table, Timestamp::now());
            Ok(system.block_on(explain(&input, &context)))
        }
    }
}

fn at_path<'a>(context: Context<'a>, matches: &ArgMatches) -> Context<'a> {
    match matches.get_one::<String>("path") {
        Some(path) => context.at_path(path),
        None => context,
    }
}

/// The input, whose token is in the header field `header` if not in `Authorization`.
fn input(matches: &ArgMatches, header: Option<&str>) -> Result<Input, CommandError> {
    let request = |text: &str| match header {
        Some(header) => Input::request_with(text, header),
        None => Input::request(text),
    };
    let text = |name| matches.get_one::<String>(name).map(String::as_str);
    Ok(match (text("token"), text("request")) {
        (_, Some("-")) => request(&standard_input()?),
        (_, Some(text)) => request(text),
        (Some("-"), None) => Input::token(&standard_input()?),
        (token, None) => Input::token(token.unwrap_or_default()),
    })
}

fn standard_input() -> Result<String, CommandError> {
    let mut bytes = Vec::new();
    std::io::stdin().take(LARGEST_INPUT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
