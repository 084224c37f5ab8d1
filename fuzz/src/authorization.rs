//! `Authorization` header fields of a request, one per line.

use actix_resource_server::sender::BearerToken;

use super::reading::is_description;

/// Accepts fields with a bearer token.
pub fn authorization(bytes: &[u8]) -> bool {
    let fields: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let read = BearerToken::from_fields(fields.iter().copied());
    if let Err(malformed) = read {
        assert!(is_description(malformed.description()), "RFC 6750 3: {malformed:?}");
    }
    let read = read.map(|token| token.map(BearerToken::as_str)).map_err(drop);
    assert_eq!(read, by_the_grammar(&fields), "RFC 6750 2.1: {}", bytes.escape_ascii());
    matches!(read, Ok(Some(_)))
}

/// Reference for `"Bearer" 1*SP b64token`.
fn by_the_grammar<'a>(fields: &[&'a [u8]]) -> Result<Option<&'a str>, ()> {
    let [field] = fields else { return Err(()) };
    let end = field.iter().position(|byte| !is_tchar(*byte)).unwrap_or(field.len());
    let (scheme, rest) = field.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        let text = std::str::from_utf8(field).unwrap_or_default();
        let is_part = |part: &str| part.bytes().all(|byte| is_tchar(byte) || byte == b'/');
        let parts = text.split('.').count();
        let is_jwt = text.starts_with("eyJ") && text.split('.').all(is_part);
        let other = text.bytes().any(|byte| b"!#$%&'*^`|".contains(&byte));
        return if is_jwt && !other && [3, 5].contains(&parts) { Err(()) } else { Ok(None) };
    }
    let rest = std::str::from_utf8(rest).map_err(drop)?;
    let token = rest.trim_start_matches(' ');
    let body = token.trim_end_matches('=');
    let is_body = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    if token.len() == rest.len() || body.is_empty() || !body.chars().all(is_body) {
        return Err(());
    }
    Ok(Some(token))
}

fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
