//! Test of every guarded route with every kind of bad token.

use std::collections::BTreeMap;

use actix_http::Request;
use actix_web::Error;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use actix_web::test::TestRequest;

use super::policy_violations::policy_violations;
use super::rejected_requests::{RejectedRequest, violating, with_bad_token, without_token};
use super::signing_key::SigningKey;
use super::token_maker::TokenMaker;
use crate::access::{MatchedPath, Policy, PolicyInput, RouteEntry, RouteTable, ShortfallKind};
use crate::verifier::Verifier;

/// Sends requests without a token and with every kind of bad token to every guarded route of a table,
/// and checks that each is rejected as RFC 6750 requires. One call in a test covers all existing and
/// future routes.
///
/// For each scope, permission, role, sign-in and rule over the path that a policy names, it also sends
/// valid tokens that have everything else: without the scope, of another `acr`, of an old sign-in, of
/// a foreign tenant.
///
/// ```
/// use actix_resource_server::testing::{OfflineIssuer, RouteWalk};
/// use actix_resource_server::{Claims, ProtectedResource, Public, Routes};
/// use actix_web::{App, test, web::Path};
///
/// async fn about(_: Public) -> &'static str { "for anyone" }
/// async fn message(_: Claims, id: Path<u32>) -> String { format!("message {id}") }
///
/// # #[actix_web::main]
/// # async fn main() {
/// let routes = Routes::new().get("/about", about).get("/messages/{id}", message);
/// let table = routes.table();
/// let issuer = OfflineIssuer::new("https://api.example");
/// let verifier = issuer.verifier();
/// let resource = ProtectedResource::new(verifier.clone());
/// let app = test::init_service(App::new().app_data(resource).service(routes)).await;
///
/// let sent = RouteWalk::new(&table, &verifier, || issuer.token()).assert_rejected(&app).await;
/// println!("{sent} requests were rejected");
/// # }
/// ```
///
/// No handler runs, because every request must be rejected; so the walk needs no data and changes none.
/// It does not cover routes outside the table (handlers with `#[get]`), nor whether valid tokens are
/// accepted.
#[derive(Debug)]
#[must_use = "a walk begins with `assert_rejected`"]
pub struct RouteWalk<'a, F> {
    table: &'a RouteTable,
    verifier: &'a Verifier,
    good: F,
    parameters: BTreeMap<&'a str, &'a str>,
}

impl<'a, F: Fn() -> TokenMaker> RouteWalk<'a, F> {
    /// A walk over this table. `verifier` must be the application's own. `good` creates tokens that it
    /// accepts and that grant nothing: no scopes, permissions or roles.
    pub const fn new(table: &'a RouteTable, verifier: &'a Verifier, good: F) -> Self {
        Self { table, verifier, good, parameters: BTreeMap::new() }
    }

    /// Sets the value of a path parameter; default: `1`.
    pub fn parameter(mut self, name: &'a str, value: &'a str) -> Self {
        self.parameters.insert(name, value);
        self
    }

    /// Sends the requests and returns their number.
    ///
    /// # Panics
    ///
    /// If any request is not rejected, with a list of them. Also if the walk would prove nothing: if no
    /// route is guarded, or if `good` creates invalid tokens.
    pub async fn assert_rejected<S, B>(&self, app: &S) -> usize
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    {
        if let Err(error) = self.verifier.verify(&(self.good)().encode()).await {
            panic!("the walk needs a valid token, but this one is rejected: {error}");
        }
        let untrusted_key = SigningKey::generate((self.good)().algorithm);
        let mut sent = 0_usize;
        let mut failures = Vec::new();
        for route in self.table.iter().filter(|route| !matches!(route.policy, Policy::Public)) {
            let mut requests = with_bad_token(&self.good, &untrusted_key);
            if !route.policy.admits_anonymous() {
                requests.extend(without_token(&self.good));
            }
            requests.extend(self.violations(route).await);
            for request in &requests {
                sent = sent.saturating_add(1);
                failures.extend(self.fault(app, route, request).await);
            }
        }
        assert!(sent > 0, "the table has no guarded route: a walk along it proves nothing");
        let count = failures.len();
        assert!(
            failures.is_empty(),
            "{count} of {sent} requests were not rejected as required:\n{}",
            failures.join("\n"),
        );
        sent
    }

    /// Valid tokens that lack what the route's policy names, with the status that the policy itself
    /// decides.
    async fn violations(&self, route: &RouteEntry) -> Vec<RejectedRequest> {
        let mut requests = Vec::new();
        let Some(path) = MatchedPath::new(&route.path, &self.fill(&route.path)) else {
            return requests;
        };
        for (what, token) in policy_violations(&route.policy, &path, &self.good) {
            let token = token.encode();
            let Ok(verified) = self.verifier.verify(&token).await else { continue };
            let input = PolicyInput::new(&verified, self.verifier.now())
                .with_path(path.parameters())
                .with_clock_tolerance(verified.clock_tolerance())
                .with_confirmation(true);
            if let Err(shortfall) = route.policy.decide(&input) {
                let status = if shortfall.kind() == ShortfallKind::Grant { 403 } else { 401 };
                requests.push(violating(status, &what, token));
            }
        }
        requests
    }

    /// Describes a wrong response; `None` if it is right.
    async fn fault<S, B>(
        &self,
        app: &S,
        route: &RouteEntry,
        expected: &RejectedRequest,
    ) -> Option<String>
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    {
        let mut path = self.fill(&route.path);
        if let Some(query) = &expected.query {
            path.push('?');
            path.push_str(query);
        }
        let mut request = TestRequest::with_uri(&path).method(route.method.clone());
        for field in &expected.fields {
            request = request.append_header((AUTHORIZATION, field.as_str()));
        }
        let (status, challenged) = match app.call(request.to_request()).await {
            Ok(response) => (response.status().as_u16(), is_challenged(response.headers())),
            Err(error) => {
                let response = error.error_response();
                (response.status().as_u16(), is_challenged(response.headers()))
            }
        };
        let advice = match status {
            status if status == expected.status && challenged => return None,
            status if status == expected.status => ", without a challenge (RFC 6750 section 3)",
            404 if route.path.contains('{') => "; give its parameters values with `parameter`",
            _ => "",
        };
        Some(format!(
            "{} {} ({}) with {}: {status}, not {}{advice}",
            route.method, route.path, route.policy, expected.what, expected.status,
        ))
    }

    /// Replaces each parameter of the pattern, with or without a regular expression, by its value.
    fn fill(&self, pattern: &str) -> String {
        let mut path = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            let mut depth = 1_usize;
            let inside = after.find(|character| {
                match character {
                    '{' => depth = depth.saturating_add(1),
                    '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0
            });
            let (parameter, after) = after.split_at(inside.unwrap_or(after.len()));
            let name = parameter.split_once(':').map_or(parameter, |(name, _)| name);
            path.push_str(before);
            path.push_str(self.parameters.get(name).copied().unwrap_or("1"));
            rest = after.strip_prefix('}').unwrap_or(after);
            // `{rest}*` is Actix's short form of `{rest:.*}`.
            rest = rest.strip_prefix('*').unwrap_or(rest);
        }
        path + rest
    }
}

fn is_challenged(headers: &HeaderMap) -> bool {
    headers.contains_key(WWW_AUTHENTICATE)
}

#[cfg(test)]
mod tests {
    use actix_web::test::init_service;
    use actix_web::{App, web};

    use super::*;
    use crate::testing::{Defect, OfflineIssuer};
    use crate::{Claims, Maybe, ProtectedResource, Public, Routes, Scoped, scopes};

    scopes! {
        Read = "read:messages";
    }

    async fn open(_: Public) -> &'static str {
        ""
    }

    async fn half_open(_: Maybe<Claims>) -> &'static str {
        ""
    }

    async fn closed(_: Claims) -> &'static str {
        ""
    }

    async fn scoped(_: Scoped<Read>) -> &'static str {
        ""
    }

    /// Walks over `table` in an application that serves `routes` and an open `/leak`.
    async fn walk(table: Routes, routes: Routes, expires_in: i64) -> usize {
        let issuer = OfflineIssuer::new("https://api.example");
        let verifier = issuer.verifier();
        let app = App::new()
            .app_data(ProtectedResource::new(verifier.clone()))
            .service(routes)
            .route("/leak", web::get().to(async || "for anyone"));
        let app = init_service(app).await;
        let token = || issuer.token().expires_in(expires_in);
        RouteWalk::new(&table.table(), &verifier, token)
            .parameter("name", "a-b")
            .assert_rejected(&app)
            .await
    }

    #[actix_rt::test]
    async fn guards_reject_every_bad_request() {
        let bad = Defect::ALL.len() + 8;
        let (half, whole, more) = (bad, bad + 3, bad + 4);
        let table = [
            (Routes::new().get("/", closed), whole),
            (Routes::new().get("/", open).post("/", closed), whole),
            (Routes::new().get("/", half_open), half),
            (Routes::new().delete("/", scoped), more),
            (Routes::new().get(r"/{id:\d{1,3}}/{name:[a-z-]{3}}/{rest:.*}", closed), whole),
            (Routes::new().get("/a/{rest}*", closed), whole),
        ];
        for (routes, expected) in table {
            let sent = walk(routes.clone(), routes, 60).await;
            assert_eq!(sent, expected);
        }
    }

    #[actix_rt::test]
    #[should_panic(expected = "GET /leak (any valid token) with no token: 200, not 401")]
    async fn open_route_is_found() {
        walk(Routes::new().get("/leak", closed), Routes::new(), 60).await;
    }

    #[actix_rt::test]
    #[should_panic(expected = "GET /{n:[a-z]} (any valid token) with no token: 404, not 401; give")]
    async fn missing_parameter_value_is_found() {
        let routes = Routes::new().get("/{n:[a-z]}", closed);
        walk(routes.clone(), routes, 60).await;
    }

    #[actix_rt::test]
    #[should_panic(expected = "the table has no guarded route")]
    async fn walk_without_guarded_routes_fails() {
        let routes = Routes::new().get("/", open);
        walk(routes.clone(), routes, 60).await;
    }

    #[actix_rt::test]
    #[should_panic(expected = "needs a valid token, but this one is rejected")]
    async fn walk_with_invalid_tokens_fails() {
        let routes = Routes::new().get("/", closed);
        walk(routes.clone(), routes, -60).await;
    }
}
