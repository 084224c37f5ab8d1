//! The answers that guards give, as an OpenAPI document describes them.

use serde_json::{Map, Value, json};

use crate::access::policy::Policy;
use crate::access::rejection::PROBLEM_JSON;

/// The answers by their names, for the document's components.
pub(super) fn component_responses() -> [(&'static str, Value); 4] {
    let challenge = json!({"WWW-Authenticate": {
        "description": "What to send to be admitted (RFC 6750)", "schema": {"type": "string"},
    }});
    let wait = json!({"Retry-After": {
        "description": "Seconds until it is worth trying again", "schema": {"type": "integer"},
    }});
    [
        (
            "InvalidRequest",
            response("The credentials are malformed", &challenge, 400, Some("invalid_request")),
        ),
        (
            "Unauthorized",
            response(
                "There is no token, or it is not valid",
                &challenge,
                401,
                Some("invalid_token"),
            ),
        ),
        (
            "InsufficientScope",
            response(
                "The token does not grant what is needed",
                &challenge,
                403,
                Some("insufficient_scope"),
            ),
        ),
        (
            "KeysUnavailable",
            response("The token cannot be verified at the moment", &wait, 503, None),
        ),
    ]
}

/// The answers that a guard with this policy can give besides the handler's own.
pub(super) fn responses_of(policy: &Policy) -> Vec<(&'static str, Value)> {
    if *policy == Policy::Public {
        return Vec::new();
    }
    let mut names = vec![("400", "InvalidRequest"), ("401", "Unauthorized")];
    if policy.requirement().is_some() {
        names.push(("403", "InsufficientScope"));
    }
    names.push(("503", "KeysUnavailable"));
    let reference = |name| json!({"$ref": format!("#/components/responses/{name}")});
    names.into_iter().map(|(status, name)| (status, reference(name))).collect()
}

fn response(description: &str, headers: &Value, status: u16, error: Option<&str>) -> Value {
    let mut properties = Map::from_iter([
        ("type".to_owned(), json!({"type": "string"})),
        ("title".to_owned(), json!({"type": "string"})),
        ("status".to_owned(), json!({"type": "integer", "const": status})),
        ("detail".to_owned(), json!({"type": "string"})),
    ]);
    if let Some(error) = error {
        properties.insert("error".to_owned(), json!({"type": "string", "const": error}));
    }
    if status == 403 {
        let scope = json!({"type": "string", "description": "All scopes that the operation needs"});
        properties.insert("scope".to_owned(), scope);
    }
    let schema = json!({
        "type": "object", "required": ["type", "title", "status"], "properties": properties,
    });
    json!({
        "description": description,
        "headers": headers,
        "content": {PROBLEM_JSON: {"schema": schema}},
    })
}
