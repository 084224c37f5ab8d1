//! User journeys on the playground page.

use std::future::Future;
use std::pin::Pin;
use std::process::Command;

use actix_resource_server::service::routes;
use actix_resource_server::testing::Defect;
use serde_json::{Value, json};

use crate::page::{Page, Shown};

type Journey = fn(Page) -> Pin<Box<dyn Future<Output = ()>>>;

macro_rules! journeys {
    ($($name:ident,)+) => {
        /// All journeys, by name.
        pub(crate) const JOURNEYS: [(&str, Journey); [$(stringify!($name)),+].len()] =
            [$((stringify!($name), |page| Box::pin($name(page)))),+];
    };
}

journeys! {
    the_page_shows_the_derived_route_table,
    without_a_token_only_what_is_public_answers,
    a_token_is_made_and_read_and_opens_what_it_should,
    a_ticked_scope_opens_the_scoped_route,
    each_defect_is_rejected_and_explained,
    a_pasted_token_is_used_as_it_is,
    a_bound_token_needs_a_new_proof_for_each_call,
    an_invalid_token_request_is_explained,
    the_api_may_be_at_another_address,
    no_other_page_may_call,
    everything_fits_and_can_be_read_and_named,
}

async fn the_page_shows_the_derived_route_table(page: Page) {
    page.open().await;
    let rows = "return [...document.querySelectorAll('.route')]\
                .map(row => [row.dataset.route, row.querySelector('.policy').innerText])";
    let shown = page.browser.script(rows).await;
    // The default audience of `dev` is a resource identifier.
    let identifier = "http://localhost:3010".parse().expect("an identifier");
    let table = routes(Some(&identifier)).table();
    let derived: Vec<Value> = table
        .iter()
        .map(|entry| json!([format!("{} {}", entry.method, entry.path), entry.policy.to_string()]))
        .collect();
    assert_eq!(shown, Value::Array(derived));
    let offered = "return [...document.querySelectorAll('[name=scope]')].map(box => box.value)";
    assert_eq!(page.browser.script(offered).await, json!(table.scopes()));
    page.assert_no_surprise().await;
}

async fn without_a_token_only_what_is_public_answers(page: Page) {
    page.open().await;
    let public = page.call("/api/public").await;
    assert_eq!(public.status, "200 OK");
    assert_eq!(public.words, "Anyone may call this route.");
    assert!(public.body.contains("Hello from a public endpoint!"), "{public:?}");

    let private = page.call("/api/private").await;
    assert_eq!(private.status, "401 Unauthorized");
    let asks = "The API requires an access token, and the request had none.";
    assert_eq!(private.words, asks, "RFC 6750 3.1");
    assert!(private.fields.contains("Bearer realm=\"api\""), "{private:?}");
    assert_eq!(private.curl, format!("curl -i {}/api/private", page.dev.api()));

    let scoped = page.call("/api/private-scoped").await;
    assert_eq!(scoped.status, "401 Unauthorized");
    assert_eq!(scoped.words, format!("{asks}\nIt needs the scope read:messages."));
    assert_eq!(curl_status(&scoped), Some(401));
    page.assert_no_surprise().await;
}

async fn a_token_is_made_and_read_and_opens_what_it_should(page: Page) {
    page.open().await;
    page.browser.enter("#subject", "auth0|somebody").await;
    page.make_token().await;
    assert_eq!(page.decoded("sub").await, "auth0|somebody\nsubject: the user or client");
    assert_eq!(page.decoded("alg").await, "RS256\nsignature algorithm");
    let ends = page.decoded("exp").await;
    assert!(ends.contains("expires in 59 min") || ends.contains("expires in 1 h"), "{ends}");
    assert_eq!(page.decoded("scope").await, "");

    let private = page.call("/api/private").await;
    assert_eq!(private.status, "200 OK");
    assert!(private.fields.contains("no-store"), "{private:?}");
    assert!(private.fields.contains("x-request-id"), "{private:?}");

    let scoped = page.call("/api/private-scoped").await;
    assert_eq!(scoped.status, "403 Forbidden");
    assert!(
        scoped.words.starts_with("The token is valid but does not grant access to this route.")
    );
    let lacks = "The route requires the scope read:messages; the token has no scope.";
    assert!(scoped.words.contains(lacks), "RFC 6750 3.1: {scoped:?}");
    assert_eq!(curl_status(&scoped), Some(403));

    page.make_token().await;
    let sent_with = "[...document.querySelectorAll('.sent-with')].map(e => e.innerText).join()";
    assert_eq!(page.text(sent_with).await, "with an earlier token,with an earlier token");

    page.browser.click("#forget").await;
    assert_eq!(page.call("/api/private").await.status, "401 Unauthorized");
    page.assert_no_surprise().await;
}

async fn a_ticked_scope_opens_the_scoped_route(page: Page) {
    page.open().await;
    page.browser.click("[name=scope][value='read:messages']").await;
    page.make_token().await;
    assert!(page.decoded("scope").await.starts_with("read:messages\n"));
    let scoped = page.call("/api/private-scoped").await;
    assert_eq!(scoped.status, "200 OK");
    let has = "The token is valid and satisfies the route's policy: scope read:messages.";
    assert_eq!(scoped.words, has);
    let (api, issuer) = (page.dev.api(), page.dev.page());
    let line = format!(
        "curl -i -H \"Authorization: Bearer $(curl -s '{issuer}/token?scope=read:messages')\" \
         {api}/api/private-scoped"
    );
    assert_eq!(scoped.curl, line);
    assert_eq!(curl_status(&scoped), Some(200));
    page.assert_no_surprise().await;
}

async fn each_defect_is_rejected_and_explained(page: Page) {
    page.open().await;
    let table = [
        ("expired", "the access token has expired.\nexp: expired 1 h"),
        ("not-yet-valid", "the access token is not valid yet.\nnbf: becomes valid in "),
        ("wrong-issuer", "not accepted.\nIts issuer is https://another-issuer.example/; the API"),
        (
            "wrong-audience",
            "another audience.\nIts audience is https://another-api.example; the API expects",
        ),
        ("unknown-key", "signed with a key that is not known.\nIssuer, audience and times look"),
        ("broken-signature", "access token is not valid.\nIssuer, audience and times look right"),
        ("alg-none", "the access token is not signed.\nIt has no signature."),
    ];
    assert_eq!(table.map(|(name, _)| name), Defect::ALL.map(Defect::name));
    for (name, words) in table {
        page.choose_defect(name).await;
        page.make_token().await;
        let answer = page.call("/api/private").await;
        assert_eq!(answer.status, "401 Unauthorized", "{name}");
        assert!(answer.words.starts_with("The API rejected the token: "), "{answer:?}");
        assert!(answer.words.contains(words), "{name}: {answer:?}");
        assert!(answer.fields.contains("error=\"invalid_token\""), "{name}: {answer:?}");
        assert!(answer.curl.contains(&format!("/token?defect={name}')")), "{answer:?}");
        assert_eq!(curl_status(&answer), Some(401), "{name}");
    }
    assert_eq!(page.decoded("alg").await, "none\nnot signed");
    assert_eq!(page.call("/api/public").await.status, "200 OK", "a public route checks no token");
    page.assert_no_surprise().await;
}

async fn a_pasted_token_is_used_as_it_is(page: Page) {
    page.open().await;
    page.browser.enter("#token", "opaque-reference").await;
    let words = page.text("document.querySelector('#decoded').innerText").await;
    assert!(words.contains("an opaque token"), "{words}");
    let answer = page.call("/api/private").await;
    assert_eq!(answer.status, "401 Unauthorized");
    assert!(answer.words.contains("the access token is opaque"), "{answer:?}");
    let header = "-H 'Authorization: Bearer opaque-reference'";
    assert_eq!(answer.curl, format!("curl -i {header} {}/api/private", page.dev.api()));
    assert_eq!(curl_status(&answer), Some(401));
    page.assert_no_surprise().await;
}

async fn a_bound_token_needs_a_new_proof_for_each_call(page: Page) {
    page.open().await;
    page.browser.click("#bind").await;
    page.make_token().await;
    assert!(page.decoded("cnf").await.contains("bound to the sender's key"));
    for _ in 0..2 {
        let answer = page.call("/api/private").await;
        assert_eq!(answer.status, "200 OK", "RFC 9449 7.1: {answer:?}");
        assert!(answer.curl.contains("-H 'DPoP: ey"), "{answer:?}");
    }
    let proof = page.text("document.querySelector('.proof').innerText").await;
    for member in ["\"typ\": \"dpop+jwt\"", "\"htm\": \"GET\"", "/api/private\"", "\"ath\": \""] {
        assert!(proof.contains(member), "RFC 9449 4.2: {proof}");
    }

    page.browser.click("[data-route='GET /api/private'] .replay").await;
    page.browser.wait_until("document.querySelector('.status')?.innerText.startsWith('401')").await;
    let words = page.text("document.querySelector('.words').innerText").await;
    assert!(words.starts_with("The API rejected the proof: "), "RFC 9449 11.1: {words}");

    // The token alone is worth nothing.
    let token = page.text("document.querySelector('#token').value").await;
    page.browser.click("#forget").await;
    page.browser.enter("#token", &token).await;
    assert_eq!(page.call("/api/private").await.status, "401 Unauthorized", "RFC 9449 7.2");
    page.assert_no_surprise().await;
}

async fn an_invalid_token_request_is_explained(page: Page) {
    page.open().await;
    page.browser.enter("#lifetime", "99999999999999999999").await;
    // The console rightly reports the 400; this checks what the page shows.
    page.browser.click("#maker [type=submit]").await;
    page.browser.wait_until("!document.querySelector('#notice').hidden").await;
    let notice = page.text("document.querySelector('#notice').innerText").await;
    assert_eq!(notice, "The issuer did not issue a token: lifetime must be a number of seconds.");
    page.browser.log("browser").await;
}

async fn the_api_may_be_at_another_address(page: Page) {
    let elsewhere = page.dev.api().replace("127.0.0.1", "localhost");
    page.open_with(&format!("?api={elsewhere}")).await;
    let answer = page.call("/api/public").await;
    assert_eq!(answer.status, "200 OK");
    assert_eq!(answer.curl, format!("curl -i {elsewhere}/api/public"));
    page.browser.log("performance").await;

    // A pasted token stays here: a link with `?api=` could send it to anyone.
    page.browser.enter("#token", "pasted-token").await;
    assert_eq!(page.text("document.querySelector('#token').value").await, "");
    let notice = page.text("document.querySelector('#notice').innerText").await;
    let sent_to = format!("Pasted tokens are not sent to {elsewhere}, because");
    assert!(notice.starts_with(&sent_to), "{notice}");
    let answer = page.call("/api/private").await;
    assert_eq!(answer.status, "401 Unauthorized");
    assert!(!answer.curl.contains("pasted-token"), "{answer:?}");
    page.make_token().await;
    assert_eq!(page.call("/api/private").await.status, "200 OK", "its own tokens are toys");
    page.browser.log("browser").await;
    page.browser.log("performance").await;

    // Nothing listens there: the page says so.
    page.open_with("?api=http://127.0.0.1:9").await;
    let nobody = page.call("/api/public").await;
    assert_eq!(nobody.status, "No answer");
    assert!(nobody.words.contains("Either the API is not running there"), "{nobody:?}");
    page.browser.log("browser").await;
    page.browser.log("performance").await;

    let bad = format!("{}/?api=http://a.example;script-src", page.dev.page());
    let answer = awc::Client::default().get(bad).send().await.expect("an answer");
    assert_eq!(answer.status(), 400);
    assert!(!answer.headers().contains_key("content-security-policy"));
}

async fn no_other_page_may_call(page: Page) {
    for (origin, allowed) in [(page.dev.page(), true), ("http://page.example", false)] {
        let answer = awc::Client::default()
            .options(format!("{}/api/private", page.dev.api()))
            .insert_header(("origin", origin))
            .insert_header(("access-control-request-method", "GET"))
            .insert_header(("access-control-request-headers", "authorization"))
            .send()
            .await
            .expect("an answer");
        let permission = answer.headers().get("access-control-allow-origin");
        let expected = allowed.then_some(origin.as_bytes());
        assert_eq!(permission.map(|value| value.as_bytes()), expected, "Fetch 4.8: {origin}");
    }
}

async fn everything_fits_and_can_be_read_and_named(page: Page) {
    for scheme in ["light", "dark"] {
        for (width, height) in [(390, 844), (1280, 900)] {
            let size = json!({
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
            });
            page.browser.developer_tool("Emulation.setDeviceMetricsOverride", size).await;
            let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            page.browser.developer_tool("Emulation.setEmulatedMedia", media).await;
            page.open().await;
            page.choose_defect("expired").await;
            page.make_token().await;
            for path in ["/.well-known/oauth-protected-resource", "/api/public", "/api/private"] {
                page.call(path).await;
            }
            let faults = page.browser.script(include_str!("faults.js")).await;
            assert_eq!(faults, json!([]), "{scheme}, {width} px wide");
        }
    }
    page.browser.developer_tool("Emulation.clearDeviceMetricsOverride", json!({})).await;
    page.assert_no_surprise().await;
}

/// The status that the curl command gets, or the one shown where curl is not installed.
fn curl_status(shown: &Shown) -> Option<u16> {
    if Command::new("curl").arg("--version").output().is_err() {
        return shown.status.split(' ').next()?.parse().ok();
    }
    let output = Command::new("sh").args(["-c", &shown.curl]).output().expect("a shell");
    let answer = String::from_utf8(output.stdout).expect("text");
    answer.split(' ').nth(1)?.parse().ok()
}
