//! Policies in an OpenAPI document.

mod parameters;
mod responses;

use std::collections::BTreeMap;

use derive_more::{Display, Error};
use serde::Serialize;
use serde_json::{Map, Value, json};

use parameters::declare_parameters;
use responses::{component_responses, responses_of};

use super::policy::{Policy, Requirement, alternatives};
use super::routes::{RouteEntry, RouteTable, template};
use crate::sender::DpopMode;

/// Writes what a [`RouteTable`] says into an OpenAPI 3.1 document: `security` of every operation,
/// the responses of guards, and the security schemes.
///
/// The document may come from anywhere that writes JSON, `utoipa` for instance: pass the value of
/// `MyApi::openapi()`. Routes that it does not describe are added, so that nothing served is
/// missing; operations that it describes and no route serves are an error.
///
/// ```
/// use actix_resource_server::access::OpenApiPolicies;
/// use actix_resource_server::{Public, Routes, Scoped, scopes};
/// use serde_json::json;
///
/// scopes! {
///     /// Read the caller's messages.
///     pub ReadMessages = "read:messages";
/// }
///
/// async fn about(_: Public) -> &'static str { "for everyone" }
/// async fn messages(_: Scoped<ReadMessages>) -> &'static str { "for those with the scope" }
///
/// let routes = Routes::new().get("/about", about).get("/messages", messages);
/// let document = json!({
///     "openapi": "3.1.0",
///     "info": {"title": "Messages", "version": "1"},
///     "paths": {"/about": {"get": {"responses": {"200": {"description": "Who we are"}}}}},
/// });
/// let document = OpenApiPolicies::new(&routes.table())
///     .issuers(["https://tenant.eu.auth0.com/"])
///     .apply(&document)?;
///
/// assert_eq!(document["paths"]["/about"]["get"]["security"], json!([]));
/// assert_eq!(
///     document["paths"]["/messages"]["get"]["security"],
///     json!([{"openIdConnect": ["read:messages"]}])
/// );
/// assert_eq!(
///     document["components"]["securitySchemes"]["openIdConnect"]["openIdConnectUrl"],
///     "https://tenant.eu.auth0.com/.well-known/openid-configuration"
/// );
/// # Ok::<(), actix_resource_server::access::OpenApiError>(())
/// ```
///
/// OpenAPI has no terms for permissions, roles, rules and step-up. They are in words in the
/// operation's description, and as JSON in its member `x-policy`.
#[derive(Debug, Clone)]
#[must_use = "policies are written by `apply`"]
pub struct OpenApiPolicies {
    table: RouteTable,
    issuers: Vec<String>,
    dpop: DpopMode,
    token_header: Option<String>,
}

/// Why the policies cannot be written into a document. The document's author is at fault.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenApiError {
    /// The document is not a JSON object with objects where OpenAPI has them.
    #[display("the document is not an OpenAPI document: {place} is not an object")]
    NotADocument {
        /// Where an object is missing.
        place: String,
    },
    /// The document describes an operation that no route serves.
    #[display("the document describes {method} {path}, and no route serves it")]
    NotServed {
        /// The operation's method.
        method: String,
        /// The operation's path.
        path: String,
    },
}

impl OpenApiPolicies {
    /// The policies of these routes.
    pub fn new(table: &RouteTable) -> Self {
        Self { table: table.clone(), issuers: Vec::new(), dpop: DpopMode::Off, token_header: None }
    }

    /// The issuers whose metadata clients may look up. Without one the scheme is plain `bearer`.
    pub fn issuers<T: Into<String>>(mut self, issuers: impl IntoIterator<Item = T>) -> Self {
        self.issuers = issuers.into_iter().map(Into::into).collect();
        self
    }

    /// Whether DPoP is off, allowed or required (RFC 9449). Default: off.
    pub const fn dpop(mut self, mode: DpopMode) -> Self {
        self.dpop = mode;
        self
    }

    /// The header field in which a gateway passes tokens on, where they are not taken from
    /// `Authorization`. It is then the only scheme.
    pub fn token_header(mut self, name: impl Into<String>) -> Self {
        self.token_header = Some(name.into());
        self
    }

    /// Writes the policies into the document.
    ///
    /// # Errors
    ///
    /// [`OpenApiError`] if it is not an OpenAPI document, or says more than is served.
    pub fn apply(&self, document: &impl Serialize) -> Result<Value, OpenApiError> {
        let whole = || OpenApiError::NotADocument { place: "the whole".to_owned() };
        let mut document = serde_json::to_value(document).map_err(|_| whole())?;
        let root = document.as_object_mut().ok_or_else(whole)?;
        let is_required = self.dpop == DpopMode::Required && self.token_header.is_none();
        let bearer = if is_required { Vec::new() } else { self.schemes() };
        let schemes = Schemes { bearer, dpop: self.dpop_scheme() };
        let paths = object(root, "paths")?;
        self.check_all_served(paths)?;
        for route in self.table.iter() {
            let path = object(paths, &template(&route.path))?;
            let operation = object(path, &route.method.as_str().to_ascii_lowercase())?;
            self.describe(operation, route, &schemes)?;
        }
        let components = object(root, "components")?;
        let declared = object(components, "securitySchemes")?;
        for (name, scheme) in schemes.bearer.into_iter().chain(schemes.dpop) {
            declared.insert(name, scheme);
        }
        let responses = object(components, "responses")?;
        for (name, response) in component_responses() {
            responses.insert(name.to_owned(), response);
        }
        Ok(document)
    }

    fn check_all_served(&self, paths: &Map<String, Value>) -> Result<(), OpenApiError> {
        const METHODS: [&str; 8] =
            ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
        for (path, item) in paths {
            let methods = item.as_object().into_iter().flat_map(Map::keys);
            for method in methods.filter(|key| METHODS.contains(&key.as_str())) {
                let served = self.table.iter().any(|route| {
                    template(&route.path) == *path
                        && route.method.as_str().eq_ignore_ascii_case(method)
                });
                if !served {
                    let (method, path) = (method.to_ascii_uppercase(), path.clone());
                    return Err(OpenApiError::NotServed { method, path });
                }
            }
        }
        Ok(())
    }

    /// One scheme for each issuer: a token of any of them will do.
    fn schemes(&self) -> Vec<(String, Value)> {
        let requirements = self.table.iter().filter_map(|route| route.policy.requirement());
        let mut scopes = BTreeMap::new();
        for scope in requirements.flat_map(Requirement::named_scopes) {
            scopes.entry(scope.name).or_insert(scope.description);
        }
        if let Some(name) = &self.token_header {
            let scheme = json!({
                "type": "apiKey", "in": "header", "name": name,
                "description": "An access token, which the gateway before this API sets",
                "x-scopes": scopes,
            });
            return vec![("gateway".to_owned(), scheme)];
        }
        if self.issuers.is_empty() {
            let scheme = json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "x-scopes": scopes});
            return vec![("bearer".to_owned(), scheme)];
        }
        let scheme = |(place, issuer): (usize, &String)| {
            let name = match place {
                0 => "openIdConnect".to_owned(),
                further => format!("openIdConnect{}", further.saturating_add(1)),
            };
            let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
            let scheme = json!({
                "type": "openIdConnect",
                "openIdConnectUrl": format!("{issuer}/.well-known/openid-configuration"),
                "x-scopes": scopes,
            });
            (name, scheme)
        };
        self.issuers.iter().enumerate().map(scheme).collect()
    }

    /// The scheme for tokens with a proof; none where DPoP is off.
    fn dpop_scheme(&self) -> Option<(String, Value)> {
        let scheme = json!({
            "type": "http", "scheme": "DPoP",
            "description": "An access token bound to a key, with a proof in the header field DPoP \
                (RFC 9449)",
        });
        let is_on = self.dpop != DpopMode::Off && self.token_header.is_none();
        is_on.then(|| ("dpop".to_owned(), scheme))
    }

    fn describe(
        &self,
        operation: &mut Map<String, Value>,
        route: &RouteEntry,
        schemes: &Schemes,
    ) -> Result<(), OpenApiError> {
        operation.insert("security".to_owned(), security(&route.policy, schemes));
        let policy = serde_json::to_value(route.policy).unwrap_or(Value::Null);
        operation.insert("x-policy".to_owned(), policy);
        let who = format!("Who may call: {}.", route.policy);
        let description = match operation.get("description").and_then(Value::as_str) {
            Some(text) if !text.trim().is_empty() => format!("{}\n\n{who}", text.trim_end()),
            _ => who,
        };
        operation.insert("description".to_owned(), description.into());
        declare_parameters(operation, &route.path);
        let responses = object(operation, "responses")?;
        if responses.is_empty() {
            responses.insert("default".to_owned(), json!({"description": "The answer"}));
        }
        for (status, reference) in responses_of(&route.policy) {
            responses.entry(status).or_insert(reference);
        }
        Ok(())
    }
}

/// The security schemes of a document, each with its name.
struct Schemes {
    /// For plain bearer tokens.
    bearer: Vec<(String, Value)>,
    /// For tokens that are bound to a key.
    dpop: Option<(String, Value)>,
}

/// The policy in OpenAPI's terms: a list of alternatives, each a scheme with the scopes it needs.
fn security(policy: &Policy, schemes: &Schemes) -> Value {
    let mut security = Vec::new();
    if *policy == Policy::Public {
        return json!([]);
    }
    if policy.admits_anonymous() {
        security.push(json!({}));
    }
    for (schemes, is_bound) in [(schemes.bearer.as_slice(), false), (schemes.dpop.as_slice(), true)]
    {
        for scopes in alternatives(policy, is_bound) {
            for (name, _) in schemes {
                let alternative = json!({name.as_str(): scopes});
                if !security.contains(&alternative) {
                    security.push(alternative);
                }
            }
        }
    }
    Value::Array(security)
}

fn object<'a>(
    parent: &'a mut Map<String, Value>,
    member: &str,
) -> Result<&'a mut Map<String, Value>, OpenApiError> {
    let value = parent.entry(member).or_insert_with(|| json!({}));
    value.as_object_mut().ok_or_else(|| OpenApiError::NotADocument { place: member.to_owned() })
}
