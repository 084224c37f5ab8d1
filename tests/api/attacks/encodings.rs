//! Alternative encodings of a token, and input that is not a signed JWT.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::test_app::TestApp;
use crate::verdict::{BAD_SIGNATURE, ENCRYPTED, GOOD, MALFORMED, OPAQUE, UNSIGNED, check};

/// RFC 7515 section 2, RFC 8725bis section 3.15: canonical base64url without padding.
#[actix_web::test]
async fn non_canonical_base64() {
    let app = TestApp::start().await;
    let good = app.token().claim("name", "\u{3ff}\u{3fe}~~~???>>>").encode();
    let parts: Vec<&str> = good.split('.').collect();
    check(&app, [("RFC 7515 2: unchanged", good.clone(), GOOD)]).await;
    for place in 0..3 {
        let with = |part: &str| {
            let mut parts = parts.clone();
            parts[place] = part;
            parts.join(".")
        };
        let part = parts[place];
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        let (head, last) = part.split_at(part.len() - 1);
        let (left, right) = part.split_at(part.len() / 2);
        let longer = if place == 2 { BAD_SIGNATURE } else { MALFORMED };
        let mut others = vec![
            ("one character more", format!("{part}A"), longer),
            ("one character less", head.to_owned(), MALFORMED),
            ("+ within", format!("{left}+{right}"), MALFORMED),
            ("/ within", format!("{left}/{right}"), MALFORMED),
            ("~ within", format!("{left}~{right}"), MALFORMED),
        ];
        if !bytes.len().is_multiple_of(3) {
            let bits = format!("{head}{}", neighbor(last));
            others.push(("bits that stand for nothing", bits, MALFORMED));
        }
        let standard = STANDARD_NO_PAD.encode(&bytes);
        if standard != part {
            others.push(("the standard alphabet", standard, MALFORMED));
        }
        for (kind, other, verdict) in others {
            check(&app, [(format!("RFC 7515 2: {kind} in part {place}"), with(&other), verdict)])
                .await;
        }
        // A token68 may end with padding (RFC 6750 section 2.1); a JWT may not.
        for (kind, other) in [
            ("=", format!("{part}=")),
            ("==", format!("{part}==")),
            ("= within", format!("{left}={right}")),
        ] {
            let answer = app.get_with_token("/api/private", &with(&other)).await;
            let is_token68 = place == 2 && kind != "= within";
            let (status, error) =
                if is_token68 { (401, "invalid_token") } else { (400, "invalid_request") };
            assert_eq!(answer.status, status, "RFC 7515 2: {kind} in part {place}");
            assert_eq!(answer.error().as_deref(), Some(error), "RFC 6750 3.1");
        }
    }
}

/// The next character of the alphabet, which differs in the last bit.
fn neighbor(last: &str) -> char {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = ALPHABET.find(last).expect("base64url");
    char::from(ALPHABET.as_bytes()[place ^ 1])
}

/// RFC 7519 section 7.2, RFC 7515 section 7.1, RFC 7516 section 7.1.
#[actix_web::test]
async fn input_that_is_not_a_signed_jwt() {
    let app = TestApp::start().await;
    let good = app.token().encode();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("three parts") };
    let encrypted = URL_SAFE_NO_PAD.encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
    let inner = app.token().header("cty", "JWT").raw_claims(good.clone()).encode();
    let text = app.token().raw_claims(format!("{good:?}")).encode();
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let table = [
        ("RFC 7516 7.1: encrypted", format!("{encrypted}.AA.AA.AA.AA"), ENCRYPTED),
        ("RFC 7516 7.1: encrypted with a good rest", format!("{good}.AA.AA"), ENCRYPTED),
        ("RFC 7516 7.1: five empty parts", "....".to_owned(), ENCRYPTED),
        ("RFC 7519 7.2: one part", claims.to_owned(), OPAQUE),
        ("RFC 7519 7.2: two parts", format!("{header}.{claims}"), MALFORMED),
        ("RFC 7519 7.2: four parts", format!("{good}.AA"), MALFORMED),
        ("RFC 7519 7.2: an empty part after it", format!("{good}."), MALFORMED),
        ("RFC 7519 7.2: an empty part before it", format!(".{good}"), MALFORMED),
        ("RFC 7519 7.2: six parts", format!("{good}.{good}"), MALFORMED),
        ("RFC 7519 7.2: three empty parts", "..".to_owned(), MALFORMED),
        ("RFC 7515 4: no header", format!(".{claims}.{signature}"), MALFORMED),
        ("RFC 7519 7.2: no claims", format!("{header}..{signature}"), MALFORMED),
        ("RFC 7797 5: detached", format!("{header}..{signature}"), MALFORMED),
        ("RFC 7519 6: unsigned", format!("{unsigned}.{claims}."), UNSIGNED),
        ("RFC 7519 5.2: nested", inner, MALFORMED),
        ("RFC 7519 7.2: a token as text", text, MALFORMED),
        ("RFC 7519 7.2: text", app.token().raw_claims("\"text\"").encode(), MALFORMED),
        ("RFC 7519 7.2: null", app.token().raw_claims("null").encode(), MALFORMED),
        ("RFC 7519 7.2: nothing", app.token().raw_claims("").encode(), MALFORMED),
        (
            "RFC 8259 8.1: a byte order mark",
            app.token().raw_claims("\u{feff}{}").encode(),
            MALFORMED,
        ),
    ];
    check(&app, table).await;
}

/// RFC 6750 section 2.1: characters that are invalid in any token.
#[actix_web::test]
async fn invalid_token_characters() {
    let app = TestApp::start().await;
    let good = app.token().encode();
    for character in ["{", "\"", ",", ";", "%2e", "\\", "\t", " ", "\u{e9}", "<"] {
        let token = good.replacen('.', &format!("{character}."), 1);
        let answer = app.get_with_token("/api/private", &token).await;
        assert_eq!(answer.status, 400, "RFC 6750 2.1: {character:?}");
        assert_eq!(answer.error().as_deref(), Some("invalid_request"), "RFC 6750 3.1");
    }
    // Spaces before the token are the grammar's `1*SP`; HTTP strips those after it.
    for token in [format!("  {good}"), format!("{good}  ")] {
        check(&app, [("RFC 6750 2.1", token, GOOD)]).await;
    }
    for token in [good.replace('.', "~"), good.replace('.', "_")] {
        check(&app, [("RFC 7519 7.2: other separators", token, OPAQUE)]).await;
    }
}
