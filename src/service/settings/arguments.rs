//! Command-line flags, derived from the catalog.

use clap::{Arg, ArgAction, ArgMatches};

use super::catalog::{Setting, catalog};

/// Returns the flags of all settings, for commands that read settings.
///
/// Secrets have no flag: other users of the machine could read it in the process list.
///
/// ```
/// use actix_resource_server::service::settings;
///
/// let command = clap::Command::new("serve").args(settings::arguments());
/// assert!(command.try_get_matches_from(["serve", "--port", "8080"]).is_ok());
/// ```
pub fn arguments() -> Vec<Arg> {
    let argument = |setting: &'static Setting| {
        let flag = setting.flag?;
        let variables = setting.variables.join(" or ");
        let help = format!("{} [{variables}; default: {}]", setting.description, setting.default);
        let action = if setting.is_list { ArgAction::Append } else { ArgAction::Set };
        Some(
            Arg::new(setting.key)
                .long(flag)
                .value_name(setting.value_name)
                .help(help)
                .help_heading("Settings")
                .action(action),
        )
    };
    catalog().filter_map(argument).collect()
}

/// Returns the value of a setting's flag. Values of a repeated flag are joined to a list.
pub(super) fn flag_value(flags: &ArgMatches, setting: &Setting) -> Option<String> {
    let values = flags.try_get_many::<String>(setting.key).ok()??;
    Some(values.map(String::as_str).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::super::catalog::server::PORT;
    use super::super::catalog::tokens::{AUDIENCE, SECRET};
    use super::*;

    #[test]
    fn repeated_flags_are_a_list() {
        let command = Command::new("serve").args(arguments());
        let line = ["serve", "--audience", "a,b", "--audience", "c"];
        let flags = command.try_get_matches_from(line).unwrap();
        assert_eq!(flag_value(&flags, &AUDIENCE).as_deref(), Some("a,b,c"));
        assert_eq!(flag_value(&flags, &PORT), None);
        assert_eq!(flag_value(&flags, &SECRET), None);
    }

    #[test]
    fn a_secret_has_no_flag() {
        let command = Command::new("serve").args(arguments());
        assert!(command.try_get_matches_from(["serve", "--secret", "hush"]).is_err());
    }

    #[test]
    fn a_command_without_these_flags_has_no_values() {
        let flags = Command::new("bare").try_get_matches_from(["bare"]).unwrap();
        assert_eq!(flag_value(&flags, &PORT), None);
    }
}
