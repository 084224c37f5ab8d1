//! Guards in an existing Actix application with state, bodies, path parameters and middleware.
//!
//! Run it with your own issuer, or with the test issuer of `cargo run -- dev --port 3020`. It listens on
//! `127.0.0.1:3010`.
//!
//! ```sh
//! ISSUER=https://tenant.eu.auth0.com/ AUDIENCE=https://api.example cargo run --example existing_app
//! ISSUER=http://127.0.0.1:3011/ AUDIENCE=http://localhost:3010 cargo run --example existing_app
//! ```
//!
//! Its tests need no issuer: `cargo test --example existing_app`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use actix_resource_server::verifier::Verifier;
use actix_resource_server::{
    Authorized, Claims, Maybe, ProtectedResource, Public, Routes, Scoped, rules, scopes,
};
use actix_web::middleware::Logger;
use actix_web::web::{Data, Json, Path, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, Responder, get};
use serde::{Deserialize, Serialize};

scopes! {
    /// Read the messages of the caller's organization.
    pub ReadMessages = "read:messages";
    /// Write messages.
    pub WriteMessages = "write:messages";
}

rules! {
    /// One of the moderators.
    pub Moderator = claim "https://messages.example/roles" includes "moderator";
}

/// Claims that this application uses in addition to the standard ones.
#[derive(Debug, Clone, Deserialize)]
struct Member {
    org_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
struct Message {
    text: String,
}

/// Messages of every organization.
#[derive(Default)]
struct Messages(Mutex<BTreeMap<(String, u32), Message>>);

impl Messages {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<(String, u32), Message>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Routes; each handler's signature declares its policy.
fn routes() -> Routes {
    let messages = Routes::new().get("/{id}", read).put("/{id}", write).delete("/{id}", remove);
    Routes::new().get("/", about).get("/greeting", greeting).scope("/messages", messages)
}

async fn about(_: Public) -> impl Responder {
    "Messages for organizations"
}

async fn greeting(claims: Maybe<Claims>) -> impl Responder {
    match claims.get() {
        Some(claims) => format!("Hello, {}", claims.subject.as_deref().unwrap_or("somebody")),
        None => "Hello, stranger".to_owned(),
    }
}

async fn read(
    token: Scoped<ReadMessages, Member>,
    id: Path<u32>,
    messages: Data<Messages>,
) -> impl Responder {
    let key = (token.custom().org_id.clone(), *id);
    match messages.with(|messages| messages.get(&key).cloned()) {
        Some(message) => HttpResponse::Ok().json(message),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn write(
    token: Scoped<WriteMessages, Member>,
    id: Path<u32>,
    message: Json<Message>,
    messages: Data<Messages>,
) -> impl Responder {
    let key = (token.custom().org_id.clone(), *id);
    messages.with(|messages| messages.insert(key, message.into_inner()));
    HttpResponse::NoContent()
}

async fn remove(
    token: Authorized<(WriteMessages, Moderator), Member>,
    id: Path<u32>,
    messages: Data<Messages>,
) -> impl Responder {
    let key = (token.custom().org_id.clone(), *id);
    messages.with(|messages| messages.remove(&key));
    HttpResponse::NoContent()
}

/// A handler in Actix's own style: the guard is an ordinary extractor.
#[get("/whoami")]
async fn whoami(claims: Claims) -> impl Responder {
    claims.subject.clone().unwrap_or_default()
}

fn configure(config: &mut ServiceConfig, resource: &ProtectedResource, messages: &Data<Messages>) {
    config.app_data(resource.clone()).app_data(messages.clone()).service(whoami).service(routes());
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::builder()
        .issuer(std::env::var("ISSUER")?)
        .audience(std::env::var("AUDIENCE")?)
        .start()?;
    let resource = ProtectedResource::new(verifier);
    let messages = Data::new(Messages::default());
    HttpServer::new(move || {
        App::new()
            .wrap(Logger::default())
            .configure(|config| configure(config, &resource, &messages))
    })
    .bind(("127.0.0.1", 3010))?
    .run()
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_resource_server::testing::{TestIssuer, TokenMaker};
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use serde_json::{Value, json};

    use super::*;

    const AUDIENCE: &str = "https://messages.example";

    /// Consecutive calls to one application.
    async fn calls(issuer: &TestIssuer, table: Vec<(Method, &str, Option<TokenMaker>, u16, &str)>) {
        let verifier = Verifier::builder()
            .issuer(issuer.url())
            .audience(AUDIENCE)
            .start()
            .expect("a verifier");
        let resource = ProtectedResource::new(verifier);
        let messages = Data::new(Messages::default());
        let app = App::new()
            .wrap(Logger::default())
            .configure(|config| configure(config, &resource, &messages));
        let app = init_service(app).await;
        for (method, path, token, status, body) in table {
            let mut request = TestRequest::with_uri(path).method(method.clone());
            if let Some(token) = token {
                let credentials = format!("Bearer {}", token.encode());
                request = request.insert_header(("authorization", credentials));
            }
            if method == Method::PUT {
                request = request.set_json(json!({"text": "Hello"}));
            }
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status(), status, "{method} {path}");
            if status == 200 {
                assert_eq!(read_body(response).await, body, "{method} {path}");
            }
        }
    }

    #[actix_web::test]
    async fn handler_signatures_are_enforced() {
        let issuer = TestIssuer::start();
        let anyone = || issuer.token().audience(AUDIENCE).subject("ann");
        let member = |scope: &str| anyone().scope(scope).claim("org_id", "acme");
        let moderator = || {
            member("write:messages").claim("https://messages.example/roles", json!(["moderator"]))
        };
        let of_other = || member("read:messages").claim("org_id", "other");
        let without_org = || anyone().scope("read:messages").claim("org_id", Value::Null);
        let (get, put, delete) = (Method::GET, Method::PUT, Method::DELETE);
        let message = r#"{"text":"Hello"}"#;
        let table = vec![
            (get.clone(), "/", None, 200, "Messages for organizations"),
            (get.clone(), "/greeting", None, 200, "Hello, stranger"),
            (get.clone(), "/greeting", Some(anyone()), 200, "Hello, ann"),
            (get.clone(), "/greeting", Some(anyone().expires_in(-60)), 401, ""),
            (get.clone(), "/whoami", None, 401, ""),
            (get.clone(), "/whoami", Some(anyone()), 200, "ann"),
            (put.clone(), "/messages/1", None, 401, ""),
            (put.clone(), "/messages/1", Some(member("read:messages")), 403, ""),
            (put, "/messages/1", Some(member("write:messages")), 204, ""),
            (get.clone(), "/messages/1", Some(member("read:messages")), 200, message),
            (get.clone(), "/messages/1", Some(of_other()), 404, ""),
            (get.clone(), "/messages/1", Some(without_org()), 401, ""),
            (delete.clone(), "/messages/1", Some(member("write:messages")), 403, ""),
            (delete, "/messages/1", Some(moderator()), 204, ""),
            (get, "/messages/1", Some(member("read:messages")), 404, ""),
        ];
        calls(&issuer, table).await;
    }

    #[test]
    fn route_table_is_as_reviewed() {
        let policies: Vec<String> = routes()
            .table()
            .iter()
            .map(|route| format!("{} {}: {}", route.method, route.path, route.policy))
            .collect();
        assert_eq!(
            policies,
            [
                "GET /: public",
                "GET /greeting: public, or any valid token",
                "DELETE /messages/{id}: scope write:messages and rule Moderator",
                "GET /messages/{id}: scope read:messages",
                "PUT /messages/{id}: scope write:messages",
            ]
        );
    }
}
