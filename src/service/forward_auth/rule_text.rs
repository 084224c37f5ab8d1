//! Conditions of rules as text.

use super::interned;
use crate::access::{ClaimValue, RuleCondition};

/// Parses a condition over a claim or over a claim and a path parameter.
///
/// # Errors
///
/// What would be right, for the author of the file.
pub(super) fn parse(text: &str) -> Result<RuleCondition, String> {
    let condition = path_condition(text.trim()).or_else(|| claim_condition(text.trim()));
    condition.unwrap_or_else(|| {
        Err("write: path \"…\" equals claim \"…\", path \"…\" is one of claim \"…\", claim \"…\" \
             equals …, or claim \"…\" includes …, where … is a \"text\", whole number, true or false"
            .to_owned())
    })
}

/// `path "tenant" equals claim "org_id"` or `path "tenant" is one of claim "orgs"`.
fn path_condition(text: &str) -> Option<Result<RuleCondition, String>> {
    let (parameter, rest) = name(text.strip_prefix("path ")?)?;
    let (is_one_of, rest) = match rest.strip_prefix(" equals claim ") {
        Some(rest) => (false, rest),
        None => (true, rest.strip_prefix(" is one of claim ")?),
    };
    let (claim, "") = name(rest)? else { return None };
    Some(interned::text(parameter).and_then(|parameter| {
        let claim = interned::text(claim)?;
        Ok(match is_one_of {
            true => RuleCondition::PathIsOneOfClaim { parameter, claim },
            false => RuleCondition::PathEqualsClaim { parameter, claim },
        })
    }))
}

/// `claim "org_id" equals "acme"` or `claim "roles" includes "editor"`.
fn claim_condition(text: &str) -> Option<Result<RuleCondition, String>> {
    let (claim, rest) = name(text.strip_prefix("claim ")?)?;
    let (includes, rest) = match rest.strip_prefix(" equals ") {
        Some(rest) => (false, rest),
        None => (true, rest.strip_prefix(" includes ")?),
    };
    let value = match rest {
        "true" => Ok(ClaimValue::Boolean(true)),
        "false" => Ok(ClaimValue::Boolean(false)),
        number if number.parse::<i64>().is_ok() => Ok(ClaimValue::Number(number.parse().ok()?)),
        text => match name(text)? {
            (text, "") => interned::text(text).map(ClaimValue::Text),
            _ => return None,
        },
    };
    Some(interned::text(claim).and_then(|claim| {
        let value = value?;
        Ok(match includes {
            true => RuleCondition::ClaimIncludes { claim, value },
            false => RuleCondition::ClaimEquals { claim, value },
        })
    }))
}

/// A name in quotes at the beginning, and what follows it. There are no escapes.
fn name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix('"')?.split_once('"')?;
    (!name.is_empty() && !name.contains('\\')).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_printed_as_it_is_written() {
        for text in [
            r#"path "tenant" equals claim "org_id""#,
            r#"path "region" is one of claim "/https:~1~1a.example/regions""#,
            r#"claim "org_id" equals "acme""#,
            r#"claim "level" equals -3"#,
            r#"claim "email_verified" equals true"#,
            r#"claim "realm_access.roles" includes "site editor""#,
        ] {
            assert_eq!(parse(text).map(|condition| condition.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_not_a_condition_is_rejected_with_an_example() {
        for text in [
            "",
            r#"claim "a" equals path "b""#,
            r#"path "a" equals claim "b" or"#,
            r#"path "" equals claim "b""#,
            r#"claim "a" equals b"#,
            r#"claim "a" equals "b" "c""#,
            r#"claim "a" equals 1.5"#,
            r#"claim "a" equals "b\"#,
            r#"path "a" equals "b""#,
        ] {
            let fault = parse(text).unwrap_err();
            assert!(fault.contains("equals claim"), "{text}: {fault}");
        }
    }
}
