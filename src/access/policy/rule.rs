//! Rules: requirements that an application defines over claims and path parameters.

use std::fmt;

use derive_more::Display;
use serde_json::Value;

use super::claim_value::ClaimValue;
use super::input::PolicyInput;
use super::path_shape::PathShape;

/// A rule with its name and description.
#[derive(Debug, Clone, Copy)]
pub struct NamedRule {
    /// The rule's name, for the route table.
    pub name: &'static str,
    /// What it demands, in words; empty if its declaration has no doc comment.
    pub description: &'static str,
    /// What decides.
    pub condition: RuleCondition,
}

/// What decides whether a rule is met. `Display` is the condition in words; code is only said to be
/// code.
#[derive(Display, Clone, Copy)]
#[non_exhaustive]
pub enum RuleCondition {
    /// Code over the claims.
    #[display("a condition on the claims")]
    Claims(fn(&crate::token::VerifiedToken) -> bool),
    /// Code over one claim, which the text describes.
    #[display("{text}")]
    Claim {
        /// The condition as it is declared: `claim "org_id" equals "acme"`.
        text: &'static str,
        /// Whether the rule is met.
        holds: fn(&crate::token::VerifiedToken) -> bool,
    },
    /// A claim is this value.
    #[display("claim \"{claim}\" equals {value}")]
    ClaimEquals {
        /// The claim's name or path.
        claim: &'static str,
        /// The value.
        value: ClaimValue,
    },
    /// A claim is an array that holds this value, or a space-separated string with this word.
    #[display("claim \"{claim}\" includes {value}")]
    ClaimIncludes {
        /// The claim's name or path.
        claim: &'static str,
        /// The value.
        value: ClaimValue,
    },
    /// Code over the claims and the path.
    #[display("a condition on the claims and the path")]
    ClaimsAndPath {
        /// The parameters that the code reads.
        shape: fn() -> PathShape,
        /// Whether the rule is met.
        holds: fn(&PolicyInput<'_>) -> bool,
    },
    /// A path parameter is the value of a claim.
    #[display("path \"{parameter}\" equals claim \"{claim}\"")]
    PathEqualsClaim {
        /// The parameter's name.
        parameter: &'static str,
        /// The claim's name or path.
        claim: &'static str,
    },
    /// A path parameter is among the values of a claim.
    #[display("path \"{parameter}\" is one of claim \"{claim}\"")]
    PathIsOneOfClaim {
        /// The parameter's name.
        parameter: &'static str,
        /// The claim's name or path.
        claim: &'static str,
    },
}

impl NamedRule {
    /// Whether the rule is met.
    pub fn is_met(&self, input: &PolicyInput<'_>) -> bool {
        let path_and_claim =
            |parameter, claim| input.path().get(parameter).zip(input.token().claim_at(claim));
        match self.condition {
            RuleCondition::Claims(holds) | RuleCondition::Claim { holds, .. } => {
                holds(input.token())
            }
            RuleCondition::ClaimEquals { claim, value } => input.token().claim_equals(claim, value),
            RuleCondition::ClaimIncludes { claim, value } => {
                input.token().claim_includes(claim, value)
            }
            RuleCondition::ClaimsAndPath { holds, .. } => holds(input),
            RuleCondition::PathEqualsClaim { parameter, claim } => path_and_claim(parameter, claim)
                .is_some_and(|(value, held)| is_text_of(&held, &value)),
            RuleCondition::PathIsOneOfClaim { parameter, claim } => {
                path_and_claim(parameter, claim).is_some_and(|(value, held)| match held {
                    Value::Array(members) => members.iter().any(|held| is_text_of(held, &value)),
                    Value::String(text) => text.split(' ').any(|word| word == value),
                    _ => false,
                })
            }
        }
    }

    /// The path parameters that it needs.
    pub fn path_shape(&self) -> Option<PathShape> {
        match self.condition {
            RuleCondition::Claims(_)
            | RuleCondition::Claim { .. }
            | RuleCondition::ClaimEquals { .. }
            | RuleCondition::ClaimIncludes { .. } => None,
            RuleCondition::ClaimsAndPath { shape, .. } => Some(shape()),
            RuleCondition::PathEqualsClaim { parameter, .. }
            | RuleCondition::PathIsOneOfClaim { parameter, .. } => {
                Some(PathShape::Named(vec![parameter]))
            }
        }
    }

    pub(crate) const fn reads_path(&self) -> bool {
        matches!(
            self.condition,
            RuleCondition::ClaimsAndPath { .. }
                | RuleCondition::PathEqualsClaim { .. }
                | RuleCondition::PathIsOneOfClaim { .. }
        )
    }
}

/// Exactly: no other case, no other Unicode form. A number stands for its decimal digits.
fn is_text_of(claim: &Value, value: &str) -> bool {
    match claim {
        Value::String(text) => text == value,
        Value::Number(number) if number.is_u64() || number.is_i64() => number.to_string() == value,
        _ => false,
    }
}

impl PartialEq for NamedRule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for NamedRule {}

impl fmt::Debug for RuleCondition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
