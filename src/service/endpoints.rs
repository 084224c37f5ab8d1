//! The three endpoints of the service. Their signatures say who may call them.

use actix_web::body::BoxBody;
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, Responder};
use utoipa::ToSchema;

use crate::{Claims, Public, Routes, Scoped};

crate::scopes! {
    /// Read the caller's messages.
    pub ReadMessages = "read:messages";
}

/// The response body of the endpoints.
#[derive(Debug, Clone, Copy, ToSchema)]
pub struct Message {
    /// A greeting.
    #[schema(value_type = String)]
    #[expect(dead_code, reason = "only for the schema; `object` is sent")]
    message: &'static str,
    // The JSON, made at compile time, so that no request has to serialize it.
    #[schema(ignore)]
    object: &'static str,
}

impl Responder for Message {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().content_type(ContentType::json()).body(self.object)
    }
}

/// A message with this text, which must not contain characters that JSON escapes.
macro_rules! message {
    ($($text:literal)+) => {
        Message { message: concat!($($text),+), object: concat!("{\"message\":\"", $($text,)+ "\"}") }
    };
}

/// The routes of the three endpoints.
pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/api/public", public)
        .get("/api/private", private)
        .get("/api/private-scoped", private_scoped)
}

#[utoipa::path(
    get, path = "/api/public", summary = "Greeting for everyone", tag = "greetings",
    responses((status = 200, description = "The greeting", body = Message, example = json!({
        "message": "Hello from a public endpoint! You don't need to be authenticated to see this."
    })))
)]
pub(super) async fn public(_: Public) -> Message {
    message!("Hello from a public endpoint! You don't need to be authenticated to see this.")
}

#[utoipa::path(
    get, path = "/api/private", summary = "Greeting for callers with a token", tag = "greetings",
    responses((status = 200, description = "The greeting", body = Message, example = json!({
        "message": "Hello from a private endpoint! You need to be authenticated to see this."
    })))
)]
pub(super) async fn private(_: Claims) -> Message {
    message!("Hello from a private endpoint! You need to be authenticated to see this.")
}

#[utoipa::path(
    get, path = "/api/private-scoped", summary = "Greeting for callers with the scope", tag = "greetings",
    responses((status = 200, description = "The greeting", body = Message, example = json!({
        "message": "Hello from a private endpoint! You need to be authenticated and have a scope of read:messages to see this."
    })))
)]
pub(super) async fn private_scoped(_: Scoped<ReadMessages>) -> Message {
    message!("Hello from a private endpoint! You need to be authenticated and have a scope of "
             "read:messages to see this.")
}
