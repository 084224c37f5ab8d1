//! Responses of guards, as an OpenAPI document describes them.

use serde_json::{Map, Value, json};

use crate::access::policy::{Policy, Requirement};
use crate::access::rejection::{PROBLEM_JSON, sign_in};

/// The responses by name, for the document's components.
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
            response("The credentials are malformed", &challenge, 400, &["invalid_request"]),
        ),
        (
            "Unauthorized",
            response(
                "There is no token, or it is not valid",
                &challenge,
                401,
                &["invalid_token", "insufficient_user_authentication"],
            ),
        ),
        (
            "InsufficientScope",
            response(
                "The token does not grant what is needed",
                &challenge,
                403,
                &["insufficient_scope"],
            ),
        ),
        (
            "KeysUnavailable",
            response("The token cannot be verified at the moment", &wait, 503, &[]),
        ),
    ]
}

/// The responses that a guard with this policy can give.
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
    let mut responses: Vec<_> =
        names.into_iter().map(|(status, name)| (status, reference(name))).collect();
    if let Some(description) = step_up(policy)
        && let Some((_, unauthorized)) = responses.iter_mut().find(|(status, _)| *status == "401")
    {
        // Beside a reference, `description` takes the place of the component's (OpenAPI 3.1, 4.8.23).
        unauthorized["description"] = description.into();
    }
    responses
}

/// What the 401 of a policy with step-up requirements means; none without such requirements.
fn step_up(policy: &Policy) -> Option<String> {
    let mut demands = Vec::new();
    policy.requirement()?.each(&mut |single| {
        if let Requirement::Authentication(authentication) = single {
            let demand = sign_in(authentication.acr_values, authentication.max_age);
            demands.push(format!("{} ({demand})", authentication.name));
        }
    });
    (!demands.is_empty()).then(|| {
        format!(
            "There is no token, it is not valid, or the user's sign-in is not strong or recent \
             enough: insufficient_user_authentication (RFC 9470). This operation names {}.",
            demands.join(" and "),
        )
    })
}

fn response(description: &str, headers: &Value, status: u16, errors: &[&str]) -> Value {
    let mut properties = Map::from_iter([
        ("type".to_owned(), json!({"type": "string"})),
        ("title".to_owned(), json!({"type": "string"})),
        ("status".to_owned(), json!({"type": "integer", "const": status})),
        ("detail".to_owned(), json!({"type": "string"})),
    ]);
    match errors {
        [] => {}
        [error] => {
            properties.insert("error".to_owned(), json!({"type": "string", "const": error}));
        }
        errors => {
            properties.insert("error".to_owned(), json!({"type": "string", "enum": errors}));
        }
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
