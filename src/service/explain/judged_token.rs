//! A token with the issuer that it is judged against.

use super::claims_advice;
use super::key_advice::is_similar;
use super::report::{Check, Group};
use crate::issuer::IssuerDiagnostics;
use crate::token::{Expectations, Inspection, InvalidToken, Printable, Timestamp};

/// A token taken apart, and the issuer that it is judged against.
#[derive(Debug)]
pub(super) struct JudgedToken<'a> {
    pub(super) inspection: &'a Inspection,
    pub(super) issuers: &'a [IssuerDiagnostics],
    pub(super) chosen: Chosen<'a>,
    pub(super) now: Timestamp,
}

impl<'a> JudgedToken<'a> {
    /// Chooses the issuer that the token names or, allowing for common misspellings, nearly names.
    pub(super) fn new(
        inspection: &'a Inspection,
        issuers: &'a [IssuerDiagnostics],
        now: Timestamp,
    ) -> Self {
        Self { inspection, issuers, chosen: choose(inspection, issuers), now }
    }

    /// What is expected of the token: what its issuer's must be or, where that is not known, what
    /// every issuer's must be. None where the issuers differ.
    pub(super) fn expected(&self) -> Option<&Expectations> {
        if let Some(issuer) = self.chosen.issuer() {
            return Some(issuer.expected());
        }
        let first = self.issuers.first()?.expected();
        let is_same = |other: &IssuerDiagnostics| {
            let other = other.expected();
            (&other.audiences, other.algorithms, other.profile)
                == (&first.audiences, first.algorithms, first.profile)
        };
        self.issuers.iter().all(is_same).then_some(first)
    }

    /// A member of the header, as it may be shown.
    pub(super) fn header_text(&self, name: &str) -> Option<Printable> {
        let value = self.inspection.header_json.as_ref()?.get(name)?;
        Some(value.as_str().map_or_else(|| Printable::new(&value.to_string()), Printable::new))
    }

    /// The failed check of a claim that is missing or of the wrong type.
    pub(super) fn faulty_claim(
        &self,
        group: Group,
        id: &'static str,
        name: &str,
        expected: &str,
    ) -> Option<Check> {
        let refusal = self.inspection.claims_faults.iter().find(|fault| match fault {
            InvalidToken::ClaimMissing { claim } | InvalidToken::ClaimMistyped { claim, .. } => {
                *claim == name
            }
            _ => false,
        })?;
        let members = self.inspection.claims_json.as_ref();
        let found = members.and_then(|members| members.get(name)).map_or_else(
            || format!("no {name}"),
            |value| format!("{name} is {}", Printable::new(&value.to_string())),
        );
        let check = Check::failed(group, id, found).expected(expected);
        Some(claims_advice::faulty(check, name).refused(refusal.clone()))
    }
}

/// Which of the configured issuers the token is held against.
#[derive(Debug, Clone, Copy)]
pub(super) enum Chosen<'a> {
    /// The one that it names, a slash at the end apart.
    Named(&'a IssuerDiagnostics),
    /// One that it nearly names.
    Similar(&'a IssuerDiagnostics),
    /// None.
    Unknown,
}

impl<'a> Chosen<'a> {
    pub(super) const fn issuer(self) -> Option<&'a IssuerDiagnostics> {
        match self {
            Self::Named(issuer) | Self::Similar(issuer) => Some(issuer),
            Self::Unknown => None,
        }
    }
}

fn choose<'a>(inspection: &Inspection, issuers: &'a [IssuerDiagnostics]) -> Chosen<'a> {
    let Some(claims) = &inspection.claims else { return Chosen::Unknown };
    let name = claims.issuer.as_str();
    let bare = name.strip_suffix('/').unwrap_or(name);
    let named = |issuer: &&IssuerDiagnostics| issuer.identifier.without_trailing_slash() == bare;
    let similar = |issuer: &&IssuerDiagnostics| is_similar(issuer.expected().issuer.as_str(), name);
    match (issuers.iter().find(named), issuers.iter().find(similar)) {
        (Some(issuer), _) => Chosen::Named(issuer),
        (None, Some(issuer)) => Chosen::Similar(issuer),
        (None, None) => Chosen::Unknown,
    }
}
