//! Problem documents: the bodies of errors (RFC 9457).

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;

/// A problem document: `application/problem+json`.
///
/// ```
/// use actix_resource_server::Problem;
/// use actix_web::http::StatusCode;
///
/// let problem = Problem::of(StatusCode::NOT_FOUND).detail("There is no such message.");
/// let text = serde_json::to_string(&problem)?;
/// assert_eq!(
///     text,
///     r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such message."}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    problem_type: &'static str,
    title: Cow<'static, str>,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

impl Problem {
    /// The problem that the status itself describes (RFC 9457 section 4.2.1).
    pub fn of(status: StatusCode) -> Self {
        Self {
            problem_type: "about:blank",
            title: Cow::Borrowed(status.canonical_reason().unwrap_or("Error")),
            status: status.as_u16(),
            detail: None,
            error: None,
            scope: None,
        }
    }

    /// What went wrong this time, and what the caller can do about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The error code of RFC 6750 section 3.1, if there is one.
    pub(crate) const fn error(mut self, error: Option<&'static str>) -> Self {
        self.error = error;
        self
    }

    /// All scopes that the route needs, space-separated.
    pub(crate) fn scope(mut self, scope: String) -> Self {
        self.scope = Some(scope).filter(|scope| !scope.is_empty());
        self
    }

    /// The problem as a response.
    pub fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        HttpResponse::build(status).content_type(PROBLEM_JSON).json(self)
    }
}
