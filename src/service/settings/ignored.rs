//! Settings that do not apply to the development server.

use config::{Map, Value, ValueKind};
use derive_more::Display;

use super::catalog::api::TOKEN_HEADER;

/// A setting that the development server ignores, by the name under which it was set.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[display("{name} is ignored: {reason}")]
pub(in crate::service) struct IgnoredSetting {
    name: String,
    reason: &'static str,
}

impl IgnoredSetting {
    /// Removes the value of a key from the gathered values; none if it is not set or empty.
    pub(super) fn remove(
        values: &mut Map<String, Value>,
        key: &str,
        reason: &'static str,
    ) -> Option<Self> {
        let value = values.remove(key)?;
        if matches!(&value.kind, ValueKind::String(text) if text.trim().is_empty()) {
            return None;
        }
        Some(Self { name: value.origin().unwrap_or(key).to_owned(), reason })
    }
}

/// Removes the header field that carries the token: there is no proxy to set it, and the playground and
/// the printed commands send `Authorization`.
pub(super) fn remove_token_header(values: &mut Map<String, Value>) -> Option<IgnoredSetting> {
    let reason = "the playground and the commands below send the token in Authorization";
    IgnoredSetting::remove(values, TOKEN_HEADER.key, reason)
}
