//! A token and the issuer that it is judged against.

use super::key_advice::is_similar;
use crate::issuer::IssuerDiagnostics;
use crate::service::check::IssuerProduct;
use crate::token::{
    Expectations, Inspection, InvalidToken, Printable, RegisteredClaims, Timestamp,
};

/// A token taken apart, and the issuer that it is judged against.
#[derive(Debug)]
pub(super) struct JudgedToken<'a> {
    pub(super) inspection: &'a Inspection,
    pub(super) issuers: &'a [IssuerDiagnostics],
    pub(super) chosen: Chosen<'a>,
    pub(super) now: Timestamp,
}

/// The configured issuer that a token is judged against.
#[derive(Debug, Clone, Copy)]
pub(super) enum Chosen<'a> {
    /// The token names it, except perhaps for a trailing slash.
    Named(&'a IssuerDiagnostics),
    /// The token nearly names it.
    Similar(&'a IssuerDiagnostics),
    /// The token names none of the configured issuers.
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

impl<'a> JudgedToken<'a> {
    /// Chooses the issuer that the token names or, allowing for common misspellings, nearly names.
    pub(super) fn new(
        inspection: &'a Inspection,
        issuers: &'a [IssuerDiagnostics],
        now: Timestamp,
    ) -> Self {
        Self { inspection, issuers, chosen: choose(inspection, issuers), now }
    }

    /// What the token's issuer requires or, if that is not known, what all issuers require alike.
    /// None if their requirements differ.
    pub(super) fn expected(&self) -> Option<&Expectations> {
        if let Some(issuer) = self.chosen.issuer() {
            return Some(issuer.expected());
        }
        let first = self.issuers.first()?.expected();
        let is_same = |other: &IssuerDiagnostics| {
            let other = other.expected();
            (&other.audiences, &other.client_ids, other.algorithms, other.profile)
                == (&first.audiences, &first.client_ids, first.algorithms, first.profile)
        };
        self.issuers.iter().all(is_same).then_some(first)
    }

    /// The product that issued the token, by the name in the token or the configured one.
    pub(super) fn product(&self) -> IssuerProduct {
        let named = self.inspection.claims.as_ref().map(|claims| claims.issuer.as_str());
        match named.map(IssuerProduct::of) {
            Some(product) if product != IssuerProduct::Other => product,
            _ => product(self.issuers),
        }
    }

    /// The audience to request, as advice names it.
    pub(super) fn audience(&self) -> &str {
        let expected = self.expected().and_then(|expected| expected.audiences.iter().next());
        expected.unwrap_or("the name of this API")
    }

    /// Whether Entra signed the token in the way that only Microsoft's own APIs can verify: with a
    /// `nonce` in its header.
    pub(super) fn is_for_microsoft(&self) -> bool {
        let header = self.inspection.header_json.as_ref();
        let has_nonce = header.is_some_and(|members| members.contains_key("nonce"));
        has_nonce && self.product() == IssuerProduct::Entra
    }

    /// A claim, if it is a string.
    pub(super) fn claim_text(&self, name: &str) -> Option<&str> {
        self.inspection.claims_json.as_ref()?.get(name)?.as_str()
    }

    /// Whether the issuer accepts the token's `iss` and, for an issuer of many tenants, its `tid`.
    pub(super) fn check_issuer(
        &self,
        claims: &RegisteredClaims,
        issuer: &IssuerDiagnostics,
    ) -> Result<(), InvalidToken> {
        let json = self.inspection.claims_json.as_ref().map(serde_json::to_string);
        let json = json.and_then(Result::ok).unwrap_or_default();
        issuer.expected().check_issuer(&claims.issuer, &json)
    }

    /// A member of the header, safe to print.
    pub(super) fn header_text(&self, name: &str) -> Option<Printable> {
        let value = self.inspection.header_json.as_ref()?.get(name)?;
        Some(value.as_str().map_or_else(|| Printable::new(&value.to_string()), Printable::new))
    }

    /// The first fault of the header that `is_mine` accepts.
    pub(super) fn header_fault(
        &self,
        is_mine: impl Fn(&InvalidToken) -> bool,
    ) -> Option<&InvalidToken> {
        self.inspection.header_faults.iter().find(|fault| is_mine(fault))
    }

    /// Why the claim `name` is missing or of the wrong type, if it is.
    pub(super) fn claim_fault(&self, name: &str) -> Option<&InvalidToken> {
        self.inspection.claims_faults.iter().find(|fault| match fault {
            InvalidToken::ClaimMissing { claim } | InvalidToken::ClaimMistyped { claim, .. } => {
                *claim == name
            }
            _ => false,
        })
    }
}

/// The product of the configured issuers, if they are of one.
fn product(issuers: &[IssuerDiagnostics]) -> IssuerProduct {
    let of = |issuer: &IssuerDiagnostics| IssuerProduct::of(&issuer.expected().issuer);
    match issuers.split_first() {
        Some((first, rest)) if rest.iter().all(|other| of(other) == of(first)) => of(first),
        _ => IssuerProduct::Other,
    }
}

fn choose<'a>(inspection: &Inspection, issuers: &'a [IssuerDiagnostics]) -> Chosen<'a> {
    let Some(claims) = &inspection.claims else { return Chosen::Unknown };
    let name = claims.issuer.as_str();
    let bare = name.strip_suffix('/').unwrap_or(name);
    let is_named = |issuer: &&IssuerDiagnostics| {
        issuer.identifier.without_trailing_slash() == bare
            || issuer.expected().template().is_some_and(|(it, _)| it.tenant_of(name).is_some())
    };
    let algorithm = inspection.header.as_ref().map(|header| header.algorithm());
    let fits = |issuer: &&IssuerDiagnostics| {
        algorithm.is_some_and(|algorithm| issuer.expected().algorithms.contains(algorithm))
    };
    let similar = |issuer: &&IssuerDiagnostics| is_similar(issuer.expected().issuer.as_str(), name);
    // An issuer with several sources of keys has several entries.
    let named = issuers.iter().filter(is_named).find(fits);
    let named = named.or_else(|| issuers.iter().find(is_named));
    match (named, issuers.iter().find(similar)) {
        (Some(issuer), _) => Chosen::Named(issuer),
        (None, Some(issuer)) => Chosen::Similar(issuer),
        (None, None) => Chosen::Unknown,
    }
}
