//! Claims that grant scopes, roles and permissions.

use serde::Deserialize;
use serde_json::Value;

use super::json::{Members, OneOrMany};

/// Names of the claims that grant something. Of each list, the first claim that is present counts; an
/// empty list stands for the default.
///
/// A name can be a path, as in [`claim_at`](super::VerifiedToken::claim_at): `realm_access.roles`, or
/// the JSON pointer `/https:~1~1acme.example~1roles`. A text is space-separated, and an array has
/// one grant in each element. A value of any other type grants nothing.
///
/// ```
/// use actix_resource_server::token::GrantClaims;
///
/// let keycloak = GrantClaims {
///     roles: vec!["realm_access.roles".to_owned()],
///     ..GrantClaims::default()
/// };
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrantClaims {
    /// Claims with scopes. By default `scope`, then `scp`.
    pub scopes: Vec<String>,
    /// Claims with roles. By default `roles`.
    pub roles: Vec<String>,
    /// Claims with permissions. By default `permissions`.
    pub permissions: Vec<String>,
}

impl GrantClaims {
    /// The claims with scopes, unless others are configured.
    pub(crate) const DEFAULT_SCOPES: [&str; 2] = ["scope", "scp"];
    /// The claim with roles, unless others are configured.
    pub(crate) const DEFAULT_ROLES: [&str; 1] = ["roles"];
    /// The claim with permissions, unless others are configured.
    pub(crate) const DEFAULT_PERMISSIONS: [&str; 1] = ["permissions"];
}

/// The claim of this name or at this path, where `claim` finds a claim by its name: see
/// [`VerifiedToken::claim_at`](super::VerifiedToken::claim_at).
pub(crate) fn claim_at(path: &str, claim: impl Fn(&str) -> Option<Value>) -> Option<Value> {
    if let Some(claim) = claim(path) {
        return Some(claim);
    }
    let pointer = match path.strip_prefix('/') {
        Some(pointer) => pointer.to_owned(),
        None => path.replace('~', "~0").replace('/', "~1").replace('.', "/"),
    };
    let (first, rest) = match pointer.split_once('/') {
        Some((first, rest)) => (first, format!("/{rest}")),
        None => (pointer.as_str(), String::new()),
    };
    claim(&first.replace("~1", "/").replace("~0", "~"))?.pointer(&rest).cloned()
}

/// The grants of a claim of the token.
pub(super) fn grants(members: &Members<'_>, claim: &str) -> Vec<String> {
    list(members.read(claim).ok().flatten())
}

/// The grants of the first claim that is present, found by `find`.
pub(super) fn first_grants(claims: &[String], find: impl Fn(&str) -> Option<Value>) -> Vec<String> {
    let mut present = claims.iter().filter_map(|claim| find(claim));
    let value = present.find(|value| !value.is_null());
    list(value.and_then(|value| OneOrMany::deserialize(value).ok()))
}

fn list(claim: Option<OneOrMany>) -> Vec<String> {
    let mut grants: Vec<String> = match claim {
        Some(OneOrMany::One(text)) => {
            text.split(' ').filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
        }
        Some(OneOrMany::Many(grants)) => grants,
        None => Vec::new(),
    };
    grants.shrink_to_fit();
    grants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_several_grants_and_an_element_has_one() {
        let table: [(&str, &[&str]); 9] = [
            (r#""a b""#, &["a", "b"]),
            (r#"" a  b ""#, &["a", "b"]),
            (r#""""#, &[]),
            (r#"["a","b c"]"#, &["a", "b c"]),
            ("[]", &[]),
            (r#"["a",1]"#, &[]),
            ("7", &[]),
            (r#"{"a":true}"#, &[]),
            ("null", &[]),
        ];
        for (value, expected) in table {
            let json = format!(r#"{{"claim":{value}}}"#);
            let members = Members::parse(json.as_bytes()).expect("an object");
            assert_eq!(grants(&members, "claim"), expected, "{value}");
            let found = first_grants(&["claim".to_owned()], |_| serde_json::from_str(value).ok());
            assert_eq!(found, expected, "{value}");
        }
    }

    #[test]
    fn the_first_claim_that_is_present_counts() {
        let claims = ["a", "b", "c"].map(ToOwned::to_owned);
        let with = |present: &[(&str, &str)]| {
            let find = |claim: &str| {
                let (_, value) = present.iter().find(|(name, _)| *name == claim)?;
                serde_json::from_str(value).ok()
            };
            first_grants(&claims, find)
        };
        assert_eq!(with(&[("b", r#""x""#), ("c", r#""y""#)]), ["x"]);
        assert_eq!(with(&[("a", "null"), ("c", r#""y""#)]), ["y"], "null is absent");
        assert!(with(&[("a", "7"), ("c", r#""y""#)]).is_empty(), "another type is present");
        assert!(with(&[("a", r#""""#), ("c", r#""y""#)]).is_empty(), "and so is an empty text");
        assert!(with(&[]).is_empty());
    }
}
