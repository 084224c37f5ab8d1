//! The issuers of a verifier, found by a token's `iss` or by the number of a key source.

use std::collections::HashMap;
use std::sync::Arc;

use crate::issuer::{IssuerKeys, without_trailing_slash};
use crate::token::may_be_of_tenant;

/// All issuers that a verifier trusts. Each source of keys has a number, which it keeps; most issuers
/// have one source.
#[derive(Debug, Default)]
pub(super) struct TrustedIssuers {
    numbered: Vec<Arc<IssuerKeys>>,
    /// By the issuer's name without a trailing slash.
    numbers: HashMap<String, Vec<u32>>,
    /// The issuers of many tenants, by their names without a trailing slash. Tokens name a tenant's.
    of_tenants: Vec<String>,
}

impl TrustedIssuers {
    /// The number of a source that is not among them.
    pub(super) const NO_NUMBER: u32 = u32::MAX;

    /// Adds an issuer, or a further source of its keys. False if there is one already that differs in
    /// the spelling of its name, or if both are discovered.
    pub(super) fn add(&mut self, issuer: Arc<IssuerKeys>) -> bool {
        let name = issuer.identifier.without_trailing_slash().to_owned();
        let Ok(number) = u32::try_from(self.numbered.len()) else { return false };
        let goes_with = |other: &u32| {
            self.numbered(*other).is_some_and(|other| {
                other.identifier == issuer.identifier && !(other.discovered && issuer.discovered)
            })
        };
        if !self.sources(&name).iter().all(goes_with) {
            return false;
        }
        if issuer.expected.tenants.is_some() && !self.of_tenants.contains(&name) {
            self.of_tenants.push(name.clone());
        }
        self.numbers.entry(name).or_default().push(number);
        self.numbered.push(issuer);
        true
    }

    /// The numbers of the key sources of the issuer that an `iss` names.
    pub(super) fn sources(&self, iss: &str) -> &[u32] {
        let numbers = self.numbers.get(without_trailing_slash(iss)).or_else(|| {
            let name = self.of_tenants.iter().find(|name| may_be_of_tenant(name, iss))?;
            self.numbers.get(name)
        });
        numbers.map_or(&[], Vec::as_slice)
    }

    /// The issuer that an `iss` names, by the first source of its keys, and the source's number. A
    /// difference in a trailing slash is left to the verification.
    pub(super) fn named(&self, iss: &str) -> Option<(u32, &Arc<IssuerKeys>)> {
        let number = *self.sources(iss).first()?;
        Some((number, self.numbered(number)?))
    }

    /// The issuer with this number.
    pub(super) fn numbered(&self, number: u32) -> Option<&Arc<IssuerKeys>> {
        self.numbered.get(usize::try_from(number).ok()?)
    }

    /// All sources, in the order in which they were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<IssuerKeys>> {
        self.numbered.iter()
    }
}
