//! Settings that `explain` advises, followed: the token is accepted.

use actix_resource_server::service::explain::{Context, Input, Outcome, Verdict, explain};
use actix_resource_server::service::protected_resource;
use actix_resource_server::service::settings::{Settings, arguments};
use actix_resource_server::testing::{Behavior, Endpoint, SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::Algorithm;
use actix_resource_server::{InRole, Permitted, Routes, permissions, roles};
use serde_json::json;

use super::tls_issuer::{Authority, TlsIssuer};
use super::{advised, file};
use crate::command_line::{flat, run, run_in};
use crate::proxies::http_proxy::{HttpProxy, Mode};
use crate::test_app::AUDIENCE;

/// Explains the token with these flags and the values of them.
fn explained(token: &str, flags: &[(&str, &str)]) -> (i32, String) {
    let mut line = vec!["explain", token];
    for (flag, value) in flags {
        line.extend([*flag, *value]);
    }
    let (code, text) = run(&line);
    (code, flat(&text))
}

#[test]
fn a_rejected_token_is_accepted_with_the_advised_setting() {
    let issuer = TestIssuer::builder().path("/Shop").start().expect("an issuer");
    let key = issuer.signing_key();
    let pem = file(&key.public_key_pem());
    let url = issuer.url();
    let base = ("--issuer-base-url", url);
    let api = ("--audience", AUDIENCE);
    let good = || issuer.token().audience(AUDIENCE);
    let pem = ("--public-key-file", pem.path());
    let (slash, upper) = (format!("{url}/"), url.to_uppercase().replace("HTTP", "http"));
    let named = |name: &str| good().claim("iss", name).encode();
    let of_audience = |audience: &str| issuer.token().audience(audience).encode();
    let es256 = SigningKey::generate(Algorithm::Es256).with_id("key-2");
    let set = file(&json!({"keys": [key.public_jwk(), es256.public_jwk()]}).to_string());
    let set = ("--public-key-file", set.path());
    let exact = ("--issuer", url);
    let hs256 = jsonwebtoken::encode(
        &jsonwebtoken::Header::default(),
        &json!({"iss": url, "aud": AUDIENCE, "exp": 9_999_999_999_u64}),
        &jsonwebtoken::EncodingKey::from_secret(b"a secret of thirty-two bytes or more"),
    );
    let replaced = SigningKey::generate(Algorithm::Rs256).with_id(key.id());
    let new_pem = file(&replaced.public_key_pem());
    let secret = file("a secret of thirty-two bytes or more");
    let clients = ("--client-ids", "shop");
    // The token, the settings, the advice, and the settings that follow it.
    let table = [
        (
            of_audience("https://API.example"),
            vec![base, api],
            "set AUDIENCE=https://API.example",
            vec![base, ("--audience", "https://API.example")],
        ),
        (
            of_audience("https://api.example/"),
            vec![base, api],
            "set AUDIENCE=https://api.example/",
            vec![base, ("--audience", "https://api.example/")],
        ),
        (
            good().client_id("shop").encode(),
            vec![base, clients],
            "if this is the name of this API, set AUDIENCE=https://api.example",
            vec![base, clients, api],
        ),
        (
            good().client_id("till").encode(),
            vec![base, api, clients],
            "add till to CLIENT_IDS",
            vec![base, api, ("--client-ids", "shop,till")],
        ),
        (
            good().without_claim("client_id").encode(),
            vec![base, clients],
            "set AUDIENCE instead",
            vec![base, api],
        ),
        (
            good().not_before_in(60).encode(),
            vec![base, api],
            "CLOCK_TOLERANCE allows for small differences",
            vec![base, api, ("--clock-tolerance", "120")],
        ),
        (
            good().issued_in(-600).encode(),
            vec![base, api, ("--max-token-age", "60")],
            "raise MAX_TOKEN_AGE",
            vec![base, api, ("--max-token-age", "900")],
        ),
        (
            good().without_claim("iat").encode(),
            vec![base, api, ("--max-token-age", "60")],
            "remove MAX_TOKEN_AGE",
            vec![base, api],
        ),
        (
            good().header("typ", "JWT").encode(),
            vec![base, api, ("--token-profile", "rfc9068")],
            "set TOKEN_PROFILE=any",
            vec![base, api, ("--token-profile", "any")],
        ),
        (
            good().without_claim("jti").encode(),
            vec![base, api, ("--token-profile", "rfc9068")],
            "set TOKEN_PROFILE=any",
            vec![base, api, ("--token-profile", "any")],
        ),
        (
            named(&slash),
            vec![exact, pem, api],
            "set ISSUER exactly as the token has it",
            vec![("--issuer", &slash), pem, api],
        ),
        (
            named(&upper),
            vec![exact, pem, api],
            "set ISSUER exactly as the token has it",
            vec![("--issuer", &upper), pem, api],
        ),
        (
            TokenMaker::new(url, &es256).audience(AUDIENCE).encode(),
            vec![exact, set, api, ("--token-signing-alg", "RS256")],
            "add ES256 to TOKEN_SIGNING_ALG",
            vec![exact, set, api, ("--token-signing-alg", "RS256,ES256")],
        ),
        (
            hs256.expect("a token"),
            vec![base, api],
            "set ISSUER and SECRET_FILE",
            vec![exact, api, ("--secret-file", secret.path())],
        ),
        (
            TokenMaker::new(url, &replaced).audience(AUDIENCE).encode(),
            vec![exact, pem, api],
            "check PUBLIC_KEY_FILE or JWKS_URI",
            vec![exact, ("--public-key-file", new_pem.path()), api],
        ),
    ];
    for (token, flags, advice, followed) in table {
        let (code, text) = explained(&token, &flags);
        assert_eq!(code, 1, "{advice}: {text}");
        assert!(text.contains(advice), "{advice}: {text}");
        let (code, text) = explained(&token, &followed);
        assert_eq!(code, 0, "{advice}: {text}");
    }
}

/// The names of Auth0's issuers are those of domains, which a tunnel leads to one server.
#[test]
fn an_auth0_domain_is_set_as_advised() {
    const TENANT: &str = "tenant.eu.auth0.com";
    const OTHER: &str = "dev.us.auth0.com";
    const CUSTOM: &str = "login.shop.example";
    let key = SigningKey::generate(Algorithm::Rs256).with_id("key-1");
    let root = Authority::root("root");
    let ca = file(&root.pem());
    let keys = json!({"keys": [key.public_jwk()]}).to_string();
    let chain = root.server(&[TENANT, OTHER, CUSTOM], false);
    let server = TlsIssuer::answering(chain, move |head| {
        if head.starts_with("GET /keys") {
            return (200, keys.clone());
        }
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
        let origin = format!("https://{host}");
        (
            200,
            json!({"issuer": format!("{origin}/"), "jwks_uri": format!("{origin}/keys")})
                .to_string(),
        )
    });
    let proxy = HttpProxy::start(Mode::Works { port: server.port() });
    let proxy = format!("http://{}", proxy.address());
    let explained = |domain: &str, settings: &[(&str, &str)]| {
        let issuer = format!("https://{domain}/");
        let token = TokenMaker::new(issuer, &key).audience(AUDIENCE).encode();
        let base = [
            ("HTTPS_PROXY", proxy.as_str()),
            ("KEY_FETCH_CA_FILE", ca.path()),
            ("AUDIENCE", AUDIENCE),
        ];
        let (code, text) = run_in(&[&base, settings].concat(), &["explain", &token]);
        (code, flat(&text))
    };
    let both = format!("https://{CUSTOM}/,https://{TENANT}/");
    let custom = format!("https://{CUSTOM}/");
    let table = [
        (
            TENANT,
            ("ISSUER_BASE_URL", custom.as_str()),
            "add the tenant's own domain to ISSUER_BASE_URL, separated by a comma",
            ("ISSUER_BASE_URL", both.as_str()),
        ),
        (
            CUSTOM,
            ("AUTH0_DOMAIN", TENANT),
            "set AUTH0_DOMAIN to the custom domain",
            ("AUTH0_DOMAIN", CUSTOM),
        ),
        (
            OTHER,
            ("AUTH0_DOMAIN", TENANT),
            "set AUTH0_DOMAIN to the tenant that the token is from",
            ("AUTH0_DOMAIN", OTHER),
        ),
    ];
    for (domain, settings, advice, followed) in table {
        let (code, text) = explained(domain, &[settings]);
        assert_eq!(code, 1, "{advice}: {text}");
        assert!(text.contains(advice), "{advice}: {text}");
        let (code, text) = explained(domain, &[followed]);
        assert_eq!(code, 0, "{advice}: {text}");
    }
}

#[test]
fn a_tenant_is_added_as_advised() {
    let issuer = TestIssuer::builder().path("/common/v2.0").start().expect("an issuer");
    let name = |tenant: &str| issuer.url().replace("common", tenant);
    let metadata = json!({"issuer": name("{tenantid}"), "jwks_uri": issuer.jwks_uri()});
    issuer.respond(Endpoint::Discovery, Behavior::json(&metadata));
    let token = issuer.token().audience(AUDIENCE).claim("iss", name("t-2")).claim("tid", "t-2");
    let base = [("--issuer-base-url", issuer.url()), ("--audience", AUDIENCE)];
    let with = |tenants| [&base[..], &[("--tenants", tenants)]].concat();
    let (code, text) = explained(&token.clone().encode(), &with("t-1"));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("add t-2 to TENANTS"), "{text}");
    let (code, text) = explained(&token.encode(), &with("t-1,t-2"));
    assert_eq!(code, 0, "{text}");
}

roles! {
    /// Edit messages.
    Editor = "editor";
}

permissions! {
    /// Edit messages.
    EditMessages = "edit:messages";
}

async fn ok<G>(_: G) -> &'static str {
    "ok"
}

#[actix_web::test]
async fn claims_of_roles_and_permissions_are_named_as_advised() {
    let issuer = TestIssuer::start();
    let routes = Routes::new()
        .get("/role", ok::<InRole<Editor>>)
        .get("/permission", ok::<Permitted<EditMessages>>);
    let table = routes.table();
    let roles = json!({"roles": ["editor"]});
    let cases = [
        ("realm_access", roles.clone(), "ROLES_CLAIM", "/role"),
        ("https://shop.example/roles", json!(["editor"]), "ROLES_CLAIM", "/role"),
        ("cognito:groups", json!(["editor"]), "ROLES_CLAIM", "/role"),
        ("https://shop.example/claims", roles, "ROLES_CLAIM", "/role"),
        ("rights", json!("edit:messages"), "PERMISSIONS_CLAIM", "/permission"),
        ("authorities", json!(["edit:messages"]), "PERMISSIONS_CLAIM", "/permission"),
    ];
    for (claim, value, setting, path) in cases {
        let token = issuer.token().audience(AUDIENCE).claim(claim, value).encode();
        let explained = async |variables: &[(&str, &str)]| {
            let flags = clap::Command::new("serve").args(arguments()).get_matches_from(["serve"]);
            let base = [("ISSUER_BASE_URL", issuer.url()), ("AUDIENCE", AUDIENCE)];
            let all = [&base, variables].concat();
            let settings = Settings::load(&flags, |name| {
                let found = all.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            });
            let resource = protected_resource(&settings.expect("settings")).expect("a resource");
            let context = Context::new(resource.verifier(), &table);
            let report = explain(&Input::token(&token), &context).await;
            assert_eq!(report.verdict(), &Verdict::Accepted, "{claim}");
            let is_open = report.checks().iter().all(|check| check.outcome != Outcome::Failed);
            assert!(is_open, "{claim}");
            flat(&report.to_text(actix_resource_server::service::Color::Off))
        };
        let opened = format!("opens GET {path}");
        let text = explained(&[]).await;
        assert!(!text.contains(&opened), "{claim}: {text}");
        let named = advised(&text, setting);
        let text = explained(&[(setting, &named)]).await;
        assert!(text.contains(&opened), "{claim}: {named}: {text}");
        let text = explained(&[(setting, "another")]).await;
        assert!(!text.contains(&opened), "{claim}: {text}");
    }
}
