//! A setting as the catalog describes it.

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
    pub(super) const fn new(
        variables: &'static [&'static str],
        key: &'static str,
        flag: &'static str,
        value_name: &'static str,
        default: &'static str,
    ) -> Self {
        Self {
            key,
            flag: Some(flag),
            variables,
            value_name,
            description: "",
            default,
            is_list: false,
            is_secret: false,
            in_files: true,
        }
    }

    pub(super) const fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    pub(super) const fn variables(mut self, variables: &'static [&'static str]) -> Self {
        self.variables = variables;
        self
    }

    pub(super) const fn list(mut self) -> Self {
        self.is_list = true;
        self
    }

    pub(super) const fn secret(mut self) -> Self {
        self.is_secret = true;
        self.flag = None;
        self
    }

    pub(super) const fn outside_files(mut self) -> Self {
        self.in_files = false;
        self
    }

    /// The preferred environment variable.
    pub fn variable(&self) -> &'static str {
        self.variables.first().copied().unwrap_or(self.key)
    }
}

/// Declares the settings of a group and collects them, so that none can be missing from the catalog.
/// A row is `NAME(key, flag, value_name, default)` and calls of [`Setting`]'s methods. The variable is
/// `NAME` unless `variables` lists others.
macro_rules! group {
    ($($name:ident($($names:literal),*) $(.$method:ident($($argument:expr)?))*;)*) => {
        $(
            pub(in crate::service::settings) static $name: super::Setting =
                super::Setting::new(&[stringify!($name)], $($names),*)
                    $(.$method($($argument)?))*;
        )*

        /// The settings of the group, in the order of the help.
        pub(super) static GROUP: &[&super::Setting] = &[$(&$name),*];
    };
}
pub(in crate::service::settings) use group;
