//! Routes, modes and the memory of used proofs, with proofs that are valid.

use actix_resource_server::sender::DpopMode;
use actix_resource_server::{Authorized, Bound, Claims, Maybe, Public, Routes, Scoped, scopes};

use super::*;

scopes! {
    Pay = "payments:write";
}

#[actix_web::test]
async fn mode_decides_which_schemes_are_known() {
    let key = key();
    for mode in [DpopMode::Off, DpopMode::Allowed, DpopMode::Required] {
        let app = start(|policy| policy.mode = mode).await;
        let token = app.token().bound_to(&key).encode();
        let answer = send(&app, "/api/private", &[]).await;
        let schemes: Vec<_> = challenges(&answer)
            .iter()
            .map(|challenge| challenge.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        assert!(challenges(&answer).iter().all(|challenge| !challenge.contains("error")));
        let (expected, bound, unbound): (&[&str], u16, u16) = match mode {
            DpopMode::Off => (&["Bearer"], 401, 200),
            DpopMode::Allowed => (&["Bearer", "DPoP"], 200, 200),
            DpopMode::Required => (&["DPoP"], 200, 401),
        };
        assert_eq!(schemes, expected, "RFC 9449 7.2: {mode}");
        let answer = present(&app, &token, &proof(&key, &token).encode()).await;
        assert_eq!(answer.status, bound, "{mode}: {}", answer.body);
        let answer = app.get_with_token("/api/private", &app.token().encode()).await;
        assert_eq!(answer.status, unbound, "{mode}: {}", answer.body);
        if mode == DpopMode::Required {
            assert!(challenges(&answer)[0].starts_with(r#"DPoP error="invalid_token""#));
            assert!(challenges(&answer)[0].contains("without the required DPoP proof"));
        }
        let answer = app.get_with_token("/api/private", &token).await;
        assert_eq!(answer.status, 401, "RFC 9449 7.2: {mode}");
        let expected = match mode {
            DpopMode::Required => "was sent without the required DPoP proof",
            _ => "is bound to a key and is not a bearer token",
        };
        assert!(challenges(&answer).iter().any(|text| text.contains(expected)), "{mode}");
    }
}

#[actix_web::test]
async fn maybe_and_public_treat_dpop_as_bearer() {
    async fn public(_: Public) -> &'static str {
        "for anyone"
    }
    async fn greeting(_: Maybe<Claims>) -> &'static str {
        "hello"
    }
    let routes = Routes::new().get("/api/public", public).get("/api/greeting", greeting);
    let app =
        TestApp::with_routes(TestIssuer::start(), routes, |verifier| verifier.dpop(policy())).await;
    let key = key();
    let token = app.token().bound_to(&key).encode();
    let good = proof(&key, &token).target(format!("{PUBLIC_URL}/api/greeting")).encode();
    let bad = proof(&key, &token).with_defect(ProofDefect::Old).encode();
    let authorization = format!("DPoP {token}");
    let with = |proof| [("authorization", authorization.as_str()), ("dpop", proof)];
    for (path, fields, status) in [
        ("/api/public", with(bad.as_str()).to_vec(), 200),
        ("/api/greeting", vec![], 200),
        ("/api/greeting", with(good.as_str()).to_vec(), 200),
        ("/api/greeting", with(bad.as_str()).to_vec(), 401),
        ("/api/greeting", with(good.as_str()).to_vec(), 401),
    ] {
        let answer = send(&app, path, &fields).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
}

#[actix_web::test]
async fn scope_and_binding_of_a_route_are_told_in_the_scheme_used() {
    async fn pay(_: Scoped<Pay>) -> &'static str {
        "paid"
    }
    async fn pay_bound(_: Authorized<(Bound, Pay)>) -> &'static str {
        "paid"
    }
    let routes = Routes::new().get("/pay", pay).get("/bound", pay_bound);
    let app =
        TestApp::with_routes(TestIssuer::start(), routes, |verifier| verifier.dpop(policy())).await;
    let key = key();
    let insufficient: &[&str] = &[r#"DPoP error="insufficient_scope", scope="payments:write""#];
    let not_bound: &[&str] = &[
        r#"Bearer realm="api", error="invalid_token", error_description="the access token is not bound"#,
        "DPoP ",
    ];
    let bearer: &[&str] = &[r#"Bearer realm="api", error="insufficient_scope""#];
    type Row<'a> = (&'a str, bool, &'a str, u16, &'a [&'a str]);
    let table: [Row<'_>; 7] = [
        ("/pay", true, "", 403, insufficient),
        ("/pay", true, "payments:write", 200, &[]),
        ("/pay", false, "", 403, bearer),
        ("/bound", true, "payments:write", 200, &[]),
        ("/bound", true, "", 403, insufficient),
        ("/bound", false, "payments:write", 401, not_bound),
        ("/bound", false, "", 403, bearer),
    ];
    for (path, is_bound, scope, status, expected) in table {
        let token = app.token().scope(scope);
        let token = if is_bound { token.bound_to(&key) } else { token };
        let token = token.encode();
        let proof = proof(&key, &token).target(format!("{PUBLIC_URL}{path}")).encode();
        let (dpop, bearer) = (format!("DPoP {token}"), format!("Bearer {token}"));
        let authorization = if is_bound { &dpop } else { &bearer };
        let fields = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
        let answer = send(&app, path, &fields).await;
        assert_eq!(answer.status, status, "{path} {is_bound} {scope}: {}", answer.body);
        let challenges = challenges(&answer);
        assert_eq!(challenges.len(), expected.len(), "{challenges:?}");
        for (challenge, expected) in challenges.iter().zip(expected) {
            assert!(challenge.starts_with(expected), "{challenge}");
        }
    }
}

#[actix_web::test]
async fn key_that_fills_the_memory_gets_429_and_the_others_go_on() {
    let app = TestApp::with_verifier(TestIssuer::start(), |verifier| {
        verifier.dpop(policy()).proof_memory(300)
    })
    .await;
    let (greedy, honest) = (key(), key());
    let token = app.token().bound_to(&greedy).encode();
    let mut statuses = Vec::new();
    for _ in 0..250 {
        let answer = present(&app, &token, &proof(&greedy, &token).encode()).await;
        if answer.status == 429 {
            let seconds = answer.header("retry-after").expect("RFC 9110 10.2.3");
            assert!((1..=71).contains(&seconds.parse::<u64>().expect("seconds")), "{seconds}");
            assert_eq!(answer.challenge(), None);
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 200);
    assert_eq!(statuses.last(), Some(&429));
    let token = app.token().bound_to(&honest).encode();
    for _ in 0..20 {
        assert_eq!(present(&app, &token, &proof(&honest, &token).encode()).await.status, 200);
    }
}

#[actix_web::test]
async fn token_is_remembered_and_its_sender_is_not() {
    let app = start(|_| {}).await;
    let (key, thief) = (key(), key());
    let token = app.token().bound_to(&key).encode();
    for _ in 0..3 {
        assert_eq!(present(&app, &token, &proof(&key, &token).encode()).await.status, 200);
        assert_eq!(present(&app, &token, &proof(&thief, &token).encode()).await.status, 401);
        assert_eq!(app.get_with_token("/api/private", &token).await.status, 401);
        let defect = ProofDefect::OtherSigner;
        let forged = proof(&key, &token).with_defect(defect).encode();
        assert_eq!(present(&app, &token, &forged).await.status, 401);
    }
}
