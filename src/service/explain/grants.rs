//! Claims that should grant something and cannot: those of another type.

use serde_json::Value;

use super::judged_token::JudgedToken;
use super::report::{Check, Group};
use crate::token::{GrantClaims, Printable, claim_at};

/// One check for each claim with scopes, roles or permissions that is neither a string nor an array of
/// strings. The token is not rejected for it.
pub(super) fn checks(judged: &JudgedToken<'_>) -> Vec<Check> {
    let Some(claims) = &judged.inspection.claims_json else { return Vec::new() };
    let by_default = GrantClaims::default();
    let configured = judged.expected().map_or(&by_default, |expected| &expected.grants);
    let kinds: [(&'static str, &[String], &[&str], &str); 3] = [
        ("scopes", &configured.scopes, &GrantClaims::DEFAULT_SCOPES, "SCOPE_CLAIM"),
        ("roles", &configured.roles, &GrantClaims::DEFAULT_ROLES, "ROLES_CLAIM"),
        (
            "permissions",
            &configured.permissions,
            &GrantClaims::DEFAULT_PERMISSIONS,
            "PERMISSIONS_CLAIM",
        ),
    ];
    let check = |(kind, names, usual, setting): (&'static str, &[String], &[&str], &str)| {
        let names: Vec<&str> = match names.is_empty() {
            true => usual.to_vec(),
            false => names.iter().map(String::as_str).collect(),
        };
        let mut present = names
            .iter()
            .filter_map(|name| Some((*name, claim_at(name, |name| claims.get(name).cloned())?)));
        let (name, value) = present.find(|(_, value)| !value.is_null())?;
        let type_found = wrong_type(&value)?;
        let name = Printable::up_to(200, name);
        Some(
            Check::passed(
                Group::Claims,
                kind,
                format!("{name} is {type_found}: it grants nothing"),
            )
            .expected("a space-separated string, or an array of strings")
            .meaning(format!("the token has no {kind}, as if {name} were not there"))
            .advice(format!(
                "have the issuer write {name} as a string or an array of strings, or name \
                     another claim in {setting}"
            )),
        )
    };
    kinds.into_iter().filter_map(check).collect()
}

/// What the value is, if it cannot grant anything.
fn wrong_type(value: &Value) -> Option<&'static str> {
    match value {
        Value::String(_) | Value::Null => None,
        Value::Array(values) if values.iter().all(Value::is_string) => None,
        Value::Array(_) => Some("an array that contains something other than strings"),
        Value::Bool(_) => Some("a boolean"),
        Value::Number(_) => Some("a number"),
        Value::Object(_) => Some("an object"),
    }
}
