//! How an issuer in a box answers, when it is to misbehave.

use std::time::Duration;

use serde_json::Value;

/// What an endpoint of the issuer answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Behavior {
    /// What it should.
    #[default]
    Healthy,
    /// This, whatever is asked.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Header fields.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
        /// How long to wait before each piece of the body; with none it is sent at once.
        byte_interval: Option<Duration>,
    },
    /// Nothing, until the client gives up.
    Hang,
}

impl Behavior {
    /// An empty answer with this status.
    pub const fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: Vec::new(), byte_interval: None }
    }

    /// A successful answer with this body.
    pub fn body(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).with_header("content-type", content_type).with_body(body)
    }

    /// A successful answer with this JSON.
    pub fn json(body: &Value) -> Self {
        Self::body("application/json", body.to_string())
    }

    /// A redirect to this address.
    pub fn redirect(to: impl Into<String>) -> Self {
        Self::status(302).with_header("location", to)
    }

    /// The same answer with a header field more.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// The same answer with this body.
    #[must_use]
    pub fn with_body(mut self, new: impl Into<Vec<u8>>) -> Self {
        if let Self::Answer { body, .. } = &mut self {
            *body = new.into();
        }
        self
    }

    /// The same answer, byte by byte with a wait before each.
    #[must_use]
    pub const fn with_byte_interval(mut self, wait: Duration) -> Self {
        if let Self::Answer { byte_interval, .. } = &mut self {
            *byte_interval = Some(wait);
        }
        self
    }
}

/// An endpoint that can misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The metadata, in all its forms.
    Discovery,
    /// The key set.
    KeySet,
}
