//! Fault injection for the test issuer.

use std::time::Duration;

use serde_json::Value;

/// How an endpoint of the test issuer responds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Behavior {
    /// Correct responses.
    #[default]
    Healthy,
    /// A fixed response to every request.
    Answer {
        /// HTTP status.
        status: u16,
        /// Header fields.
        headers: Vec<(String, String)>,
        /// Body.
        body: Vec<u8>,
        /// Delay before each byte of the body; `None` sends it at once.
        byte_interval: Option<Duration>,
    },
    /// No response until the client gives up.
    Hang,
}

impl Behavior {
    /// An empty response with this status.
    pub const fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: Vec::new(), byte_interval: None }
    }

    /// A 200 response with this body.
    pub fn body(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).with_header("content-type", content_type).with_body(body)
    }

    /// A 200 response with this JSON.
    pub fn json(body: &Value) -> Self {
        Self::body("application/json", body.to_string())
    }

    /// A redirect to this URL.
    pub fn redirect(to: impl Into<String>) -> Self {
        Self::status(302).with_header("location", to)
    }

    /// Adds a header field.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// Replaces the body.
    #[must_use]
    pub fn with_body(mut self, new: impl Into<Vec<u8>>) -> Self {
        if let Self::Answer { body, .. } = &mut self {
            *body = new.into();
        }
        self
    }

    /// Sends the body byte by byte, with this delay before each.
    #[must_use]
    pub const fn with_byte_interval(mut self, wait: Duration) -> Self {
        if let Self::Answer { byte_interval, .. } = &mut self {
            *byte_interval = Some(wait);
        }
        self
    }
}

/// An endpoint whose responses can be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Metadata, at all of its well-known paths.
    Discovery,
    /// Key set.
    KeySet,
    /// Introspection (RFC 7662).
    Introspection,
}
