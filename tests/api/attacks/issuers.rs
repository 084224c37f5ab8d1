//! Issuer identifiers that are almost right, and keys of one issuer used in the name of another.

use actix_resource_server::testing::{SigningKey, TestIssuer};
use actix_resource_server::token::Algorithm;

use crate::test_app::{AUDIENCE, TestApp};
use crate::verdict::{BAD_SIGNATURE, GOOD, OTHER_ISSUER, UNKNOWN_KEY, check};

/// RFC 7519 section 7.3: code-point comparison without normalization.
#[actix_web::test]
async fn similar_issuer_identifiers_are_different() {
    let issuer = TestIssuer::builder().path("/tenant").start().expect("an issuer");
    let app = TestApp::with_issuer(issuer).await;
    let name = app.issuer.url().to_owned();
    let token = |name: &str| app.token().claim("iss", name).encode();
    check(&app, [("RFC 7519 7.3: unchanged", token(&name), GOOD)]).await;
    let (origin, port) = name
        .strip_suffix("/tenant")
        .and_then(|origin| origin.rsplit_once(':').map(|(_, port)| (origin, port)))
        .expect("an address");
    let table = [
        ("slash", format!("{name}/")),
        ("two slashes", format!("{name}//")),
        ("suffix", format!("{name}.evil.example")),
        ("longer path", format!("{name}/evil")),
        ("longer name", format!("{name}2")),
        ("prefix", name.trim_end_matches('t').to_owned()),
        ("no path", origin.to_owned()),
        ("case of the scheme", name.replace("http", "HTTP")),
        ("case of the path", name.replace("tenant", "Tenant")),
        ("another scheme", name.replace("http", "https")),
        ("another name of the host", name.replace("127.0.0.1", "localhost")),
        ("the host as a number", name.replace("127.0.0.1", "2130706433")),
        ("the host cut short", name.replace("127.0.0.1", "127.1")),
        ("user name", name.replace("http://", "http://user@")),
        ("the issuer as user name", format!("{}@evil.example/tenant", origin)),
        ("port with a zero", name.replace(port, &format!("0{port}"))),
        ("dot segments", name.replace("/tenant", "/other/../tenant")),
        ("percent", name.replace("/tenant", "/%74enant")),
        ("backslash", name.replace("/tenant", "\\tenant")),
        ("query", format!("{name}?a")),
        ("fragment", format!("{name}#a")),
        ("space before", format!(" {name}")),
        ("space after", format!("{name} ")),
        ("line break", format!("{name}\n")),
        ("NUL", format!("{name}\0")),
        ("zero width joiner", name.replace("tenant", "ten\u{200d}ant")),
        ("Cyrillic e", name.replace("tenant", "t\u{435}nant")),
        ("full-width t", name.replace("tenant", "\u{ff54}enant")),
        ("soft hyphen", name.replace("tenant", "ten\u{ad}ant")),
        ("right-to-left override", format!("\u{202e}{name}")),
        ("two in one", format!("{name},https://evil.example")),
        ("empty", String::new()),
    ];
    for (kind, other) in table {
        assert_ne!(other, name, "{kind}");
        check(&app, [(format!("RFC 7519 7.3: {kind}"), token(&other), OTHER_ISSUER)]).await;
    }
}

/// RFC 8725 section 3.8: an issuer's keys verify only that issuer's tokens.
#[actix_web::test]
async fn keys_verify_only_their_issuers_tokens() {
    let second = TestIssuer::start();
    let second_url = second.url().to_owned();
    let app = TestApp::with_verifier(TestIssuer::start(), |verifier| verifier.issuer(second_url));
    let app = app.await;
    let (ours, theirs) = (app.issuer.signing_key(), SigningKey::generate(Algorithm::Rs256));
    second.publish(theirs.clone());
    let own = second.token_with(&theirs).audience(AUDIENCE);
    let name = app.issuer.url().to_owned();
    check(
        &app,
        [
            ("their own token", own.clone().encode(), GOOD),
            ("their kid, our name", own.clone().claim("iss", name.clone()).encode(), UNKNOWN_KEY),
            (
                "our kid, our name, their signature",
                own.clone().claim("iss", name).header("kid", ours.id()).encode(),
                BAD_SIGNATURE,
            ),
            ("our kid, their name", own.header("kid", ours.id()).encode(), UNKNOWN_KEY),
            (
                "our key and kid, their name",
                app.token().claim("iss", second.url()).encode(),
                UNKNOWN_KEY,
            ),
            (
                "a stranger's name, and a stranger's good signature",
                app.token().claim("iss", "https://evil.example/").signed_by(&theirs).encode(),
                OTHER_ISSUER,
            ),
        ],
    )
    .await;
}
