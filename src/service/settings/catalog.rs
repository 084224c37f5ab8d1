//! The one table of settings, in groups. Variables, flags, file keys, help and documentation follow
//! from it.

pub(super) mod api;
pub(super) mod keys;
pub(super) mod log;
pub(super) mod rate_limits;
pub(super) mod server;
pub(super) mod sources;
pub(super) mod token_cache;
pub(super) mod tokens;

/// One setting: its names and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The key in the TOML files. It names the setting wherever one name is needed.
    pub key: &'static str,
    /// The long flag without its dashes; absent for secrets, which a process list would show.
    pub flag: Option<&'static str>,
    /// The environment variables, the preferred one first.
    pub variables: &'static [&'static str],
    /// What kind of value it takes, as the command line's help shows it.
    pub value_name: &'static str,
    /// What it means, in one line.
    pub description: &'static str,
    /// What holds when it is not set, in words.
    pub default: &'static str,
    /// Whether it takes several values: comma-separated, or an array in TOML.
    pub is_list: bool,
    /// Whether its value must never be shown.
    pub is_secret: bool,
    /// Whether the files may hold it. The settings that say which files to read cannot be in one.
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

    /// The name to use for the setting when nobody has set it: its first variable.
    pub fn variable(&self) -> &'static str {
        self.variables.first().copied().unwrap_or(self.key)
    }
}

/// Declares the settings of a group and lists them all, so that none can be left out of the list.
macro_rules! group {
    ($($name:ident = $setting:expr;)*) => {
        $(pub(in crate::service::settings) static $name: Setting = $setting;)*

        /// Every setting of the group, in the order in which people should meet them.
        pub(super) static GROUP: &[&Setting] = &[$(&$name),*];
    };
}
use group;

/// Every setting, in the order in which people should meet them.
pub fn catalog() -> impl Iterator<Item = &'static Setting> {
    const GROUPS: [&[&Setting]; 8] = [
        tokens::GROUP,
        keys::GROUP,
        token_cache::GROUP,
        api::GROUP,
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
    fn every_name_is_spelled_by_its_convention() {
        for setting in catalog() {
            let expected = (!setting.is_secret).then(|| setting.key.replace('_', "-"));
            assert_eq!(setting.flag, expected.as_deref(), "{}", setting.key);
            if *setting != log::LOG {
                assert_eq!(setting.variable(), setting.key.to_uppercase());
            }
        }
    }

    #[test]
    fn every_setting_says_what_it_is() {
        for setting in catalog() {
            assert!(
                !setting.description.is_empty() && !setting.default.is_empty(),
                "{}",
                setting.key
            );
        }
    }

    #[test]
    fn no_name_stands_for_two_settings() {
        let keys: HashSet<_> = catalog().map(|setting| setting.key).collect();
        assert_eq!(keys.len(), catalog().count());
        let variables: Vec<_> = catalog().flat_map(|setting| setting.variables).collect();
        assert_eq!(variables.iter().collect::<HashSet<_>>().len(), variables.len());
    }
}
