//! Environment variables that look like misspelled settings.

use derive_more::Display;
use strsim::osa_distance;

use super::catalog::catalog;

/// An environment variable that is not a setting, but has nearly the name of one.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[display("{} is not a setting; did you mean {meant}?", name.escape_debug())]
#[non_exhaustive]
pub struct MisspelledVariable {
    /// The variable as the environment has it.
    pub name: String,
    /// The variable of the setting that was probably meant.
    pub meant: &'static str,
}

/// Variables of other programs and libraries that are close to a setting's.
const OTHERS: [&str; 3] = ["SSL_CERT_FILE", "SSL_CERT_DIR", "HOSTNAME"];

/// Finds the variables that are probably misspelled settings, and that are therefore ignored.
///
/// ```
/// use actix_resource_server::service::settings::misspelled_variables;
///
/// let found = misspelled_variables(["PATH".to_owned(), "ISUER_BASE_URL".to_owned()]);
/// let [variable] = found.as_slice() else { panic!("{found:?}") };
/// assert_eq!(variable.meant, "ISSUER_BASE_URL");
/// ```
pub fn misspelled_variables(names: impl IntoIterator<Item = String>) -> Vec<MisspelledVariable> {
    let variables: Vec<&str> = catalog().flat_map(|setting| setting.variables).copied().collect();
    let misspelled = |name: String| {
        if variables.contains(&name.as_str()) || OTHERS.contains(&name.as_str()) {
            return None;
        }
        let spelled = name.to_uppercase().replace(['-', '.'], "_");
        // Short names are close to many words.
        let allowed = match spelled.len() {
            0..5 => 0,
            5..10 => 1,
            _ => 2,
        };
        let close =
            variables.iter().map(|known| (osa_distance(&spelled, &known.to_uppercase()), *known));
        let close = close.filter(|(distance, _)| *distance <= allowed);
        // Of two names that differ only in case, the one in the case of the variable.
        let (_, meant) =
            close.min_by_key(|(distance, known)| (*distance, osa_distance(&name, known)))?;
        Some(MisspelledVariable { name, meant })
    };
    let mut found: Vec<_> = names.into_iter().filter_map(misspelled).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_name_is_found_and_others_are_left_alone() {
        let table = [
            ("ISUER_BASE_URL", Some("ISSUER_BASE_URL")),
            ("ISSUER_BASE_URI", Some("ISSUER_BASE_URL")),
            ("issuer_base_url", Some("ISSUER_BASE_URL")),
            ("ISSUER-BASE-URL", Some("ISSUER_BASE_URL")),
            ("AUDIANCE", Some("AUDIENCE")),
            ("AUDIENCES", Some("AUDIENCE")),
            ("AUTHO_DOMAIN", Some("AUTH0_DOMAIN")),
            ("JWKS_URL", Some("JWKS_URI")),
            ("ISSUERS", Some("ISSUER")),
            ("port", Some("PORT")),
            ("ISSUER_BASE_URL", None),
            ("RUST_LOG", None),
            ("SSL_CERT_FILE", None),
            ("HOSTNAME", None),
            ("POST", None),
            ("HOME", None),
            ("PATH", None),
            ("LOGNAME", None),
            ("DATABASE_URL", None),
            ("KUBERNETES_SERVICE_PORT", None),
        ];
        for (name, expected) in table {
            let found = misspelled_variables([name.to_owned()]);
            assert_eq!(found.first().map(|variable| variable.meant), expected, "{name}");
        }
    }

    #[test]
    fn every_setting_is_found_behind_one_slip() {
        for variable in catalog().flat_map(|setting| setting.variables) {
            if variable.len() < 5 {
                continue;
            }
            let slip = format!("{variable}X");
            let found = misspelled_variables([slip.clone()]);
            assert_eq!(found.first().map(|found| found.meant), Some(*variable), "{slip}");
        }
    }

    #[test]
    fn a_name_is_shown_without_control_characters() {
        let found = MisspelledVariable { name: "PORT\u{1b}[2J".to_owned(), meant: "PORT" };
        assert_eq!(found.to_string(), "PORT\\u{1b}[2J is not a setting; did you mean PORT?");
    }
}
