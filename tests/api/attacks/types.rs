//! Every registered claim and header parameter with every JSON type.

use crate::test_app::{AUDIENCE, TestApp};
use crate::verdict::{
    BOUND_SOMEHOW, EXPIRED, FROM_THE_FUTURE, GOOD, MALFORMED, MISTYPED, NO_ACCESS_TOKEN,
    NOT_ACCEPTED, NOT_YET_VALID, OTHER_AUDIENCE, OTHER_ISSUER, UNKNOWN_KEY, Verdict, check,
};

/// One value of each type; the last five are grammatically valid JSON that cannot be represented.
fn values() -> [String; 18] {
    let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
    [
        "null".into(),
        "true".into(),
        "0".into(),
        "-1".into(),
        "1e308".into(),
        r#""""#.into(),
        r#""x""#.into(),
        r#""9999999999""#.into(),
        "[]".into(),
        r#"["x"]"#.into(),
        r#"["x",1]"#.into(),
        r#"{"x":["x"]}"#.into(),
        r#"[["x"]]"#.into(),
        "1e999".into(),
        "-1e999".into(),
        r#""\ud800""#.into(),
        r#"{"x":"\udc00\ud800"}"#.into(),
        deep,
    ]
}

/// Verdicts on [`values`]: null and true; 0, -1 and 1e308; strings; an empty array and an array of
/// strings; all other arrays and objects.
fn verdicts(
    [null, number, huge, text, texts, other]: [Verdict; 6],
) -> impl Iterator<Item = Verdict> {
    let readable =
        [null, null, number, number, huge, text, text, text, texts, texts, other, other, other];
    readable.into_iter().chain([MALFORMED; 5])
}

#[actix_web::test]
async fn claim_types() {
    let app = TestApp::start().await;
    let good = [
        ("iss", format!("{:?}", app.issuer.url())),
        ("aud", format!("{AUDIENCE:?}")),
        ("exp", "9999999999".to_owned()),
    ];
    let text = [MISTYPED, MISTYPED, MISTYPED, GOOD, MISTYPED, MISTYPED];
    let date = |past, huge| [MISTYPED, past, huge, MISTYPED, MISTYPED, MISTYPED];
    let table = [
        ("iss", "RFC 7519 4.1.1", [MISTYPED, MISTYPED, MISTYPED, OTHER_ISSUER, MISTYPED, MISTYPED]),
        ("sub", "RFC 7519 4.1.2", text),
        (
            "aud",
            "RFC 7519 4.1.3",
            [MISTYPED, MISTYPED, MISTYPED, OTHER_AUDIENCE, OTHER_AUDIENCE, MISTYPED],
        ),
        ("exp", "RFC 7519 4.1.4", date(EXPIRED, GOOD)),
        ("nbf", "RFC 7519 4.1.5", date(GOOD, NOT_YET_VALID)),
        ("iat", "RFC 7519 4.1.6", date(GOOD, FROM_THE_FUTURE)),
        ("jti", "RFC 7519 4.1.7", text),
        ("client_id", "RFC 9068 2.2", text),
        ("scope", "RFC 8693 4.2", [MISTYPED, MISTYPED, MISTYPED, GOOD, GOOD, MISTYPED]),
        // With any value, it means that the token is bound.
        ("cnf", "RFC 7800 3.1", [BOUND_SOMEHOW; 6]),
        // Not registered: a value other than a list of strings grants nothing.
        ("permissions", "RFC 7519 4.3", [GOOD; 6]),
        ("unknown", "RFC 7519 4", [GOOD; 6]),
    ];
    for (claim, section, row) in table {
        for (value, verdict) in values().iter().zip(verdicts(row)) {
            // Some issuers write null where there are no scopes.
            let verdict = if claim == "scope" && value == "null" { GOOD } else { verdict };
            let others = good.iter().filter(|(name, _)| *name != claim);
            let members: Vec<String> = others
                .map(|(name, value)| format!("{name:?}:{value}"))
                .chain([format!("{claim:?}:{value}")])
                .collect();
            let token = app.token().raw_claims(format!("{{{}}}", members.join(","))).encode();
            check(&app, [(format!("{section}: {claim} {value:.40}"), token, verdict)]).await;
        }
    }
}

#[actix_web::test]
async fn header_parameter_types() {
    let app = TestApp::start().await;
    let kid = app.issuer.signing_key().id().to_owned();
    let good = [("alg", r#""RS256""#.to_owned()), ("kid", format!("{kid:?}"))];
    let text = |verdict| [MALFORMED, MALFORMED, MALFORMED, verdict, MALFORMED, MALFORMED];
    let table = [
        ("alg", "RFC 7515 4.1.1", text(NOT_ACCEPTED)),
        ("kid", "RFC 7515 4.1.4", text(UNKNOWN_KEY)),
        ("typ", "RFC 7515 4.1.9", text(NO_ACCESS_TOKEN)),
        ("cty", "RFC 7515 4.1.10", text(GOOD)),
        ("jwk", "RFC 7515 4.1.3", [GOOD; 6]),
        ("x5c", "RFC 7515 4.1.6", [GOOD; 6]),
        ("x5t", "RFC 7515 4.1.7", [GOOD; 6]),
        ("x5t#S256", "RFC 7515 4.1.8", [GOOD; 6]),
        ("unknown", "RFC 7515 4", [GOOD; 6]),
        // RFC 7519 section 5.3: the claim has a different value or type.
        ("iss", "RFC 7519 5.3", [MALFORMED; 6]),
    ];
    for (name, section, row) in table {
        for (value, verdict) in values().iter().zip(verdicts(row)) {
            let others = good.iter().filter(|(other, _)| *other != name);
            let members: Vec<String> = others
                .map(|(name, value)| format!("{name:?}:{value}"))
                .chain([format!("{name:?}:{value}")])
                .collect();
            let token = app.token().raw_header(format!("{{{}}}", members.join(","))).encode();
            check(&app, [(format!("{section}: {name} {value:.40}"), token, verdict)]).await;
        }
    }
}
