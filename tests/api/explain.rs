//! The reports of `explain` on valid and invalid tokens, as reviewed snapshots, and their agreement
//! with the verifier.

mod at_path;
mod graph;
mod kinds;

use actix_resource_server::service::explain::{Context, Input, Outcome, Report, Verdict, explain};
use actix_resource_server::service::{Color, ReadMessages};
use actix_resource_server::testing::{Defect, ProofMaker, SigningKey};
use actix_resource_server::token::{Algorithm, InvalidToken, Timestamp};
use actix_resource_server::verifier::{VerificationError, Verifier};
use actix_resource_server::{Claims, Public, Routes, Scoped};

use self::kinds::{
    NOW, bad_tokens, dpop_of_another_issuer, requests, token, trusting, trusting_two,
};
use crate::snapshots;

async fn ok<G>(_: G) -> &'static str {
    ""
}

async fn about(_: Public) -> &'static str {
    ""
}

async fn messages(_: Scoped<ReadMessages>) -> &'static str {
    ""
}

async fn profile(_: Claims) -> &'static str {
    ""
}

fn routes() -> Routes {
    Routes::new().get("/about", about).get("/messages", messages).get("/profile", profile)
}

async fn explained(input: &Input, verifier: &Verifier) -> Report {
    explain(input, &Context::new(verifier, &routes().table())).await
}

#[actix_web::test]
async fn each_kind_of_token_is_explained_as_reviewed() {
    for kind in bad_tokens() {
        let report = explained(&Input::token(&kind.text), &kind.verifier).await;
        let text = report.to_text(Color::Off) + "\n";
        snapshots::check(&format!("explain/{}.txt", kind.name), &text);
    }
    for (name, request) in requests() {
        let report = explained(&Input::request(&request), &trusting(|verifier| verifier)).await;
        let text = report.to_text(Color::Off) + "\n";
        snapshots::check(&format!("explain/{name}.txt"), &text);
    }
}

#[actix_web::test]
async fn dpop_that_is_off_for_the_issuer_is_explained() {
    let key = SigningKey::generate(Algorithm::Es256);
    let token = token().bound_to(&key).encode();
    let proof = ProofMaker::new(&key).target("https://api.example/profile").token(&token).encode();
    let request = format!(
        "GET /profile HTTP/1.1\nHost: api.example\nAuthorization: DPoP {token}\nDPoP: {proof}"
    );
    let report = explained(&Input::request(&request), &dpop_of_another_issuer()).await;
    assert_eq!(report.verdict(), &Verdict::Rejected(InvalidToken::DpopOff), "RFC 9449 7.1");
    let text = report.to_text(Color::Off);
    assert!(text.contains("which is off for its issuer"), "{text}");
    assert!(text.contains("set dpop = \"allowed\" in the [[issuers]] table"), "{text}");
}

#[actix_web::test]
async fn without_settings_a_token_is_explained_as_far_as_possible() {
    let table = routes().table();
    let context = || {
        let now = Timestamp::from_seconds(NOW);
        Context::without_verifier("ISSUER_BASE_URL: not set", &table, now)
    };
    let expired = token().expires_in(-11_520).encode();
    let report = explain(&Input::token(&expired), &context()).await;
    assert_eq!((report.verdict(), report.exit_status()), (&Verdict::NotJudged, 2));
    snapshots::check("explain/no-settings.txt", &(report.to_text(Color::Off) + "\n"));

    let opaque = explain(&Input::token("opaque"), &context()).await;
    assert_eq!(opaque.exit_status(), 1, "it is rejected whatever the settings");
}

#[actix_web::test]
async fn the_report_as_json_is_as_reviewed_and_plain_ascii() {
    let token = token().subject("é\u{1b}[31m\u{1f600}").expires_in(-60).encode();
    let report = explained(&Input::token(&token), &trusting(|verifier| verifier)).await;
    let text = report.to_json_text();
    assert!(text.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)), "{text}");
    let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(read, report.to_json());
    assert_eq!(read["claims"]["sub"], "é\u{1b}[31m\u{1f600}");
    snapshots::check("explain/report.json", &(text + "\n"));
}

#[actix_web::test]
async fn the_verdict_is_the_verifiers_and_a_failed_check_explains_it() {
    let mut kinds: Vec<(String, String, Verifier)> = bad_tokens()
        .into_iter()
        .map(|kind| (kind.name.to_owned(), kind.text, kind.verifier))
        .collect();
    for defect in Defect::ALL {
        let spoilt = token().with_defect(defect).encode();
        kinds.push((defect.to_string(), spoilt, trusting(|verifier| verifier)));
    }
    // Two defects at once: the one that the verifier finds first must be among the failures.
    for first in Defect::ALL {
        for second in Defect::ALL {
            let spoilt = token().with_defect(first).with_defect(second).encode();
            kinds.push((format!("{first} {second}"), spoilt, trusting(|verifier| verifier)));
        }
    }
    // A valid token, cut and changed at many places.
    let good = token().encode();
    for place in (0..good.len()).step_by(7) {
        let cut = good[..place].to_owned();
        let changed = format!("{}A{}", &good[..place], &good[place + 1..]);
        for text in [cut, changed] {
            kinds.push((format!("at {place}"), text, trusting(|verifier| verifier)));
        }
    }
    let mut accepted = 0;
    for (name, text, verifier) in kinds {
        let report = explained(&Input::token(&text), &verifier).await;
        let failures = || report.checks().iter().filter(|check| check.outcome == Outcome::Failed);
        match verifier.verify(text.trim_end()).await {
            Ok(_) => {
                accepted += 1;
                assert_eq!(report.verdict(), &Verdict::Accepted, "{name}");
                assert_eq!((failures().count(), report.exit_status()), (0, 0), "{name}");
            }
            Err(VerificationError::Rejected(reason)) => {
                let found = failures().any(|check| check.invalid_token.as_ref() == Some(&reason));
                assert!(found, "{name}: {reason:?} is not among {:#?}", report.checks());
                assert_eq!(report.verdict(), &Verdict::Rejected(reason), "{name}");
                assert_eq!(report.exit_status(), 1, "{name}");
            }
            Err(unavailable) => panic!("{name}: {unavailable}"),
        }
    }
    assert!(accepted >= 3, "some must be valid: {accepted}");
}

#[actix_web::test]
async fn a_token_of_an_unknown_issuer_is_not_judged_by_the_audience_of_one_of_several() {
    let stranger = token().claim("iss", "https://stranger.example/").audience("other").encode();
    let outcome = |report: &Report| {
        let audience = report.checks().iter().find(|check| check.id == "audience");
        audience.map(|check| check.outcome)
    };
    let one = explained(&Input::token(&stranger), &trusting(|verifier| verifier)).await;
    assert_eq!(outcome(&one), Some(Outcome::Failed));
    let several = explained(&Input::token(&stranger), &trusting_two()).await;
    assert_eq!(outcome(&several), Some(Outcome::NotReached));
    assert_eq!(several.exit_status(), 1);
    let of_the_other = token().claim("iss", "https://second.example/").audience("other").encode();
    let accepted = explained(&Input::token(&of_the_other), &trusting_two()).await;
    assert_eq!(accepted.exit_status(), 0, "{:#?}", accepted.checks());
}

#[actix_web::test]
async fn every_failure_has_a_meaning_and_a_fix() {
    for kind in bad_tokens() {
        let report = explained(&Input::token(&kind.text), &kind.verifier).await;
        for check in report.checks().iter().filter(|check| check.outcome == Outcome::Failed) {
            for text in [&check.expected, &check.found, &check.meaning, &check.advice] {
                assert!(!text.is_empty(), "{}: {check:?}", kind.name);
            }
        }
    }
}

#[actix_web::test]
async fn no_claim_sends_control_characters_to_the_terminal() {
    let nasty = "\u{1b}[31m\u{202e}\u{9b}x\r\n";
    let spoilt = token()
        .claim("iss", nasty)
        .claim("aud", nasty)
        .claim(nasty, nasty)
        .claim("sub", serde_json::json!({nasty: nasty}))
        .header("kid", nasty)
        .header("typ", nasty)
        .header("alg", nasty)
        .encode();
    let report = explained(&Input::token(&spoilt), &trusting(|verifier| verifier)).await;
    let text = report.to_text(Color::Off);
    assert!(text.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{text}");
}

/// A claim that should grant something and is of another type is not an error, but grants nothing.
#[actix_web::test]
async fn a_grant_claim_of_the_wrong_type_is_pointed_at() {
    use actix_resource_server::testing::TestIssuer;
    use actix_resource_server::token::GrantClaims;
    use serde_json::json;

    use crate::test_app::AUDIENCE;

    let issuer = TestIssuer::start();
    let table: [(&str, serde_json::Value, &str, &str); 6] = [
        ("scp", json!(7), "scp is a number: it grants nothing", "SCOPE_CLAIM"),
        ("scp", json!({"a": 1}), "scp is an object: it grants nothing", "SCOPE_CLAIM"),
        ("permissions", json!(true), "permissions is a boolean: it grants nothing", "PERMISSIONS_"),
        (
            "realm_access",
            json!({"roles": {"a": 1}}),
            "realm_access.roles is an object",
            "ROLES_CLAIM",
        ),
        ("realm_access", json!({"roles": ["a", 1]}), "something other than strings", "ROLES_CLAIM"),
        ("realm_access", json!({"roles": ["a"]}), "", ""),
    ];
    for (claim, value, found, setting) in table {
        let grants =
            GrantClaims { roles: vec!["realm_access.roles".to_owned()], ..GrantClaims::default() };
        let builder = Verifier::builder().issuer(issuer.url()).audience(AUDIENCE).grants(grants);
        let verifier = builder.start().expect("a verifier");
        verifier.first_attempts().await;
        let token = issuer.token().audience(AUDIENCE).claim(claim, value).encode();
        let report = explained(&Input::token(&token), &verifier).await;
        assert_eq!(report.verdict(), &Verdict::Accepted);
        let checks = report.checks().iter();
        let check = checks.clone().find(|check| check.found.contains("it grants nothing"));
        assert_eq!(check.is_some(), !found.is_empty(), "{claim}");
        if let Some(check) = check {
            assert!(check.found.contains(found) && check.advice.contains(setting), "{check:?}");
        }
    }
}
