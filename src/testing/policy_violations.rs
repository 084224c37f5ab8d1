//! Valid tokens that do not meet a policy: each lacks one of the things that the policy names.

use super::token_maker::TokenMaker;
use crate::access::{MatchedPath, Policy, Requirement, RuleCondition};

/// Tokens to try on a route, each with a description. Some of them may meet the policy if it names
/// alternatives. Rules in code over claims are opaque and not covered.
pub(super) fn policy_violations(
    policy: &Policy,
    path: &MatchedPath,
    good: impl Fn() -> TokenMaker,
) -> Vec<(String, TokenMaker)> {
    let mut tokens = vec![("a valid token that grants nothing".to_owned(), good())];
    let Some(requirement) = policy.requirement() else { return tokens };
    let mut named = Vec::new();
    requirement.each(&mut |single| named.push(*single));
    let all_but = |left_out: &Requirement| {
        let kept: Vec<&Requirement> = named.iter().filter(|single| *single != left_out).collect();
        granting(good(), &kept, path)
    };
    for single in &named {
        let token = all_but(single);
        // Without the only thing that is named, a token grants nothing.
        if named.len() > 1 {
            tokens.push((format!("a token without {single}"), token.clone()));
        }
        match single {
            Requirement::Authentication(authentication) => {
                if let Some(acr) = authentication.acr_values.first() {
                    let weak = token.clone().authenticated_ago(0).acr("weaker");
                    tokens.push((format!("a token of another acr than {acr}"), weak));
                }
                if let Some(max_age) = authentication.max_age {
                    // Past any clock tolerance, which is 300 seconds at most.
                    let age = i64::from(max_age).saturating_add(301);
                    let acr = authentication.acr_values.first().copied().unwrap_or("any");
                    let old = token.authenticated_ago(age).acr(acr);
                    tokens.push((format!("a token of a sign-in {age} s ago"), old));
                }
            }
            Requirement::Rule(rule) => {
                if let RuleCondition::PathEqualsClaim { claim, .. }
                | RuleCondition::PathIsOneOfClaim { claim, .. } = rule.condition
                {
                    let foreign = token.claim(claim, "someone-elses");
                    tokens.push((format!("a token of a foreign {claim}"), foreign));
                }
            }
            _ => {}
        }
    }
    tokens
}

/// The token with everything that these requirements name.
fn granting(token: TokenMaker, named: &[&Requirement], path: &MatchedPath) -> TokenMaker {
    let (mut scopes, mut permissions, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    for single in named {
        match single {
            Requirement::Scope(scope) => scopes.push(scope.name),
            Requirement::Permission(permission) => permissions.push(permission.name),
            Requirement::Role(role) => roles.push(role.name),
            _ => {}
        }
    }
    let mut token = token;
    if !scopes.is_empty() {
        token = token.scope(scopes.join(" "));
    }
    if !permissions.is_empty() {
        token = token.permissions(permissions);
    }
    if !roles.is_empty() {
        token = token.roles(roles);
    }
    for single in named {
        match single {
            Requirement::Authentication(authentication) => {
                token = token.authenticated_ago(0);
                if let Some(acr) = authentication.acr_values.first() {
                    token = token.acr(*acr);
                }
            }
            Requirement::Rule(rule) => {
                if let RuleCondition::PathEqualsClaim { parameter, claim }
                | RuleCondition::PathIsOneOfClaim { parameter, claim } = rule.condition
                    && let Some(value) = path.parameters().get(parameter)
                {
                    token = token.claim(claim, value);
                }
            }
            _ => {}
        }
    }
    token
}
