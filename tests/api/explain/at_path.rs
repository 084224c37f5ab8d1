//! `explain` for one path: which words of each route's policy are met.

use actix_resource_server::service::Color;
use actix_resource_server::service::explain::{Context, Input, Report, explain};
use actix_resource_server::testing::TokenMaker;
use actix_resource_server::{
    AnyOf, Authorized, Claims, InRole, Public, Routes, authentication, roles, rules, scopes,
};
use serde_json::{Value, json};

use super::kinds::{token, trusting};
use super::ok;

scopes! { ReadNotes = "notes:read"; WriteNotes = "notes:write"; }
roles! { Admin = "admin"; }
rules! { OwnTenant = path "tenant" equals claim "org_id"; }
authentication! { SecondFactor = acr "phr", max_age 300; }

type Write = Authorized<(OwnTenant, WriteNotes, SecondFactor)>;

fn routes() -> Routes {
    Routes::new()
        .get("/tenants/{tenant}/notes", ok::<Authorized<(OwnTenant, ReadNotes)>>)
        .post("/tenants/{tenant}/notes", ok::<Write>)
        .delete("/tenants/{tenant}/notes", ok::<Authorized<AnyOf<(OwnTenant, Admin)>>>)
        .get("/tenants/all/notes", ok::<InRole<Admin>>)
        .get("/health", ok::<Public>)
        .get("/me", ok::<Claims>)
}

async fn report(token: TokenMaker, path: &str) -> Report {
    let verifier = trusting(|verifier| verifier);
    let table = routes().table();
    let context = Context::new(&verifier, &table).at_path(path);
    explain(&Input::token(&token.encode()), &context).await
}

/// Method, whether it opens, and the words with whether they are met.
type Judged = (String, bool, Vec<(String, bool)>);

fn summary(report: &Report) -> Vec<Judged> {
    let document = report.to_json();
    let routes = document["routes"].as_array().cloned().unwrap_or_default();
    let word = |word: &Value| {
        let text = word["word"].as_str().unwrap_or_default().to_owned();
        (text, word["is_met"] == true)
    };
    let route = |route: &Value| {
        let words = route["words"].as_array().into_iter().flatten().map(word).collect();
        let method = route["method"].as_str().unwrap_or_default().to_owned();
        (method, route["opens"] == true, words)
    };
    routes.iter().map(route).collect()
}

#[actix_web::test]
async fn each_word_is_judged_on_the_given_path() {
    const OWN: &str = "rule OwnTenant (path \"tenant\" equals claim \"org_id\")";
    let maker = || token().claim("org_id", "42").scope("notes:read notes:write");
    let words = |list: &[(&str, bool)]| {
        list.iter().map(|(word, is_met)| ((*word).to_owned(), *is_met)).collect::<Vec<_>>()
    };
    let all = |own: bool| {
        vec![
            ("DELETE".to_owned(), own, words(&[(OWN, own), ("role admin", false)])),
            ("GET".to_owned(), own, words(&[(OWN, own), ("scope notes:read", true)])),
            (
                "POST".to_owned(),
                false,
                words(&[
                    (OWN, own),
                    ("scope notes:write", true),
                    ("authentication SecondFactor", false),
                ]),
            ),
        ]
    };
    for (path, own) in [
        ("/tenants/42/notes", true),
        ("/tenants/%34%32/notes", true),
        ("/tenants/43/notes", false),
        ("/tenants/%2534%32/notes", false),
    ] {
        let report = report(maker(), path).await;
        assert_eq!(summary(&report), all(own), "{path}");
        assert_eq!(report.to_json()["path"], json!(path));
    }
    let specific = report(maker(), "/tenants/all/notes").await;
    let admin = ("GET".to_owned(), false, words(&[("role admin", false)]));
    assert_eq!(summary(&specific), [admin], "the most specific path decides");
    for path in ["/tenants/42/notes/", "/tenants/42", "/TENANTS/42/notes", "no path"] {
        let report = report(maker(), path).await;
        assert_eq!(summary(&report), [], "{path}");
        assert!(report.to_text(Color::Off).contains("no route has the path"), "{path}");
    }
}

#[actix_web::test]
async fn text_tells_met_and_unmet_words() {
    let maker = token().claim("org_id", "42").scope("notes:read notes:write");
    let text = report(maker, "/tenants/42/notes").await.to_text(Color::Off);
    let routes = text.split_once("Routes\n").map_or("", |(_, routes)| routes);
    let expected = [
        "POST    /tenants/{tenant}/notes",
        "met     rule OwnTenant (path \"tenant\" equals claim \"org_id\"), scope notes:write",
        "not met authentication SecondFactor",
        "fix     have the user sign in again: send acr_values=phr&max_age=300",
    ];
    for line in expected {
        assert!(routes.contains(line), "{line}\n{routes}");
    }
    let rejected = report(token().expires_in(-60), "/tenants/42/notes").await;
    let words = summary(&rejected).into_iter().all(|(_, opens, words)| !opens && words.is_empty());
    assert!(words, "without a verified token no word is judged");
}
