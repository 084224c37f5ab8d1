//! The recipes of docs/issuers.md with tokens, keys and metadata of each issuer's shape.

mod configured;
mod gateways;
mod identity_platforms;
mod microsoft;
mod recipe;
mod self_hosted;
mod workloads;

use std::collections::BTreeSet;

use actix_resource_server::issuer::{IssuerIdentifier, believed_metadata};
use actix_resource_server::service::explain::{Context, Input, Outcome, Verdict, explain};
use actix_resource_server::token::Algorithm;
use actix_resource_server::{
    Authorized, Claims, InRole, Permitted, Routes, Scoped, permissions, roles, rules, scopes,
};
use serde_json::{Map, Value};

use self::configured::{Configured, load, shared_key};
use self::recipe::{Variable, recipe};

scopes! {
    /// Read messages.
    ReadMessages = "read:messages";
    /// Read messages (Microsoft).
    MessagesRead = "Messages.Read";
    /// Read messages (Cognito).
    CognitoRead = "https://api.example/messages.read";
}

roles! {
    /// Read all messages (Microsoft).
    MessagesReadAll = "Messages.Read.All";
    /// Edit messages.
    Editor = "editor";
    /// Be a signed-in user (Supabase).
    SignedIn = "authenticated";
}

permissions! {
    /// Edit messages.
    EditMessages = "edit:messages";
}

rules! {
    /// The robot.
    Robot = claim "email" equals "robot@shop-1234.iam.gserviceaccount.com";
    /// An administrator.
    Admin = claim "admin" equals true;
    /// An employee.
    Employee = claim "email" equals "user@shop.example";
    /// A job of the repository.
    Repository = claim "repository" equals "octo-org/shop";
    /// A job of the project.
    Project = claim "project_path" equals "my-group/shop";
    /// A service account.
    ServiceAccount = claim "sub" equals "system:serviceaccount:shop:orders";
    /// A role that is a member of an object.
    ZitadelRole = |claims: Map<String, Value>| claims
        .get("urn:zitadel:iam:org:project:roles")
        .is_some_and(|roles| roles.get("editor").is_some());
}

fn routes() -> Routes {
    Routes::new()
        .get("/any", ok::<Claims>)
        .get("/scope", ok::<Scoped<ReadMessages>>)
        .get("/microsoft-scope", ok::<Scoped<MessagesRead>>)
        .get("/cognito-scope", ok::<Scoped<CognitoRead>>)
        .get("/permission", ok::<Permitted<EditMessages>>)
        .get("/role", ok::<InRole<Editor>>)
        .get("/microsoft-role", ok::<InRole<MessagesReadAll>>)
        .get("/database-role", ok::<InRole<SignedIn>>)
        .get("/robot", ok::<Authorized<Robot>>)
        .get("/admin", ok::<Authorized<Admin>>)
        .get("/employee", ok::<Authorized<Employee>>)
        .get("/repository", ok::<Authorized<Repository>>)
        .get("/project", ok::<Authorized<Project>>)
        .get("/service-account", ok::<Authorized<ServiceAccount>>)
        .get("/zitadel-role", ok::<Authorized<ZitadelRole>>)
}

async fn ok<G>(_: G) -> &'static str {
    "ok"
}

/// Tokens as one issuer makes them, and the recipe for them.
struct Shape {
    name: &'static str,
    /// Heading of the recipe, and which of its blocks.
    recipe: (&'static str, usize),
    algorithm: Algorithm,
    /// The metadata that the issuer publishes, if its recipe relies on it.
    metadata: Option<Value>,
    /// Members of each published key beside those of the key itself.
    key_members: Value,
    header: Value,
    claims: Value,
    /// Routes that the valid token may call.
    routes: &'static [&'static str],
    mistakes: Vec<Mistake>,
}

/// A token that users of the issuer send by mistake.
struct Mistake {
    name: &'static str,
    token: Bad,
    reason: &'static str,
    advice: &'static str,
    /// Settings that the advice names, after which the token is accepted; without a value, those to
    /// remove.
    fix: Vec<Variable>,
}

enum Bad {
    /// Changes to header and claims.
    Changed(fn(&mut Value, &mut Value)),
    /// Another text altogether.
    Text(&'static str),
}

impl Mistake {
    fn new(
        name: &'static str,
        change: fn(&mut Value, &mut Value),
        reason: &'static str,
        advice: &'static str,
    ) -> Self {
        Self { name, token: Bad::Changed(change), reason, advice, fix: Vec::new() }
    }

    fn text(
        name: &'static str,
        text: &'static str,
        reason: &'static str,
        advice: &'static str,
    ) -> Self {
        Self { name, token: Bad::Text(text), reason, advice, fix: Vec::new() }
    }

    fn fixed_by(self, name: &str, value: &str) -> Self {
        let mut fix = self.fix;
        fix.push((name.to_owned(), value.to_owned()));
        Self { fix, ..self }
    }
}

fn shapes() -> Vec<Shape> {
    let all = [
        identity_platforms::shapes(),
        microsoft::shapes(),
        self_hosted::shapes(),
        workloads::shapes(),
        gateways::shapes(),
    ];
    all.into_iter().flatten().collect()
}

#[actix_web::test]
async fn each_recipe_accepts_the_tokens_of_its_issuer_and_nothing_else() {
    for shape in shapes() {
        let name = shape.name;
        let key = shared_key(shape.algorithm, "key-1");
        let settings = Configured::new(&shape, &key);
        let resource = settings.resource(&[]).expect(name);
        let good = shape.token(&key, |_, _| {});
        for route in shape.routes {
            assert_eq!(shape.status(&resource, route, &good).await, 200, "{name}: {route}");
        }
        let forger = shared_key(shape.algorithm, "forged").with_id("key-1");
        let bad = [
            ("signed by another key", shape.token(&forger, |_, _| {})),
            ("expired", shape.token(&key, |_, claims| claims["exp"] = 1_700_000_000.into())),
            (
                "of another issuer",
                shape.token(&key, |_, claims| {
                    claims["iss"] = "https://issuer.example/".into();
                }),
            ),
            (
                "for another API",
                shape.token(&key, |_, claims| {
                    claims["aud"] = "https://other.example".into();
                }),
            ),
        ];
        for (what, token) in bad {
            assert_eq!(shape.status(&resource, "/any", &token).await, 401, "{name}: {what}");
        }
        for route in ["/scope", "/role", "/admin"] {
            if !shape.routes.contains(&route) {
                assert_eq!(shape.status(&resource, route, &good).await, 403, "{name}: {route}");
            }
        }
    }
}

#[actix_web::test]
async fn the_usual_mistakes_of_each_issuer_are_rejected_with_advice_that_works() {
    for shape in shapes() {
        let key = shared_key(shape.algorithm, "key-1");
        let settings = Configured::new(&shape, &key);
        let resource = settings.resource(&[]).expect(shape.name);
        for mistake in &shape.mistakes {
            let name = format!("{}: {}", shape.name, mistake.name);
            let token = match mistake.token {
                Bad::Changed(change) => shape.token(&key, change),
                Bad::Text(text) => text.to_owned(),
            };
            let table = routes().table();
            let context = Context::new(resource.verifier(), &table);
            let report = explain(&Input::token(&token), &context).await;
            assert_eq!(report.verdict().reason(), Some(mistake.reason), "{name}");
            let failed = || report.checks().iter().filter(|it| it.outcome == Outcome::Failed);
            let is_advised = failed().any(|check| check.advice.contains(mistake.advice));
            assert!(is_advised, "{name}: {}: {:#?}", mistake.advice, failed().collect::<Vec<_>>());
            assert_eq!(shape.status(&resource, "/any", &token).await, 401, "{name}");
            if mistake.fix.is_empty() {
                continue;
            }
            for (setting, value) in mistake.fix.iter().filter(|(_, value)| !value.is_empty()) {
                let advised = format!("{setting}={value}");
                assert!(failed().any(|check| check.advice.contains(&advised)), "{name}: {advised}");
            }
            let fixed = settings.resource(&mistake.fix).expect(&name);
            let context = Context::new(fixed.verifier(), &table);
            let report = explain(&Input::token(&token), &context).await;
            assert_eq!(report.verdict(), &Verdict::Accepted, "{name}");
        }
    }
}

#[actix_web::test]
async fn secret_and_key_set_of_one_issuer_each_verify_their_own_tokens() {
    let shape = identity_platforms::supabase_in_transition();
    let key = shared_key(Algorithm::Es256, "key-1");
    let resource = Configured::new(&shape, &key).resource(&[]).expect("settings");
    let mut claims = shape.claims.clone();
    claims["exp"] = 9_999_999_999_u64.into();
    let hs256 = |secret: &[u8], kid: Option<&str>| {
        let kid = kid.map(str::to_owned);
        let header = jsonwebtoken::Header { kid, ..jsonwebtoken::Header::default() };
        let key = jsonwebtoken::EncodingKey::from_secret(secret);
        jsonwebtoken::encode(&header, &claims, &key).expect("a token")
    };
    let secret = include_str!("issuer_shapes/secret.txt").trim_end().as_bytes();
    let table = [
        ("secret", hs256(secret, None), 200),
        ("secret, unknown kid", hs256(secret, Some("unknown")), 200),
        ("key set", shape.token(&key, |_, _| {}), 200),
        ("another secret", hs256(&[7; 32], None), 401),
        ("RFC 8725 2.1: public key as secret", hs256(key.public_key_pem().as_bytes(), None), 401),
        ("key off the set", shape.token(&shared_key(Algorithm::Es256, "forged"), |_, _| {}), 401),
    ];
    for (what, token, expected) in table {
        assert_eq!(shape.status(&resource, "/database-role", &token).await, expected, "{what}");
    }
}

#[test]
fn each_recipe_is_accepted_as_it_is_written_and_fits_the_metadata() {
    for shape in shapes() {
        let (heading, block) = shape.recipe;
        let recipe = recipe(heading, block);
        let settings = load(&recipe).unwrap_or_else(|error| panic!("{}: {error}", shape.name));
        let issuer = &settings.issuers[0].issuer;
        let Some(metadata) = &shape.metadata else {
            assert!(recipe.iter().any(|(name, _)| name == "ISSUER"), "{}", shape.name);
            continue;
        };
        let identifier: IssuerIdentifier = issuer.clone();
        let text = metadata.to_string();
        let (name, keys) = believed_metadata(text.as_bytes(), &identifier).expect(shape.name);
        // An issuer of many tenants names a template (docs/issuers.md, many tenants).
        let tenant = shape.claims["tid"].as_str().unwrap_or_default();
        let name = name.replace("{tenantid}", tenant);
        assert_eq!(shape.claims["iss"], *name, "{}: RFC 8414 3.3", shape.name);
        assert_eq!(metadata["jwks_uri"], *keys, "{}", shape.name);
    }
}

#[test]
fn every_recipe_has_a_shape() {
    let tested: BTreeSet<_> = shapes().iter().map(|shape| shape.recipe).collect();
    let written: BTreeSet<_> = recipe::all().into_iter().collect();
    let written: BTreeSet<_> =
        written.iter().map(|(heading, block)| (heading.as_str(), *block)).collect();
    assert_eq!(tested, written);
}
