//! Where a token keeps a scope, role or permission that was not found where it was expected.

use serde_json::{Map, Value};

/// The claim that contains the grant, in the notation of `SCOPE_CLAIM` and its siblings: a name, a
/// path with dots, or a JSON pointer.
pub(super) fn find(claims: &Map<String, Value>, grant: &str) -> Option<String> {
    let at_top = claims.iter().find(|(_, value)| contains(value, grant));
    if let Some((name, _)) = at_top {
        // A whole name goes before a path, whatever characters it has.
        return Some(name.clone());
    }
    claims.iter().find_map(|(outer, value)| {
        let (inner, _) = value.as_object()?.iter().find(|(_, value)| contains(value, grant))?;
        Some(path(outer, inner))
    })
}

/// Whether the value is an array with the grant, or a string with it among its words.
fn contains(value: &Value, grant: &str) -> bool {
    match value {
        Value::String(text) => text.split(' ').any(|word| word == grant),
        Value::Array(members) => members.iter().any(|member| member == grant),
        _ => false,
    }
}

/// Dots lead into objects, so that names with dots need a JSON pointer (RFC 6901).
fn path(outer: &str, inner: &str) -> String {
    let is_plain = |name: &str| !name.is_empty() && !name.contains(['.', '/']);
    if is_plain(outer) && is_plain(inner) {
        return format!("{outer}.{inner}");
    }
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    format!("/{}/{}", escaped(outer), escaped(inner))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn grants_are_found_in_the_claims_that_issuers_use() {
        let table = [
            (json!({"scp": "read write"}), Some("scp")),
            (json!({"scp": ["read"]}), Some("scp")),
            (json!({"realm_access": {"roles": ["read"]}}), Some("realm_access.roles")),
            (json!({"https://shop.example/roles": ["read"]}), Some("https://shop.example/roles")),
            (json!({"a": {"b/c": ["read"]}}), Some("/a/b~1c")),
            (json!({"resource_access": {"a.b": ["read"]}}), Some("/resource_access/a.b")),
            (json!({"cognito:groups": ["read"]}), Some("cognito:groups")),
            (json!({"scp": "reader", "scope": ["write"], "read": 1}), None),
            (json!({"scp": 7}), None),
        ];
        for (claims, expected) in table {
            let claims = claims.as_object().unwrap();
            assert_eq!(find(claims, "read").as_deref(), expected, "{claims:?}");
        }
    }
}
