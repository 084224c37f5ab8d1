//! Issuer as configured, and completed with the common settings.

use super::algorithms;
use super::catalog::tokens::{TENANTS, TOKEN_SIGNING_ALG};
use super::introspection::IntrospectionSettings;
use super::key_origin::KeyOrigin;
use super::reader::Reader;
use super::requirements::Requirements;
use crate::issuer::IssuerIdentifier;
use crate::token::{Algorithms, DpopMode, GrantClaims, IssuerTemplate, Profile, Tenants};

/// A trusted issuer: its keys and the requirements for its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuerSettings {
    /// The issuer's identifier.
    pub issuer: IssuerIdentifier,
    /// The sources of its keys: at least one, and at most one secret. A token is verified with the
    /// sources that fit its algorithm.
    pub keys: Vec<KeyOrigin>,
    /// The audiences that its tokens may have. If there is none, its tokens must have no `aud` and be
    /// of one of the clients.
    pub audiences: Vec<String>,
    /// The clients whose tokens are accepted; empty if those of every client are.
    pub client_ids: Vec<String>,
    /// The claims that grant scopes, roles and permissions.
    pub grants: GrantClaims,
    /// The tenants whose tokens are accepted, if the issuer's name is a template.
    pub tenants: Option<Tenants>,
    /// The allowed signature algorithms: those of its own list, the common list, or all, that fit its
    /// keys.
    pub algorithms: Algorithms,
    /// The required token format.
    pub profile: Profile,
    /// Whether its tokens may or must be bound to a DPoP key.
    pub dpop: DpopMode,
    /// How it is asked about tokens, if it is.
    pub introspection: Option<IntrospectionSettings>,
}

impl IssuerSettings {
    /// The allowed algorithms that fit these of its keys.
    pub(in crate::service) fn algorithms_of(&self, keys: &KeyOrigin) -> Algorithms {
        match keys.secret() {
            Some(secret) => algorithms::fitting(Some(self.algorithms), Some(secret)),
            None => self.algorithms.asymmetric(),
        }
    }
}

/// An issuer as configured; the common settings apply to what its own requirements leave out.
pub(super) struct ConfiguredIssuer {
    pub(super) issuer: IssuerIdentifier,
    pub(super) keys: Vec<KeyOrigin>,
    pub(super) own: Requirements,
    pub(super) introspection: Option<IntrospectionSettings>,
}

impl ConfiguredIssuer {
    /// An issuer without requirements of its own.
    pub(super) fn new(issuer: IssuerIdentifier, keys: Vec<KeyOrigin>) -> Self {
        Self { issuer, keys, own: Requirements::default(), introspection: None }
    }

    /// Completes the issuer with the common settings.
    pub(super) fn completed(self, common: &Requirements, reader: &mut Reader) -> IssuerSettings {
        let own = self.own;
        let algorithms = algorithms::fitting_any(own.algorithms.or(common.algorithms), &self.keys);
        // The issuer's own list was checked when it was read.
        let is_empty = own.algorithms.is_none() && algorithms.iter().next().is_none();
        if is_empty && !reader.has_problem(&TOKEN_SIGNING_ALG) {
            let advice = format!(
                "no algorithm fits the keys of {}, so none of its tokens would be accepted",
                self.issuer
            );
            reader.report_conflict(&TOKEN_SIGNING_ALG, advice);
        }
        let tenants = own.tenants.or_else(|| common.tenants.clone());
        if tenants.is_none() && IssuerTemplate::parse(self.issuer.as_str()).is_some() {
            let advice = format!(
                "missing; the issuer {} is a template for many tenants: list the tenant IDs to \
                 accept, or any",
                self.issuer
            );
            if !reader.has_problem(&TENANTS) {
                reader.report(&TENANTS, advice);
            }
        }
        let or_common = |own: Vec<String>, common: &[String]| {
            if own.is_empty() { common.to_vec() } else { own }
        };
        // An issuer with clients of its own has an audience only if that is its own, too.
        let audiences = match own.client_ids.is_empty() {
            true => or_common(own.audiences, &common.audiences),
            false => own.audiences,
        };
        IssuerSettings {
            issuer: self.issuer,
            keys: self.keys,
            audiences,
            client_ids: or_common(own.client_ids, &common.client_ids),
            grants: GrantClaims {
                scopes: or_common(own.grants.scopes, &common.grants.scopes),
                roles: or_common(own.grants.roles, &common.grants.roles),
                permissions: or_common(own.grants.permissions, &common.grants.permissions),
            },
            tenants,
            algorithms,
            profile: own.profile.or(common.profile).unwrap_or_default(),
            dpop: own.dpop.or(common.dpop).unwrap_or_default(),
            introspection: self.introspection,
        }
    }
}
