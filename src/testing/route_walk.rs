//! A walk along all routes, with every kind of token that must not get in.

use std::collections::BTreeMap;

use actix_http::Request;
use actix_web::Error;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use actix_web::test::TestRequest;

use super::rejected_requests::{RejectedRequest, with_bad_token, without_grants, without_token};
use super::signing_key::SigningKey;
use super::token_maker::TokenMaker;
use crate::access::{Policy, RouteEntry, RouteTable};
use crate::verifier::Verifier;

/// Asks every guarded route of a table with no token and with every kind of bad token, and demands
/// that each is refused as RFC 6750 says. One call in a test covers the routes that exist and those
/// that will be added.
///
/// ```
/// use actix_resource_server::testing::{OfflineIssuer, RouteWalk};
/// use actix_resource_server::{Claims, ProtectedResource, Public, Routes};
/// use actix_web::{App, test, web::Path};
///
/// async fn about(_: Public) -> &'static str { "for anybody" }
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
/// let asked = RouteWalk::new(&table, &verifier, || issuer.token()).assert_rejected(&app).await;
/// println!("{asked} requests were refused");
/// # }
/// ```
///
/// No handler runs, for nothing that is asked may reach one: the walk needs no data and changes
/// none. What it does not see: routes that are not in the table (handlers with `#[get]`), and
/// whether good tokens get in.
#[derive(Debug)]
#[must_use = "a walk begins with `assert_rejected`"]
pub struct RouteWalk<'a, F> {
    table: &'a RouteTable,
    verifier: &'a Verifier,
    good: F,
    parameters: BTreeMap<&'a str, &'a str>,
}

impl<'a, F: Fn() -> TokenMaker> RouteWalk<'a, F> {
    /// A walk along this table. `verifier` is the application's own, and `good` makes tokens that
    /// it accepts and that grant nothing: without scopes, permissions or roles.
    pub const fn new(table: &'a RouteTable, verifier: &'a Verifier, good: F) -> Self {
        Self { table, verifier, good, parameters: BTreeMap::new() }
    }

    /// What stands in the path for the parameter of this name. Without it: `1`.
    pub fn parameter(mut self, name: &'a str, value: &'a str) -> Self {
        self.parameters.insert(name, value);
        self
    }

    /// Walks, and returns how many requests were refused.
    ///
    /// # Panics
    ///
    /// If a request is not refused, naming each such; and if the walk would prove nothing, because
    /// no route is guarded or the tokens that are spoilt for it were no good before.
    pub async fn assert_rejected<S, B>(&self, app: &S) -> usize
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    {
        let good = match self.verifier.verify(&(self.good)().encode()).await {
            Ok(good) => good,
            Err(error) => {
                panic!("the walk needs a token that is good, and this one is not: {error}")
            }
        };
        let untrusted_key = SigningKey::generate((self.good)().algorithm());
        let mut asked = 0_usize;
        let mut admitted = Vec::new();
        for route in self.table.iter().filter(|route| !matches!(route.policy, Policy::Public)) {
            let mut attempts = with_bad_token(&self.good, &untrusted_key);
            if !route.policy.admits_anonymous() {
                attempts.extend(without_token(&self.good));
            }
            if !route.policy.admits(&good) {
                attempts.push(without_grants((self.good)()));
            }
            for attempt in &attempts {
                asked = asked.saturating_add(1);
                admitted.extend(self.fault(app, route, attempt).await);
            }
        }
        assert!(asked > 0, "the table has no guarded route: a walk along it proves nothing");
        let faults = admitted.len();
        assert!(
            admitted.is_empty(),
            "{faults} of {asked} requests were not refused as they must be:\n{}",
            admitted.join("\n"),
        );
        asked
    }

    /// What is wrong with the answer, if anything is.
    async fn fault<S, B>(
        &self,
        app: &S,
        route: &RouteEntry,
        attempt: &RejectedRequest,
    ) -> Option<String>
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    {
        let mut path = self.fill(&route.path);
        if let Some(query) = &attempt.query {
            path.push('?');
            path.push_str(query);
        }
        let mut request = TestRequest::with_uri(&path).method(route.method.clone());
        for field in &attempt.fields {
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
            status if status == attempt.status && challenged => return None,
            status if status == attempt.status => ", without a challenge (RFC 6750 section 3)",
            404 if route.path.contains('{') => "; give its parameters values with `parameter`",
            _ => "",
        };
        Some(format!(
            "{} {} ({}) with {}: {status}, not {}{advice}",
            route.method, route.path, route.policy, attempt.what, attempt.status,
        ))
    }

    /// The pattern as a path: each parameter, with or without an expression, gives way to a value.
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

    /// What a walk along `table` says of an application that serves `routes` and an open `/leak`.
    async fn walk(table: Routes, routes: Routes, expires_in: i64) -> usize {
        let issuer = OfflineIssuer::new("https://api.example");
        let verifier = issuer.verifier();
        let app = App::new()
            .app_data(ProtectedResource::new(verifier.clone()))
            .service(routes)
            .route("/leak", web::get().to(async || "for anybody"));
        let app = init_service(app).await;
        let token = || issuer.token().expires_in(expires_in);
        RouteWalk::new(&table.table(), &verifier, token)
            .parameter("name", "a-b")
            .assert_rejected(&app)
            .await
    }

    #[actix_rt::test]
    async fn guards_refuse_whatever_is_asked_of_them() {
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
            let asked = walk(routes.clone(), routes, 60).await;
            assert_eq!(asked, expected);
        }
    }

    #[actix_rt::test]
    #[should_panic(expected = "GET /leak (any valid token) with no token: 200, not 401")]
    async fn an_open_route_is_found() {
        walk(Routes::new().get("/leak", closed), Routes::new(), 60).await;
    }

    #[actix_rt::test]
    #[should_panic(expected = "GET /{n:[a-z]} (any valid token) with no token: 404, not 401; give")]
    async fn a_parameter_without_a_value_that_fits_is_found() {
        let routes = Routes::new().get("/{n:[a-z]}", closed);
        walk(routes.clone(), routes, 60).await;
    }

    #[actix_rt::test]
    #[should_panic(expected = "the table has no guarded route")]
    async fn a_walk_past_open_doors_proves_nothing() {
        let routes = Routes::new().get("/", open);
        walk(routes.clone(), routes, 60).await;
    }

    #[actix_rt::test]
    #[should_panic(expected = "needs a token that is good, and this one is not")]
    async fn a_walk_with_tokens_that_never_were_good_proves_nothing() {
        let routes = Routes::new().get("/", closed);
        walk(routes.clone(), routes, -60).await;
    }
}
