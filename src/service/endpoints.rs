//! The three endpoints that this service is about.
//!
//! Read their signatures: they say who may call.

use actix_web::body::BoxBody;
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, Responder};
use utoipa::ToSchema;

use crate::{Claims, Public, Routes, Scoped};

crate::scopes! {
    /// Read the caller's messages.
    pub ReadMessages = "read:messages";
}

/// What the endpoints answer.
#[derive(Debug, Clone, Copy, ToSchema)]
pub struct Message {
    /// A greeting.
    #[schema(value_type = String)]
    #[expect(dead_code, reason = "it is the schema's; what is sent is the whole object")]
    message: &'static str,
    // The JSON, written when the program is compiled: nothing is left to do for each request.
    #[schema(ignore)]
    object: &'static str,
}

impl Responder for Message {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().content_type(ContentType::json()).body(self.object)
    }
}

/// A message with this text, which holds no character that JSON would escape.
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
    get, path = "/api/public", summary = "The greeting for anybody", tag = "greetings",
    responses((status = 200, description = "The greeting", body = Message, example = json!({
        "message": "Hello from a public endpoint! You don't need to be authenticated to see this."
    })))
)]
pub(super) async fn public(_: Public) -> Message {
    message!("Hello from a public endpoint! You don't need to be authenticated to see this.")
}

#[utoipa::path(
    get, path = "/api/private", summary = "The greeting for callers with a token", tag = "greetings",
    responses((status = 200, description = "The greeting", body = Message, example = json!({
        "message": "Hello from a private endpoint! You need to be authenticated to see this."
    })))
)]
pub(super) async fn private(_: Claims) -> Message {
    message!("Hello from a private endpoint! You need to be authenticated to see this.")
}

#[utoipa::path(
    get, path = "/api/private-scoped", summary = "The greeting for callers with the scope", tag = "greetings",
    responses((status = 200, description = "The greeting", body = Message, example = json!({
        "message": "Hello from a private endpoint! You need to be authenticated and have a scope of read:messages to see this."
    })))
)]
pub(super) async fn private_scoped(_: Scoped<ReadMessages>) -> Message {
    message!("Hello from a private endpoint! You need to be authenticated and have a scope of "
             "read:messages to see this.")
}
