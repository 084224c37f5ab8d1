//! The issuers of a verifier, found by a token's `iss` or by their number.

use std::collections::HashMap;
use std::sync::Arc;

use crate::issuer::{IssuerKeys, without_trailing_slash};

/// All issuers that a verifier trusts. Each has a number, which it keeps.
#[derive(Debug, Default)]
pub(super) struct TrustedIssuers {
    numbered: Vec<Arc<IssuerKeys>>,
    /// By the issuer's name without a trailing slash.
    numbers: HashMap<String, u32>,
}

impl TrustedIssuers {
    /// Adds an issuer; false if there is one of its name already.
    pub(super) fn add(&mut self, issuer: Arc<IssuerKeys>) -> bool {
        let name = issuer.identifier.without_trailing_slash().to_owned();
        let Ok(number) = u32::try_from(self.numbered.len()) else { return false };
        self.numbered.push(issuer);
        self.numbers.insert(name, number).is_none()
    }

    /// The issuer that an `iss` names, and its number. Whether the two agree on a trailing slash is
    /// for the verification to say.
    pub(super) fn named(&self, iss: &str) -> Option<(u32, &Arc<IssuerKeys>)> {
        let number = *self.numbers.get(without_trailing_slash(iss))?;
        Some((number, self.numbered(number)?))
    }

    /// The issuer with this number.
    pub(super) fn numbered(&self, number: u32) -> Option<&Arc<IssuerKeys>> {
        self.numbered.get(usize::try_from(number).ok()?)
    }

    /// All of them, in the order in which they were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<IssuerKeys>> {
        self.numbered.iter()
    }
}
