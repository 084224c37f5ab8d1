//! The catalog of settings: the single source of variables, flags, file keys and help.
//!
//! A row is `VARIABLE(key, flag, value_name, default)`; [`group`] says more.

pub(super) mod api;
pub(super) mod introspection;
pub(super) mod keys;
pub(super) mod log;
pub(super) mod rate_limits;
pub(super) mod sender;
pub(super) mod server;
mod setting;
pub(super) mod sources;
pub(super) mod token_cache;
pub(super) mod tokens;

pub use setting::Setting;
pub(in crate::service::settings) use setting::group;

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
