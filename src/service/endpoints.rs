//! The three endpoints that this service is about.
//!
//! Read their signatures: they say who may call.

use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Claims, Public, Routes, Scoped};

crate::scopes! {
    /// Read the caller's messages.
    pub ReadMessages = "read:messages";
}

/// What the endpoints answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// A greeting.
    #[schema(value_type = String)]
    message: &'static str,
}

/// The routes of the three endpoints.
pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/api/public", public)
        .get("/api/private", private)
        .get("/api/private-scoped", private_scoped)
}

#[utoipa::path(
    get, path = "/api/public", summary = "The greeting for anybody", tag = "greetings",
    responses((status = 200, description = "The greeting", body = Message, example = json!({
        "message": "Hello from a public endpoint! You don't need to be authenticated to see this."
    })))
)]
pub(super) async fn public(_: Public) -> Json<Message> {
    say("Hello from a public endpoint! You don't need to be authenticated to see this.")
}

#[utoipa::path(
    get, path = "/api/private", summary = "The greeting for callers with a token", tag = "greetings",
    responses((status = 200, description = "The greeting", body = Message, example = json!({
        "message": "Hello from a private endpoint! You need to be authenticated to see this."
    })))
)]
pub(super) async fn private(_: Claims) -> Json<Message> {
    say("Hello from a private endpoint! You need to be authenticated to see this.")
}

#[utoipa::path(
    get, path = "/api/private-scoped", summary = "The greeting for callers with the scope", tag = "greetings",
    responses((status = 200, description = "The greeting", body = Message, example = json!({
        "message": "Hello from a private endpoint! You need to be authenticated and have a scope of read:messages to see this."
    })))
)]
pub(super) async fn private_scoped(_: Scoped<ReadMessages>) -> Json<Message> {
    say("Hello from a private endpoint! You need to be authenticated and have a scope of \
         read:messages to see this.")
}

const fn say(message: &'static str) -> Json<Message> {
    Json(Message { message })
}
