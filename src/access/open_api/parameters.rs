//! Path parameters in an OpenAPI document.

use serde_json::{Map, Value, json};

/// Every parameter of the path must be declared; those that are not yet are texts.
pub(super) fn declare_parameters(operation: &mut Map<String, Value>, path: &str) {
    let template = template(path);
    let names = template.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return;
    }
    let declared = operation.entry("parameters").or_insert_with(|| json!([]));
    let Some(declared) = declared.as_array_mut() else { return };
    for name in names {
        if !declared.iter().any(|parameter| parameter["name"] == name) {
            declared.push(json!({
                "name": name, "in": "path", "required": true, "schema": {"type": "string"},
            }));
        }
    }
}

/// The path as OpenAPI writes it: without the expressions of its parameters.
pub(super) fn template(path: &str) -> String {
    let mut template = String::with_capacity(path.len());
    let mut depth = 0_usize;
    let mut in_expression = false;
    for character in path.chars() {
        match character {
            '{' => depth = depth.saturating_add(1),
            '}' => {
                depth = depth.saturating_sub(1);
                in_expression &= depth > 0;
            }
            ':' if depth == 1 => in_expression = true,
            _ => {}
        }
        if !in_expression {
            template.push(character);
        }
    }
    template
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{OpenApiError, OpenApiPolicies};

    #[test]
    fn a_template_has_names_and_no_expressions() {
        let table = [
            ("/a/{id}", "/a/{id}"),
            (r"/a/{id:\d{2,3}}/b", "/a/{id}/b"),
            ("/a/{tail:.*}", "/a/{tail}"),
            ("/plain", "/plain"),
        ];
        for (path, expected) in table {
            assert_eq!(template(path), expected);
        }
    }

    #[test]
    fn a_document_that_describes_unserved_operations_is_rejected() {
        let policies = OpenApiPolicies::new(&crate::Routes::new().table());
        let document = json!({"paths": {"/ghost": {"get": {"responses": {}}}}});
        let (method, path) = ("GET".to_owned(), "/ghost".to_owned());
        assert_eq!(policies.apply(&document), Err(OpenApiError::NotServed { method, path }));
        for document in [json!(7), json!({"paths": []}), json!({"components": 1})] {
            let applied = policies.apply(&document);
            assert!(matches!(applied, Err(OpenApiError::NotADocument { .. })), "{document}");
        }
    }
}
