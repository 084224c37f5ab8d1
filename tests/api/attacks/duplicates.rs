//! Duplicate members: a value that one parser checks must not be overridden for another (RFC 7515
//! section 4, RFC 7519 section 4).

use crate::test_app::{AUDIENCE, TestApp};
use crate::verdict::{GOOD, MALFORMED, check};

#[actix_web::test]
async fn duplicates_in_the_header() {
    let app = TestApp::start().await;
    let kid = app.issuer.signing_key().id().to_owned();
    let table = [
        (r#"{"alg":"RS256","kid":"KID"}"#, GOOD),
        (r#"{"alg":"RS256","kid":"KID","alg":"RS256"}"#, MALFORMED),
        (r#"{"alg":"none","kid":"KID","alg":"RS256"}"#, MALFORMED),
        (r#"{"alg":"RS256","kid":"KID","\u0061lg":"none"}"#, MALFORMED),
        (r#"{"\u0061\u006c\u0067":"RS256","kid":"KID","alg":"RS256"}"#, MALFORMED),
        (r#"{"alg":"RS256","kid":"KID","kid":"other"}"#, MALFORMED),
        (r#"{"alg":"RS256","kid":"other","\u006bid":"KID"}"#, MALFORMED),
        (r#"{"alg":"RS256","kid":"KID","typ":"JWT","typ":"JWT"}"#, MALFORMED),
        (r#"{"alg":"RS256","kid":"KID","new":1,"new":1}"#, MALFORMED),
        // Similar names are different names.
        (r#"{"alg":"RS256","kid":"KID","Alg":"none","alg ":"none"}"#, GOOD),
    ];
    for (header, verdict) in table {
        let token = app.token().raw_header(header.replace("KID", &kid)).encode();
        check(&app, [(format!("RFC 7515 4: {header}"), token, verdict)]).await;
    }
}

#[actix_web::test]
async fn duplicates_in_the_claims() {
    let app = TestApp::start().await;
    let issuer = app.issuer.url().to_owned();
    let good = format!(r#""iss":"{issuer}","aud":"{AUDIENCE}","exp":9999999999,"sub":"s""#);
    let with = |more: &str| app.token().raw_claims(format!("{{{good}{more}}}")).encode();
    check(&app, [("RFC 7519 4: each once", with(""), GOOD)]).await;
    for claim in [
        r#""iss":"https://evil.example""#,
        r#""aud":"https://other.example""#,
        r#""exp":1"#,
        r#""sub":"admin""#,
        r#""sub":"s""#,
        r#""\u0069ss":"https://evil.example""#,
        r#""\u0065\u0078\u0070":1"#,
        r#""a\u0075d":["x"]"#,
        r#""scope":"","scope":"read:messages""#,
        r#""nbf":1,"nbf":9999999999"#,
        r#""new":null,"n\u0065w":null"#,
    ] {
        let after = with(&format!(",{claim}"));
        check(&app, [(format!("RFC 7519 4: {claim}"), after, MALFORMED)]).await;
    }
    // In either order.
    let before = format!(r#"{{"iss":"https://evil.example",{good}}}"#);
    let token = app.token().raw_claims(before).encode();
    check(&app, [("RFC 7519 4: the bad one first", token, MALFORMED)]).await;
}
