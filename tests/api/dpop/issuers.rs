//! Issuers that differ in whether their tokens may or must be bound to a DPoP key.

use actix_resource_server::issuer::TrustedIssuer;
use actix_resource_server::sender::DpopMode;
use actix_resource_server::sender::DpopMode::{Allowed, Off, Required};
use actix_resource_server::token::Audiences;
use actix_resource_server::verifier::{IssuerResolver, Verifier};
use actix_resource_server::{ProtectedResource, service};

use super::*;

fn trusted(url: &str, mode: DpopMode) -> TrustedIssuer {
    let audiences = Audiences::new([AUDIENCE]).expect("an audience");
    let mut trusted = TrustedIssuer::discovered(url.parse().expect("an issuer"), audiences);
    trusted.expected.dpop = Some(mode);
    trusted
}

/// Sends a token of this issuer, twice, so that the second time it comes from the cache.
async fn statuses(app: &TestApp, issuer: &TestIssuer, scheme: &str, is_bound: bool) -> [Answer; 2] {
    let key = key();
    let token = issuer.token().audience(AUDIENCE);
    let token = if is_bound { token.bound_to(&key) } else { token }.encode();
    let request = async || {
        let authorization = format!("{scheme} {token}");
        let proof = proof(&key, &token).encode();
        let proof = ("dpop", proof.as_str());
        let fields = [("authorization", authorization.as_str()), proof];
        let fields = if scheme == "DPoP" { &fields[..] } else { &fields[..1] };
        send(app, "/api/private", fields).await
    };
    [request().await, request().await]
}

#[actix_web::test]
async fn the_mode_of_an_issuer_is_for_its_tokens_alone() {
    // Those with modes of their own, and that of all others.
    let modes = [Off, Allowed, Required];
    for common in modes {
        let default_issuer = TestIssuer::start();
        let issuers = modes.map(|mode| (TestIssuer::start(), mode));
        let app = TestApp::with_verifier(default_issuer, |mut verifier| {
            let mut policy = policy();
            policy.mode = common;
            for (issuer, mode) in &issuers {
                verifier = verifier.trust(trusted(issuer.url(), *mode));
            }
            verifier.dpop(policy)
        })
        .await;
        let all = issuers.iter().map(|(issuer, mode)| (issuer, *mode));
        for (issuer, mode) in all.chain([(&app.issuer, common)]) {
            let is_off = "DPoP is not accepted for access tokens of this issuer";
            let is_bound = "is bound to a key and is not a bearer token";
            let not_bound = "is not bound to a DPoP key";
            let required = "was sent without the required DPoP proof";
            let table = match mode {
                Off => [
                    ("Bearer", false, 200, ""),
                    ("Bearer", true, 401, is_bound),
                    ("DPoP", true, 401, is_off),
                    ("DPoP", false, 401, is_off),
                ],
                Allowed => [
                    ("Bearer", false, 200, ""),
                    ("Bearer", true, 401, is_bound),
                    ("DPoP", true, 200, ""),
                    ("DPoP", false, 401, not_bound),
                ],
                Required => [
                    ("Bearer", false, 401, required),
                    ("Bearer", true, 401, is_bound),
                    ("DPoP", true, 200, ""),
                    ("DPoP", false, 401, not_bound),
                ],
            };
            for (scheme, is_bound, status, description) in table {
                let row = format!("{mode} among {common}: {scheme}, bound: {is_bound}");
                for answer in statuses(&app, issuer, scheme, is_bound).await {
                    assert_eq!(answer.status, status, "{row}: {}", answer.body);
                    let first = challenges(&answer).into_iter().next().unwrap_or_default();
                    assert_eq!(first.starts_with(scheme), status == 401, "{row}: {first}");
                    assert!(first.contains(description), "RFC 9449 7.1, {row}: {first}");
                }
            }
        }
        // Both schemes are offered, since each is right for some token.
        let answer = send(&app, "/api/private", &[]).await;
        assert_eq!(challenges(&answer).len(), 2, "RFC 9449 7.2: {:?}", challenges(&answer));
        let metadata = app.get("/.well-known/oauth-protected-resource").await.json();
        assert_ne!(metadata["dpop_bound_access_tokens_required"], true, "RFC 9728 2");
    }
}

#[actix_web::test]
async fn issuers_of_one_mode_decide_what_is_offered() {
    for (mode, schemes) in [(Off, &["Bearer"][..]), (Required, &["DPoP"])] {
        let issuer = TestIssuer::start();
        let verifier = Verifier::builder().dpop(policy()).trust(trusted(issuer.url(), mode));
        let resource = ProtectedResource::new(verifier.start().expect("a verifier"));
        let app = TestApp::with_resource(issuer, service::routes(None), resource);
        let answer = send(&app, "/api/private", &[]).await;
        let offered: Vec<_> = challenges(&answer)
            .iter()
            .map(|challenge| challenge.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(offered, schemes, "RFC 9449 7.2: {mode}");
    }
}

#[actix_web::test]
async fn an_issuer_that_is_looked_up_has_a_mode_too() {
    let looked_up = [Allowed, Required].map(|mode| (TestIssuer::start(), mode));
    let names = looked_up.each_ref().map(|(issuer, mode)| (issuer.url().to_owned(), *mode));
    let app = TestApp::with_verifier(TestIssuer::start(), |verifier| {
        let resolver = IssuerResolver::new(move |iss: String| {
            let found = names.iter().find(|(name, _)| *name == iss);
            let found = found.map(|(name, mode)| trusted(name, *mode));
            async move { Ok(found) }
        });
        verifier.dpop(policy()).resolver(resolver)
    })
    .await;
    for (issuer, mode) in &looked_up {
        let status = if *mode == Required { 401 } else { 200 };
        for answer in statuses(&app, issuer, "Bearer", false).await {
            assert_eq!(answer.status, status, "{mode}: {}", answer.body);
        }
        for answer in statuses(&app, issuer, "DPoP", true).await {
            assert_eq!(answer.status, 200, "{mode}: {}", answer.body);
        }
    }
}
