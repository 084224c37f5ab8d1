//! Environment variables of this process.

/// Returns the value of an environment variable, for
/// [`Settings::load`](super::settings::Settings::load).
///
/// Bytes that are not valid UTF-8 are replaced with U+FFFD instead of hiding the variable, so that
/// a malformed value is reported.
pub fn environment_variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The names of this process's environment variables.
pub(super) fn environment_variable_names() -> impl Iterator<Item = String> {
    std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned())
}
