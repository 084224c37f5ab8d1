//! Critical header extensions: none is supported, so none may be ignored.

use serde_json::json;

use crate::test_app::TestApp;
use crate::verdict::{EXTENSION, GOOD, MALFORMED, check};

#[actix_web::test]
async fn critical_extensions_are_rejected_in_any_form() {
    let app = TestApp::start().await;
    let table = [
        ("none named", json!([])),
        ("unknown", json!(["new"])),
        ("unknown extension", json!(["http://example.com/UNDEFINED"])),
        ("b64, which is registered", json!(["b64"])),
        ("one that names no extension", json!(["alg"])),
        ("twice", json!(["exp", "exp"])),
        ("an empty name", json!([""])),
        ("text", json!("exp")),
        ("null", json!(null)),
        ("number", json!(1)),
        ("object", json!({"exp": true})),
        ("false", json!(false)),
        ("numbers", json!([1])),
    ];
    for (kind, value) in table {
        let token = app.token().header("crit", value).header("exp", 1).header("new", 1).encode();
        check(&app, [(format!("RFC 7515 4.1.11: {kind}"), token, EXTENSION)]).await;
    }
    let kid = app.issuer.signing_key().id().to_owned();
    let escaped = format!(r#"{{"alg":"RS256","kid":"{kid}","\u0063rit":["exp"],"exp":1}}"#);
    let token = app.token().raw_header(escaped).encode();
    check(&app, [("RFC 7515 4.1.11: by its escaped name", token, EXTENSION)]).await;
}

#[actix_web::test]
async fn b64_is_rejected_and_non_critical_parameters_are_ignored() {
    let app = TestApp::start().await;
    let token = || app.token();
    check(
        &app,
        [
            ("RFC 7797 7: false", token().header("b64", false).encode(), EXTENSION),
            ("RFC 7797 7: true", token().header("b64", true).encode(), EXTENSION),
            ("RFC 7797 7: null", token().header("b64", json!(null)).encode(), EXTENSION),
            (
                "RFC 7797 6: with crit",
                token().header("b64", false).header("crit", json!(["b64"])).encode(),
                EXTENSION,
            ),
            ("RFC 7515 4: unknown", token().header("new", json!({"a": 1})).encode(), GOOD),
            ("RFC 7516 4.1.3: of encryption only", token().header("zip", "DEF").encode(), GOOD),
            ("RFC 7519 5.2: nested", token().header("cty", "JWT").encode(), MALFORMED),
            ("RFC 7519 5.2: nested", token().header("cty", "application/jwt").encode(), MALFORMED),
        ],
    )
    .await;
}
