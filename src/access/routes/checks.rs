//! Mistakes in routes that are found when the program starts.

use derive_more::{Display, Error};

use super::path_pattern::PathPattern;
use super::path_pieces::parameters;
use super::route_table::{RouteEntry, RouteTable};
use crate::access::policy::{NamedRule, Policy, Requirement};
use crate::access::resource::ProtectedResource;

/// Routes whose policy demands that the issuer confirms the token ([`Fresh`](crate::Fresh)), while no
/// issuer of the resource has introspection. The program or its configuration is at fault.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[display(
    "the policy of {} demands that the issuer confirms the token (fresh), and no issuer has \
     introspection: set `TrustedIssuer::introspection`, or remove the requirement",
    routes.join(", ")
)]
#[non_exhaustive]
pub struct FreshWithoutIntrospection {
    /// Method and path of each such route.
    pub routes: Vec<String>,
}

impl RouteTable {
    /// Checks that this resource can decide the policy of every route. Call it when the program starts;
    /// otherwise, requests to a route that cannot be decided are answered 500.
    ///
    /// ```
    /// use actix_resource_server::{Authorized, Fresh, ProtectedResource, Routes};
    /// use actix_resource_server::verifier::Verifier;
    ///
    /// async fn pay(_: Authorized<Fresh>) -> &'static str { "paid" }
    ///
    /// let routes = Routes::new().post("/payments", pay);
    /// let builder = Verifier::builder().issuer("https://issuer.example/").audience("api");
    /// let resource = ProtectedResource::new(builder.start()?);
    /// let fault = routes.table().check(&resource).expect_err("there is no introspection");
    /// assert_eq!(fault.routes, ["POST /payments"]);
    /// # Ok::<(), actix_resource_server::verifier::StartError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FreshWithoutIntrospection`] names the routes.
    pub fn check(&self, resource: &ProtectedResource) -> Result<(), FreshWithoutIntrospection> {
        if resource.verifier().introspection_status().is_some() {
            return Ok(());
        }
        let fresh = self.iter().filter(|entry| entry.policy.needs_fresh());
        let routes: Vec<_> =
            fresh.map(|entry| format!("{} {}", entry.method, entry.path)).collect();
        if routes.is_empty() { Ok(()) } else { Err(FreshWithoutIntrospection { routes }) }
    }
}

/// Rules over the path are checked against the whole path, with the prefixes of all scopes.
#[expect(clippy::panic, reason = "a mistake of the program, found when it starts")]
#[track_caller]
pub(super) fn check_parameters(entry: &RouteEntry) {
    let RouteEntry { method, path, policy, .. } = entry;
    let names: Vec<&str> = parameters(path).collect();
    for (place, name) in names.iter().enumerate() {
        let is_new = names.iter().take(place).all(|other| other != name);
        assert!(is_new, "{path} has two parameters named {name}");
    }
    if let Some((rule, lacking)) = lacking(&names, policy) {
        panic!("{method} {path} does not have what the rule {} reads: {lacking}", rule.name);
    }
}

/// The first rule of the policy that reads what a path with these parameters lacks, and what that is.
pub(super) fn lacking(parameters: &[&str], policy: &Policy) -> Option<(NamedRule, String)> {
    let mut found = None;
    policy.requirement()?.each(&mut |single| {
        if let Requirement::Rule(rule) = single {
            let lacking = rule.path_shape().and_then(|shape| shape.lacking(parameters));
            found = found.take().or(lacking.map(|lacking| (*rule, lacking)));
        }
    });
    found
}

#[expect(clippy::panic, reason = "a mistake of the program, found when it starts")]
#[track_caller]
pub(super) fn pattern(path: &str) -> PathPattern {
    match PathPattern::new(path) {
        Ok(pattern) => pattern,
        Err(fault) => panic!("{path} {fault}"),
    }
}
