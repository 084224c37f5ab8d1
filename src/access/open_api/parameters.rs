//! Path parameters in an OpenAPI document.

use serde_json::{Map, Value, json};

use crate::access::routes::parameters;

/// Every parameter of the path must be declared; those that are not yet are texts.
pub(super) fn declare_parameters(operation: &mut Map<String, Value>, path: &str) {
    let names: Vec<&str> = parameters(path).filter(|name| !name.is_empty()).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{OpenApiError, OpenApiPolicies};

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
