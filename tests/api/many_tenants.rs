//! Issuers of many tenants: metadata with a template, `iss`, `tid`, and the issuers of keys.

use actix_resource_server::testing::{Behavior, Endpoint, SigningKey, TestIssuer, TokenMaker};
use actix_resource_server::token::{Algorithm, InvalidToken, Tenants};
use actix_resource_server::verifier::{VerificationError, Verifier};
use serde_json::{Value, json};

use crate::command_line::{flat, run};
use crate::test_app::AUDIENCE;

const PATH: &str = "/common/v2.0";

/// An issuer whose metadata names a template, and its keys.
struct ManyTenants {
    issuer: TestIssuer,
    keys: [SigningKey; 2],
}

impl ManyTenants {
    /// The first key is for every tenant, the second for the tenant `t-2`.
    fn start() -> Self {
        let issuer = TestIssuer::builder().path(PATH).start().expect("an issuer");
        let keys = ["k-1", "k-2"].map(|id| SigningKey::generate(Algorithm::Es256).with_id(id));
        let it = Self { issuer, keys };
        let metadata = json!({"issuer": it.name("{tenantid}"), "jwks_uri": it.issuer.jwks_uri()});
        it.issuer.respond(Endpoint::Discovery, Behavior::json(&metadata));
        let published = |key: &SigningKey, issuer: String| -> Value {
            let mut jwk = key.public_jwk();
            jwk["issuer"] = issuer.into();
            jwk
        };
        let [all, one] = &it.keys;
        let keys = [published(all, it.name("{tenantid}")), published(one, it.name("t-2"))];
        it.issuer.set_jwks(json!({"keys": keys}));
        it
    }

    fn name(&self, tenant: &str) -> String {
        let origin = self.issuer.url().strip_suffix(PATH).expect("the path");
        format!("{origin}/{tenant}/v2.0")
    }

    fn token(&self, iss: &str, tid: &str, key: usize) -> String {
        let maker = TokenMaker::new(self.name(iss), &self.keys[key]).audience(AUDIENCE);
        maker.claim("tid", tid).encode()
    }

    async fn verifier(&self, tenants: Tenants) -> Verifier {
        let builder = Verifier::builder().issuer(self.issuer.url()).audience(AUDIENCE);
        let verifier = builder.tenants(tenants).start().expect("a verifier");
        verifier.first_attempts().await;
        verifier
    }
}

async fn reason(verifier: &Verifier, token: &str) -> Option<InvalidToken> {
    match verifier.verify(token).await {
        Ok(_) => None,
        Err(VerificationError::Rejected(reason)) => Some(reason),
        Err(other) => panic!("{other}"),
    }
}

#[actix_web::test]
async fn tokens_of_listed_tenants_are_accepted_with_keys_of_their_issuers() {
    let it = ManyTenants::start();
    let some = it.verifier(Tenants::listed(["t-1", "t-2"]).expect("tenants")).await;
    let any = it.verifier(Tenants::ANY).await;
    let not_allowed = || Some(InvalidToken::TenantNotAllowed);
    let mismatch = || Some(InvalidToken::TenantMismatch);
    let other_key = || Some(InvalidToken::KeyOfAnotherIssuer);
    let other = || Some(InvalidToken::IssuerMismatch);
    let table = [
        ("t-1", "t-1", 0, None, None),
        ("t-2", "t-2", 0, None, None),
        ("t-2", "t-2", 1, None, None),
        ("t-1", "t-1", 1, other_key(), other_key()),
        ("t-3", "t-3", 0, not_allowed(), None),
        ("t-3", "t-3", 1, not_allowed(), other_key()),
        ("t-1", "t-2", 0, mismatch(), mismatch()),
        ("t-2", "t-2/v2.0", 1, mismatch(), mismatch()),
        ("common", "t-1", 0, mismatch(), mismatch()),
        ("{tenantid}", "t-1", 0, other(), other()),
        ("t-1/t-2", "t-1/t-2", 0, other(), other()),
    ];
    for (iss, tid, key, listed, of_any) in table {
        let token = it.token(iss, tid, key);
        // The second time from the cache.
        for _ in 0..2 {
            assert_eq!(reason(&some, &token).await, listed, "{iss} {tid} {key}");
            assert_eq!(reason(&any, &token).await, of_any, "{iss} {tid} {key}");
        }
    }
    for (tid, expected) in [
        (Value::Null, InvalidToken::ClaimMistyped { claim: "tid", expected: "a string" }),
        (json!(1), InvalidToken::ClaimMistyped { claim: "tid", expected: "a string" }),
    ] {
        let maker = TokenMaker::new(it.name("t-1"), &it.keys[0]).audience(AUDIENCE);
        let token = maker.claim("tid", tid).encode();
        assert_eq!(reason(&some, &token).await, Some(expected));
    }
    let token = TokenMaker::new(it.name("t-1"), &it.keys[0]).audience(AUDIENCE).encode();
    let missing = InvalidToken::ClaimMissing { claim: "tid" };
    assert_eq!(reason(&some, &token).await, Some(missing));
}

#[actix_web::test]
async fn a_key_that_is_published_for_two_issuers_signs_for_both() {
    let it = ManyTenants::start();
    let key = it.keys[1].public_jwk();
    let published = ["t-1", "t-2"].map(|tenant| {
        let mut key = key.clone();
        key["issuer"] = it.name(tenant).into();
        key
    });
    it.issuer.set_jwks(json!({"keys": published}));
    let verifier = it.verifier(Tenants::ANY).await;
    for tenant in ["t-1", "t-2"] {
        assert_eq!(reason(&verifier, &it.token(tenant, tenant, 1)).await, None, "{tenant}");
    }
    let other = Some(InvalidToken::KeyOfAnotherIssuer);
    assert_eq!(reason(&verifier, &it.token("t-3", "t-3", 1)).await, other);
}

/// As the names of one tenant in versions 1.0 and 2.0 of Entra ID.
#[actix_web::test]
async fn two_templates_are_two_issuers_with_keys_of_their_own() {
    let (one, other) = (ManyTenants::start(), ManyTenants::start());
    let builder = Verifier::builder().issuer(one.issuer.url()).issuer(other.issuer.url());
    let builder = builder.audience(AUDIENCE).tenants(Tenants::ANY);
    let verifier = builder.start().expect("a verifier");
    verifier.first_attempts().await;
    assert_eq!(reason(&verifier, &one.token("t-1", "t-1", 0)).await, None);
    assert_eq!(reason(&verifier, &other.token("t-1", "t-1", 0)).await, None);
    let forged = TokenMaker::new(other.name("t-1"), &one.keys[0]).audience(AUDIENCE);
    let forged = forged.claim("tid", "t-1").encode();
    assert!(matches!(
        reason(&verifier, &forged).await,
        Some(InvalidToken::SignatureInvalid { .. })
    ));
}

#[test]
fn check_names_the_template_and_the_setting() {
    let it = ManyTenants::start();
    let check = |more: &[&str]| {
        let base = ["check", "--issuer-base-url", it.issuer.url(), "--audience", AUDIENCE];
        let (code, text) = run(&[&base[..], more].concat());
        (code, flat(&text))
    };
    let (code, text) = check(&[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains(&it.name("{tenantid}")), "{text}");
    assert!(text.contains("issuer template; set TENANTS"), "{text}");
    let (code, text) = check(&["--tenants", "t-1,t-2"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("accepted tenants: t-1, t-2"), "{text}");
    let (code, text) = check(&["--tenants", "any"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("TENANTS=any"), "{text}");

    let explain = |more: &[&str]| {
        let token = it.token("t-1", "t-1", 0);
        let base = ["explain", &token, "--issuer-base-url", it.issuer.url()];
        let (code, text) = run(&[&base[..], &["--audience", AUDIENCE], more].concat());
        (code, flat(&text))
    };
    let (code, text) = explain(&[]);
    assert_ne!(code, 0, "{text}");
    assert!(text.contains("issuer template; set TENANTS"), "{text}");
    let (code, text) = explain(&["--tenants", "t-1"]);
    assert_eq!(code, 0, "{text}");

    let single = TestIssuer::start();
    let base = ["check", "--issuer-base-url", single.url(), "--audience", AUDIENCE];
    let (_, text) = run(&[&base[..], &["--tenants", "t-1"]].concat());
    assert!(flat(&text).contains("so TENANTS has no effect"), "{text}");
}

#[test]
fn a_template_without_tenants_does_not_start() {
    let template = "https://issuer.example/{tenantid}/";
    let base = ["check", "--issuer", template, "--jwks-uri", "https://127.0.0.1:1/"];
    let (code, text) = run(&[&base[..], &["--audience", AUDIENCE]].concat());
    assert_ne!(code, 0, "{text}");
    assert!(flat(&text).contains("TENANTS: missing; the issuer"), "{text}");
}
