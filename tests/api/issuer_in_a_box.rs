//! Test issuer over HTTP: valid and invalid tokens on request.

use std::time::Duration;

use actix_resource_server::testing::{Defect, ProofMaker, SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;
use actix_web::HttpResponse;
use actix_web::web;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::process::Process;
use crate::test_app::{AUDIENCE, TestApp};

#[actix_web::test]
async fn every_defect_is_rejected_for_its_own_reason() {
    let issuer = TestIssuer::builder().audience(AUDIENCE).start().expect("a port");
    let app = TestApp::with_issuer(issuer).await;
    let table = [
        ("expired", "RFC 7519 4.1.4", "the access token has expired"),
        ("not-yet-valid", "RFC 7519 4.1.5", "the access token is not valid yet"),
        ("wrong-issuer", "RFC 9068 4", "the access token is from an issuer that is not accepted"),
        ("wrong-audience", "RFC 7519 4.1.3", "the access token is for another audience"),
        (
            "unknown-key",
            "RFC 7515 4.1.4",
            "the access token is signed with a key that is not known",
        ),
        ("broken-signature", "RFC 7515 5.2", "the signature of the access token is not valid"),
        ("alg-none", "RFC 8725 3.2", "the access token is not signed"),
    ];
    assert_eq!(table.map(|(name, ..)| name), Defect::ALL.map(Defect::name));
    for (name, section, description) in table {
        let (status, token) = ask(&app, &format!("token?scope=read:messages&defect={name}")).await;
        assert_eq!(status, 200, "{name}: {token}");
        let answer = app.get_with_token("/api/private-scoped", token.trim_end()).await;
        assert_eq!(answer.status, 401, "{section}: {name}");
        let challenge = answer.challenge().unwrap_or_default();
        let expected = format!("error_description=\"{description}\"");
        assert!(challenge.contains(&expected), "{section}: {name}: {challenge}");
    }
    let (_, good) = ask(&app, "token?scope=read:messages").await;
    assert_eq!(app.get_with_token("/api/private-scoped", good.trim_end()).await.status, 200);
}

#[test]
fn the_development_server_is_its_own_audience_on_any_port() {
    // Another process could take the port in between, which is unlikely.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let port = free.expect("a free port").port().to_string();
    let process = Process::start_dev_with(&[("PORT", &port), ("AUDIENCE", "")]);
    let metadata = format!("\"http://localhost:{port}/.well-known/oauth-protected-resource\"");
    let challenged = process.get("/api/private");
    assert!(challenged.contains(&metadata), "RFC 9728 5.1: {challenged}");
    let found = process.get("/.well-known/oauth-protected-resource");
    let resource = format!("\"resource\":\"http://localhost:{port}\"");
    assert!(found.contains(&resource), "RFC 9728 3.3: {found}");
}

#[actix_web::test]
async fn token_contains_requested_values() {
    let app = TestApp::start().await;
    let query =
        "token?subject=a+b&scope=x+y&permissions=p,q&audience=https://a.example&lifetime=60";
    let (_, token) = ask(&app, query).await;
    let claims = claims(&token);
    let text = |name: &str| claims[name].clone();
    assert_eq!(text("sub"), "a b");
    assert_eq!(text("scope"), "x y");
    assert_eq!(text("permissions"), json!(["p", "q"]));
    assert_eq!(text("aud"), "https://a.example");
    let seconds = |name: &str| claims[name].as_i64().expect("a number");
    assert_eq!(seconds("exp") - seconds("iat"), 60);
}

#[actix_web::test]
async fn roles_and_other_claims_are_those_asked_for() {
    let app = TestApp::start().await;
    let (_, token) =
        ask(&app, "token?roles=admin,auditor&claims=%7B%22org_id%22%3A%22acme%22%7D").await;
    let claims = claims(&token);
    assert_eq!(
        (&claims["roles"], &claims["org_id"]),
        (&json!(["admin", "auditor"]), &json!("acme"))
    );
    let table = [
        ("token?scopes=a", "there is no parameter \\\"scopes\\\"; there are algorithm, audience, "),
        ("token?claims=%5B%5D", "claims must be a JSON object"),
        ("token?claims=org_id", "claims must be a JSON object"),
    ];
    for (query, description) in table {
        let (status, answer) = ask(&app, query).await;
        assert_eq!((status, answer.contains(description)), (400, true), "{query}: {answer}");
    }
}

#[actix_web::test]
async fn invalid_token_request_is_explained() {
    let app = TestApp::start().await;
    for (query, word) in [
        ("defect=rusty", "broken-signature"),
        ("lifetime=soon", "seconds"),
        ("algorithm=X", "algorithm"),
    ] {
        let (status, body) = ask(&app, &format!("token?{query}")).await;
        assert_eq!(status, 400, "{query}");
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(answer["error"], "invalid_request", "RFC 6749 5.2: {query}");
        let description = answer["error_description"].as_str().unwrap_or_default();
        assert!(description.contains(word), "{query}: {description}");
    }
}

#[actix_web::test]
async fn extra_endpoints_are_served_also_after_a_restart() {
    let issuer = TestIssuer::builder()
        .extra_endpoints(|config| {
            config.route("/more", web::get().to(async || HttpResponse::Ok().body("more")));
        })
        .extra_endpoints(|config| {
            config.route("/most", web::get().to(async || HttpResponse::Ok().body("most")));
        })
        .start()
        .expect("a port");
    let app = TestApp::with_issuer(issuer).await;
    for _ in 0..2 {
        assert_eq!(ask(&app, "more").await, (200, "more".to_owned()));
        assert_eq!(ask(&app, "most").await, (200, "most".to_owned()));
        assert_eq!(ask(&app, "token").await.0, 200);
        app.issuer.restart().expect("the same port");
    }
}

#[actix_web::test]
async fn cross_site_pages_get_no_token() {
    let issuer = TestIssuer::builder().origin("http://issuer:3011").start().expect("a port");
    let address = issuer.address();
    let own = address.to_string();
    let client = awc::Client::default();
    let table = [
        // Host, Origin, status, why
        (own.as_str(), None, 200, "no browser"),
        (own.as_str(), Some(format!("http://{own}")), 200, "its own page"),
        ("localhost", None, 200, "a name that is always this machine's"),
        ("issuer:3011", None, 200, "its own name"),
        ("evil.example", None, 421, "RFC 9110 15.5.20: a rebound name"),
        ("evil.example:3011", Some("http://evil.example:3011".to_owned()), 421, "the same"),
        (own.as_str(), Some("http://evil.example".to_owned()), 403, "RFC 6454: another origin"),
        (own.as_str(), Some("null".to_owned()), 403, "RFC 6454 7.3: an opaque origin"),
    ];
    for (host, origin, status, why) in table {
        for path in ["token", ".well-known/jwks.json", "oauth/token"] {
            let url = format!("http://{address}/{path}");
            let mut request = match path {
                "oauth/token" => client.post(url),
                _ => client.get(url),
            };
            request = request.insert_header(("host", host));
            if let Some(origin) = &origin {
                request = request.insert_header(("origin", origin.as_str()));
            }
            let body = "grant_type=client_credentials";
            let answer = request.content_type("application/x-www-form-urlencoded").send_body(body);
            let answer = answer.await.expect("an answer");
            assert_eq!(answer.status(), status, "{path} {host} {origin:?}: {why}");
        }
    }
}

#[actix_web::test]
async fn tokens_are_bound_to_the_key_of_a_proof_or_a_thumbprint() {
    let app = TestApp::start().await;
    let key = SigningKey::generate(Algorithm::Es256);
    let jkt = json!({"jkt": key.thumbprint().to_string()});
    let (status, token) = ask(&app, &format!("token?jkt={}", key.thumbprint())).await;
    assert_eq!((status, &claims(&token)["cnf"]), (200, &jkt), "RFC 9449 6.1");
    let (status, _) = ask(&app, "token?jkt=short").await;
    assert_eq!(status, 400);

    let endpoint = format!("{}/oauth/token", app.issuer.url());
    let proof = || ProofMaker::new(&key).method("POST").target(&endpoint);
    let table = [
        (Some(proof().encode()), 200, "token_type", "DPoP"),
        (None, 200, "token_type", "Bearer"),
        (Some(proof().method("GET").encode()), 400, "error", "invalid_dpop_proof"),
    ];
    for (proof, status, member, value) in table {
        let mut request = awc::Client::default().post(&endpoint);
        if let Some(proof) = &proof {
            request = request.insert_header(("dpop", proof.as_str()));
        }
        let request = request.content_type("application/x-www-form-urlencoded");
        let mut answer =
            request.send_body("grant_type=client_credentials").await.expect("an answer");
        assert_eq!(answer.status(), status, "RFC 9449 5");
        let body = answer.body().await.expect("a body");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body[member], value, "RFC 9449 5: {body}");
        if value == "DPoP" {
            assert_eq!(claims(body["access_token"].as_str().expect("a token"))["cnf"], jkt);
        }
    }
}

#[actix_web::test]
async fn token_endpoint_demands_a_nonce_if_told() {
    let app = TestApp::start().await;
    let key = SigningKey::generate(Algorithm::Es256);
    let endpoint = format!("{}/oauth/token", app.issuer.url());
    let proof = || ProofMaker::new(&key).method("POST").target(&endpoint);
    let send = async |proof: String| {
        let request = awc::Client::default().post(&endpoint).insert_header(("dpop", proof));
        let request = request.content_type("application/x-www-form-urlencoded");
        let mut answer =
            request.send_body("grant_type=client_credentials").await.expect("an answer");
        let nonce = answer.headers().get("dpop-nonce");
        let nonce = nonce.map(|nonce| nonce.to_str().expect("plain text").to_owned());
        let body: Value = answer.json().await.expect("JSON");
        (answer.status().as_u16(), body["error"].as_str().map(str::to_owned), nonce)
    };
    assert_eq!(send(proof().encode()).await, (200, None, None));
    app.issuer.require_dpop_nonce(true);
    let (status, error, nonce) = send(proof().encode()).await;
    assert_eq!((status, error.as_deref()), (400, Some("use_dpop_nonce")), "RFC 9449 8");
    let nonce = nonce.expect("RFC 9449 8: a nonce");
    assert_eq!(send(proof().nonce(&nonce).encode()).await, (200, None, None), "RFC 9449 8");
    let (status, error, _) = send(proof().nonce("made-up").encode()).await;
    assert_eq!((status, error.as_deref()), (400, Some("use_dpop_nonce")), "RFC 9449 8");
    app.issuer.require_dpop_nonce(false);
    assert_eq!(send(proof().encode()).await, (200, None, None));
}

/// Sends a request to the issuer.
async fn ask(app: &TestApp, what: &str) -> (u16, String) {
    let url = format!("{}/{what}", app.issuer.url());
    let client = awc::Client::builder().timeout(Duration::from_secs(30)).finish();
    let mut answer = client.get(url).send().await.expect("an answer");
    let body = answer.body().await.expect("a body");
    (answer.status().as_u16(), String::from_utf8(body.to_vec()).expect("text"))
}

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).expect("three parts");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    serde_json::from_slice(&claims).expect("JSON")
}
