//! Responses of guards, as an OpenAPI document describes them.

use serde_json::{Map, Value, json};

use crate::access::policy::{Policy, Requirement};
use crate::access::rejection::{PROBLEM_JSON, sign_in};

/// The responses by name, for the document's components.
pub(super) fn component_responses() -> [(&'static str, Value); 5] {
    let challenge = json!({"WWW-Authenticate": {
        "description": "How to authenticate (RFC 6750)", "schema": {"type": "string"},
    }});
    let wait = json!({"Retry-After": {
        "description": "Seconds to wait before the next request", "schema": {"type": "integer"},
    }});
    let invalid = ["invalid_token", "insufficient_user_authentication"];
    let challenged = |text, status, errors: &[&str]| response(text, &challenge, status, errors);
    [
        ("InvalidRequest", challenged("The credentials are malformed", 400, &["invalid_request"])),
        ("Unauthorized", challenged("There is no token, or it is not valid", 401, &invalid)),
        (
            "InsufficientScope",
            challenged("The token does not grant what is needed", 403, &["insufficient_scope"]),
        ),
        ("TooManyRequests", response("The caller has sent too many requests", &wait, 429, &[])),
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
    names.extend([("429", "TooManyRequests"), ("503", "KeysUnavailable")]);
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
    let mut properties = vec![
        ("type", json!({"type": "string"})),
        ("title", json!({"type": "string"})),
        ("status", json!({"type": "integer", "const": status})),
        ("detail", json!({"type": "string"})),
    ];
    match errors {
        [] => {}
        [error] => properties.push(("error", json!({"type": "string", "const": error}))),
        errors => properties.push(("error", json!({"type": "string", "enum": errors}))),
    }
    if status == 403 {
        let text = "All scopes that the operation needs";
        properties.push(("scope", json!({"type": "string", "description": text})));
    }
    // In this order where the application keeps the order of members (`preserve_order` of serde_json).
    let properties: Map<_, _> =
        properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    let schema = json!({
        "type": "object", "required": ["type", "title", "status"], "properties": properties,
    });
    json!({
        "description": description,
        "headers": headers,
        "content": {PROBLEM_JSON: {"schema": schema}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::OpenApiPolicies;
    use crate::{AnyOf, Authorized, Bound, Fresh, InRole, Routes, Scoped};

    crate::scopes! { Read = "read"; }
    crate::roles! { Admin = "admin"; }
    crate::rules! { OwnTenant = path "tenant" equals claim "org_id"; }
    crate::authentication! {
        Recent = max_age 300;
        Strong = acr "urn:example:2fa" or "phr";
        Both = acr "phr", max_age 60;
    }

    async fn ok<G>(_: G) -> &'static str {
        ""
    }

    #[test]
    fn each_component_describes_the_body_of_its_status() {
        let table = [
            ("InvalidRequest", 400, json!({"const": "invalid_request"}), false),
            (
                "Unauthorized",
                401,
                json!({"enum": ["invalid_token", "insufficient_user_authentication"]}),
                false,
            ),
            ("InsufficientScope", 403, json!({"const": "insufficient_scope"}), true),
            ("TooManyRequests", 429, json!(null), false),
            ("KeysUnavailable", 503, json!(null), false),
        ];
        let components = component_responses();
        assert_eq!(components.len(), table.len());
        for ((name, response), (expected, status, error, has_scope)) in
            components.into_iter().zip(table)
        {
            let properties = &response["content"][PROBLEM_JSON]["schema"]["properties"];
            assert_eq!((name, &properties["status"]["const"]), (expected, &json!(status)));
            assert_eq!(properties["error"]["const"], error["const"], "RFC 6750 3.1: {name}");
            assert_eq!(properties["error"]["enum"], error["enum"], "RFC 9470 3: {name}");
            assert_eq!(properties["scope"].is_object(), has_scope, "RFC 6750 3: {name}");
        }
    }

    #[test]
    fn each_word_is_in_the_description_and_in_x_policy() {
        let routes = Routes::new()
            .get("/scope", ok::<Scoped<Read>>)
            .get("/role", ok::<InRole<Admin>>)
            .get("/rule/{tenant}", ok::<Authorized<OwnTenant>>)
            .get("/recent", ok::<Authorized<(Read, Recent)>>)
            .get("/strong", ok::<Authorized<Strong>>)
            .get("/both", ok::<Authorized<AnyOf<(Both, Admin)>>>)
            .get("/bound", ok::<Authorized<(Bound, Fresh)>>);
        let document = json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}});
        let document = OpenApiPolicies::new(&routes.table()).apply(&document).expect("a document");
        let rule = json!({"rule": "OwnTenant",
            "condition": "path \"tenant\" equals claim \"org_id\""});
        let recent = json!({"authentication": {"name": "Recent", "max_age": 300}});
        let strong = json!({"authentication": {"name": "Strong",
            "acr_values": ["urn:example:2fa", "phr"]}});
        let both = json!({"authentication": {"name": "Both", "acr_values": ["phr"],
            "max_age": 60}});
        let (role, scope) = (json!({"role": "admin"}), json!({"scope": "read"}));
        // The words, the policy as JSON, and what the 401 says of the sign-in.
        let table = [
            ("/scope", "scope read", scope.clone(), None),
            ("/role", "role admin", role.clone(), None),
            ("/rule/{tenant}", "rule OwnTenant", rule, None),
            (
                "/recent",
                "scope read and authentication Recent",
                json!({"all_of": [scope, recent]}),
                Some("Recent (at most 300 s ago)"),
            ),
            (
                "/strong",
                "authentication Strong",
                strong,
                Some("Strong (acr urn:example:2fa or phr)"),
            ),
            (
                "/both",
                "authentication Both or role admin",
                json!({"any_of": [both, role]}),
                Some("Both (acr phr, at most 60 s ago)"),
            ),
            (
                "/bound",
                "bound and fresh",
                json!({"all_of": [{"bound": true}, {"fresh": true}]}),
                None,
            ),
        ];
        for (path, words, policy, sign_in) in table {
            let operation = &document["paths"][path]["get"];
            assert_eq!(operation["description"], format!("Who may call: {words}."));
            assert_eq!(operation["x-policy"], json!({"requires": policy}), "{path}");
            let unauthorized = &operation["responses"]["401"];
            match (sign_in, unauthorized.get("description").and_then(Value::as_str)) {
                (None, None) => {}
                (Some(sign_in), Some(text)) => {
                    assert!(text.contains(sign_in), "RFC 9470 3: {path}: {text}");
                    assert!(text.contains("insufficient_user_authentication"), "{text}");
                }
                other => panic!("{path}: {other:?}"),
            }
        }
    }
}
