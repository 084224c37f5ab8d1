//! Every kind of policy with every kind of token; the expected response is derived from the policy.

use actix_resource_server::access::{Policy, Requirement, RouteEntry};
use actix_resource_server::testing::{TestIssuer, TokenMaker};
use actix_resource_server::{
    AnyOf, Authorized, Claims, Maybe, Permitted, Public, Routes, Scoped, permissions, rules, scopes,
};
use awc::http::Method;
use serde::Deserialize;

use crate::test_app::{Answer, TestApp};

scopes! {
    /// Read.
    Read = "read";
    /// Write.
    Write = "write";
    /// Everything.
    Administer = "administer";
}

permissions! {
    /// Moderate.
    Moderate = "moderate";
    /// Ban.
    Ban = "ban";
}

rules! {
    /// A member of Acme.
    OfAcme = claim "org_id" equals "org_acme";
    /// An editor.
    Editor = claim "roles" includes "editor";
    /// Senior.
    Senior = |claims: Level| claims.level >= 3;
}

#[derive(Deserialize)]
struct Level {
    level: u8,
}

#[derive(Deserialize)]
struct Member {
    org_id: String,
}

/// One route for every kind of guard and nesting.
pub(crate) fn routes() -> Routes {
    let nested = Routes::new()
        .get("/optional", ok::<Maybe<Claims>>)
        .get("/optional-scoped", ok::<Maybe<Scoped<Read>>>);
    Routes::new()
        .get("/public", ok::<Public>)
        .get("/claims", ok::<Claims>)
        .get("/scoped", ok::<Scoped<Read>>)
        .post("/scoped", ok::<Scoped<Write>>)
        .get("/all", ok::<Scoped<(Read, Write)>>)
        .get("/any", ok::<Scoped<AnyOf<(Read, Administer)>>>)
        .get("/nested", ok::<Scoped<AnyOf<((Read, Write), Administer)>>>)
        .get("/permitted", ok::<Permitted<Moderate>>)
        .get("/permitted-all", ok::<Permitted<(Moderate, Ban)>>)
        .get("/permitted-any", ok::<Permitted<AnyOf<(Moderate, Ban)>>>)
        .get("/rule", ok::<Authorized<OfAcme>>)
        .get("/rules", ok::<Authorized<(OfAcme, Editor, Senior)>>)
        .get("/mixture", ok::<Authorized<(OfAcme, AnyOf<(Write, Moderate)>)>>)
        .put("/custom/{id}", custom)
        .scope("/v1", nested)
}

async fn ok<G>(_: G) -> &'static str {
    "ok"
}

async fn custom(token: Scoped<Write, Member>, id: actix_web::web::Path<u32>) -> String {
    format!("{} {id}", token.custom().org_id)
}

/// Grants that a token can contain: everything that any requirement names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Held {
    Scope(&'static str),
    Permission(&'static str),
    Rule(&'static str),
}

pub(crate) const EVERYTHING: [Held; 8] = [
    Held::Scope("read"),
    Held::Scope("write"),
    Held::Scope("administer"),
    Held::Permission("moderate"),
    Held::Permission("ban"),
    Held::Rule("OfAcme"),
    Held::Rule("Editor"),
    Held::Rule("Senior"),
];

fn token_with(maker: TokenMaker, held: &[Held]) -> TokenMaker {
    let names = |select: fn(&Held) -> Option<&'static str>| -> Vec<&'static str> {
        held.iter().filter_map(select).collect()
    };
    let scopes = names(|held| if let Held::Scope(name) = held { Some(name) } else { None });
    let permissions =
        names(|held| if let Held::Permission(name) = held { Some(name) } else { None });
    let satisfies = |rule| held.contains(&Held::Rule(rule));
    maker
        .scope(scopes.join(" "))
        .permissions(permissions)
        // A custom claims type in the table requires the member, with any value.
        .claim("org_id", if satisfies("OfAcme") { "org_acme" } else { "org_other" })
        .claim("roles", if satisfies("Editor") { vec!["reader", "editor"] } else { vec![] })
        .claim("level", if satisfies("Senior") { 3 } else { 2 })
}

/// Expected response, derived from the declared policy and the token's grants only.
pub(crate) fn meets(requirement: &Requirement, held: &[Held]) -> bool {
    match requirement {
        Requirement::Scope(scope) => held.contains(&Held::Scope(scope.name)),
        Requirement::Permission(permission) => held.contains(&Held::Permission(permission.name)),
        Requirement::Rule(rule) => held.contains(&Held::Rule(rule.name)),
        Requirement::AllOf(all) => all.iter().all(|requirement| meets(requirement, held)),
        Requirement::AnyOf(any) => any.iter().any(|requirement| meets(requirement, held)),
        other => panic!("a new kind of requirement: {other:?}"),
    }
}

async fn call(app: &TestApp, route: &RouteEntry, token: Option<String>) -> Answer {
    let method = Method::from_bytes(route.method.as_str().as_bytes()).expect("a method");
    let path = route.path.replace("{id}", "7");
    let credentials = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> =
        credentials.iter().map(|value| ("authorization", value.as_str())).collect();
    app.send(method, &path, &headers).await
}

#[actix_web::test]
async fn responses_follow_from_the_policy() {
    let routes = routes();
    let app = TestApp::with_routes(TestIssuer::start(), routes.clone(), |verifier| verifier).await;
    for route in routes.table().iter() {
        let anonymous = route.policy.admits_anonymous();
        let open = route.policy == Policy::Public;
        let label = format!("{} {}: {}", route.method, route.path, route.policy);

        let answer = call(&app, route, None).await;
        assert_eq!(answer.status, if anonymous { 200 } else { 401 }, "RFC 6750 3: {label}");
        assert_eq!(answer.challenge().is_some(), !anonymous, "RFC 6750 3: {label}");

        let full = || token_with(app.token(), &EVERYTHING);
        let bad = [
            ("nonsense".to_owned(), "nonsense"),
            (full().expires_in(-60).encode(), "expired"),
            (full().broken_signature().encode(), "broken signature"),
            (full().unsigned().encode(), "unsigned"),
            (full().claim("aud", "https://other.example").encode(), "another audience"),
            (full().claim("iss", "https://other.example").encode(), "another issuer"),
        ];
        for (token, kind) in bad {
            let answer = call(&app, route, Some(token)).await;
            let expected = if open { 200 } else { 401 };
            assert_eq!(answer.status, expected, "RFC 6750 3.1: {label}: {kind}");
        }

        // All grants, none, and all but one in turn.
        let mut holdings = vec![EVERYTHING.to_vec(), Vec::new()];
        for left_out in EVERYTHING {
            holdings.push(EVERYTHING.into_iter().filter(|held| *held != left_out).collect());
            holdings.push(vec![left_out]);
        }
        for held in holdings {
            let token = token_with(app.token(), &held).encode();
            let answer = call(&app, route, Some(token)).await;
            let admitted =
                route.policy.requirement().is_none_or(|requirement| meets(requirement, &held));
            let expected = if admitted { 200 } else { 403 };
            assert_eq!(answer.status, expected, "RFC 6750 3.1: {label}: {held:?}");
            if expected == 403 {
                check_challenge(&answer, &route.policy, &label);
            }
        }
    }
}

/// All scopes that the route needs, in one challenge (RFC 6750 section 3).
fn check_challenge(answer: &Answer, policy: &Policy, label: &str) {
    let challenge = answer.challenge().unwrap_or_default();
    assert!(challenge.contains(r#"error="insufficient_scope""#), "{label}: {challenge}");
    let scopes = policy.scopes();
    if scopes.is_empty() {
        assert!(!challenge.contains(" scope="), "{label}: {challenge}");
    } else {
        let scope = format!(r#"scope="{}""#, scopes.join(" "));
        assert!(challenge.contains(&scope), "{label}: {challenge}");
        assert_eq!(answer.json()["scope"], scopes.join(" "), "{label}");
    }
}

#[actix_web::test]
async fn claims_that_do_not_fit_the_type_are_rejected() {
    let app = TestApp::with_routes(TestIssuer::start(), routes(), |verifier| verifier).await;
    let headers = |token: TokenMaker| format!("Bearer {}", token.scope("write").encode());
    let good = headers(app.token().claim("org_id", "org_acme"));
    let answer = app.send(Method::PUT, "/custom/7", &[("authorization", &good)]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "org_acme 7"));
    for token in [app.token(), app.token().claim("org_id", 7)] {
        let bad = headers(token);
        let answer = app.send(Method::PUT, "/custom/7", &[("authorization", &bad)]).await;
        assert_eq!(answer.status, 401);
    }
    // The guard runs first: an unauthenticated caller does not learn that the path is invalid.
    assert_eq!(app.send(Method::PUT, "/custom/x", &[]).await.status, 401);
}
