//! The catalog of settings: the single source of variables, flags, file keys and help.

pub(super) mod api;
pub(super) mod introspection;
pub(super) mod keys;
pub(super) mod log;
pub(super) mod rate_limits;
pub(super) mod sender;
pub(super) mod server;
pub(super) mod sources;
pub(super) mod token_cache;
pub(super) mod tokens;

/// A setting: its names, value and description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The key in the TOML files, which also identifies the setting.
    pub key: &'static str,
    /// The long flag without dashes. Secrets have none, since process lists show flags.
    pub flag: Option<&'static str>,
    /// The environment variables, preferred one first.
    pub variables: &'static [&'static str],
    /// The placeholder of its value in the command-line help.
    pub value_name: &'static str,
    /// A one-line description.
    pub description: &'static str,
    /// The default, in words if it is no value.
    pub default: &'static str,
    /// Whether it takes a list: comma-separated, or an array in TOML.
    pub is_list: bool,
    /// Whether its value must never be shown.
    pub is_secret: bool,
    /// Whether files may contain it. Settings that select the files cannot be in one.
    pub in_files: bool,
}

impl Setting {
    const fn new(
        key: &'static str,
        flag: &'static str,
        variables: &'static [&'static str],
    ) -> Self {
        Self {
            key,
            flag: Some(flag),
            variables,
            value_name: "TEXT",
            description: "",
            default: "",
            is_list: false,
            is_secret: false,
            in_files: true,
        }
    }

    const fn value_name(mut self, value_name: &'static str) -> Self {
        self.value_name = value_name;
        self
    }

    const fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    const fn default_text(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    const fn list(mut self) -> Self {
        self.is_list = true;
        self
    }

    const fn secret(mut self) -> Self {
        self.is_secret = true;
        self.flag = None;
        self
    }

    const fn outside_files(mut self) -> Self {
        self.in_files = false;
        self
    }

    /// The preferred environment variable.
    pub fn variable(&self) -> &'static str {
        self.variables.first().copied().unwrap_or(self.key)
    }
}

/// Declares the settings of a group and collects them, so that none can be missing from the catalog.
macro_rules! group {
    ($($name:ident = $setting:expr;)*) => {
        $(pub(in crate::service::settings) static $name: Setting = $setting;)*

        /// The settings of the group, in the order of the help.
        pub(super) static GROUP: &[&Setting] = &[$(&$name),*];
    };
}
use group;

/// All settings, in the order of the help.
pub fn catalog() -> impl Iterator<Item = &'static Setting> {
    const GROUPS: [&[&Setting]; 10] = [
        tokens::GROUP,
        keys::GROUP,
        token_cache::GROUP,
        introspection::GROUP,
        api::GROUP,
        sender::GROUP,
        server::GROUP,
        rate_limits::GROUP,
        log::GROUP,
        sources::GROUP,
    ];
    GROUPS.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_follow_the_convention() {
        for setting in catalog() {
            let expected = (!setting.is_secret).then(|| setting.key.replace('_', "-"));
            assert_eq!(setting.flag, expected.as_deref(), "{}", setting.key);
            if *setting != log::LOG {
                assert_eq!(setting.variable(), setting.key.to_uppercase());
            }
        }
    }

    #[test]
    fn every_setting_is_described() {
        for setting in catalog() {
            assert!(
                !setting.description.is_empty() && !setting.default.is_empty(),
                "{}",
                setting.key
            );
        }
    }

    #[test]
    fn names_are_unique() {
        let keys: HashSet<_> = catalog().map(|setting| setting.key).collect();
        assert_eq!(keys.len(), catalog().count());
        let variables: Vec<_> = catalog().flat_map(|setting| setting.variables).collect();
        assert_eq!(variables.iter().collect::<HashSet<_>>().len(), variables.len());
    }
}
