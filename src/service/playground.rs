//! The playground: a web page, served by `dev` at the test issuer, that makes tokens and calls
//! the API with them.
//!
//! The page has an origin of its own, so `dev` allows it by CORS to call the API. Everything it
//! offers is derived from the route table.

mod description;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Data, Query, ServiceConfig};
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use serde::Deserialize;

use self::description::Description;
use super::settings::{Origin, Settings};
use crate::access::RouteTable;

const PAGE: &str = include_str!("playground/page.html");

/// Assets of the page: path, media type, content.
const PARTS: [(&str, &str, &str); 8] = [
    ("/playground/page.css", "text/css; charset=utf-8", include_str!("playground/page.css")),
    ("/playground/icon.svg", "image/svg+xml", include_str!("playground/icon.svg")),
    ("/playground/page.js", SCRIPT, include_str!("playground/page.js")),
    ("/playground/elements.js", SCRIPT, include_str!("playground/elements.js")),
    ("/playground/token.js", SCRIPT, include_str!("playground/token.js")),
    ("/playground/calls.js", SCRIPT, include_str!("playground/calls.js")),
    ("/playground/answer.js", SCRIPT, include_str!("playground/answer.js")),
    ("/playground/dpop.js", SCRIPT, include_str!("playground/dpop.js")),
];

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The playground of one API.
#[derive(Debug, Clone)]
pub(super) struct Playground {
    description: Description,
}

/// The API's address if it differs from its own view, behind a mapped port for instance.
#[derive(Debug, Deserialize)]
struct Elsewhere {
    api: Option<String>,
}

impl Playground {
    /// Creates the playground for the API at `api`, with these settings and routes, and for tokens
    /// of `issuer`.
    pub(super) fn new(api: &str, issuer: &str, settings: &Settings, table: &RouteTable) -> Self {
        // No content security policy can name an IPv6 address (CSP 3 section 2.3.1).
        let api = api.replace("[::1]", "localhost");
        Self { description: Description::of(api, issuer, settings, table) }
    }

    /// Adds the page to the server of the test issuer.
    pub(super) fn configure(&self, config: &mut ServiceConfig) {
        config
            .app_data(Data::new(self.description.clone()))
            .route("/", web::get().to(page))
            .route("/playground/description.json", web::get().to(description));
        for (path, media_type, text) in PARTS {
            let part = move || async move { answer(media_type).body(text) };
            config.route(path, web::get().to(part));
        }
    }
}

/// Serves the page. Its content security policy allows loading from its own server and calling that
/// server and the API, whatever a token or a response contains.
async fn page(description: Data<Description>, elsewhere: Query<Elsewhere>) -> HttpResponse {
    let api = match &elsewhere.api {
        None => description.api(),
        Some(text) if is_source(text) => text,
        Some(_) => {
            let advice = "api must be the API's origin, such as http://127.0.0.1:3010; use a host name \
                          instead of an IPv6 address";
            return HttpResponse::BadRequest()
                .content_type("text/plain; charset=utf-8")
                .body(advice);
        }
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' {api}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'"
    );
    answer("text/html; charset=utf-8").insert_header((CONTENT_SECURITY_POLICY, policy)).body(PAGE)
}

async fn description(description: Data<Description>) -> HttpResponse {
    answer("application/json").json(description)
}

/// Whether the text is an origin that a content security policy can express. A host may contain
/// characters such as `;` that would start another directive, and CSP has no IPv6 addresses.
fn is_source(text: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || ":/.-".contains(c);
    text.parse::<Origin>().is_ok() && text.chars().all(harmless)
}

fn answer(media_type: &'static str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, media_type))
        // Another build may serve another page.
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_origin_gets_into_the_content_security_policy() {
        for (text, good) in [
            ("http://127.0.0.1:8080", true),
            ("https://api.example", true),
            ("http://[::1]:3010", false),
            ("http://127.0.0.1:8080/", false),
            ("http://127.0.0.1:8080/path", false),
            ("http://a.example;script-src", false),
            ("http://a.example,b.example", false),
            ("'unsafe-inline'", false),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(is_source(text), good, "{text}");
        }
    }
}
