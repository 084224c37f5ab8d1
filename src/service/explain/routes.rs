//! How each route answers a request with the token, decided by the route table's own policies.

use super::report::RouteVerdict;
use super::verdict::Verdict;
use crate::Policy;
use crate::access::{Requirement, RouteEntry, RouteTable};
use crate::token::VerifiedToken;

/// The verdict of each route, in the order of the table.
pub(super) fn verdicts(
    table: &RouteTable,
    verdict: &Verdict,
    token: Option<&VerifiedToken>,
) -> Vec<RouteVerdict> {
    if *verdict == Verdict::NotJudged {
        return Vec::new();
    }
    table.iter().map(|route| judge(route, verdict, token)).collect()
}

fn judge(route: &RouteEntry, verdict: &Verdict, token: Option<&VerifiedToken>) -> RouteVerdict {
    let mut judged = RouteVerdict {
        method: route.method.to_string(),
        path: route.path.clone(),
        policy: route.policy.to_string(),
        opens: false,
        status: None,
        lacks: Vec::new(),
        advice: String::new(),
    };
    let is_open = match (&route.policy, token) {
        (Policy::Public, _) => true,
        (policy, Some(token)) => policy.admits(token),
        (policy, None) => *verdict == Verdict::NoCredentials && policy.admits_anonymous(),
    };
    if is_open {
        judged.opens = true;
    } else if let (Some(requirement), Some(token)) = (route.policy.requirement(), token) {
        judged.status = Some(403);
        lacking(requirement, token, &mut judged.lacks);
        judged.advice = advice(requirement, token);
    } else {
        judged.status = verdict.status();
    }
    judged
}

/// The parts of the requirement that the token does not meet.
fn lacking(requirement: &Requirement, token: &VerifiedToken, lacks: &mut Vec<String>) {
    match requirement {
        met if met.is_met_by(token) => {}
        Requirement::AllOf(members) => {
            for member in *members {
                lacking(member, token, lacks);
            }
        }
        single => lacks.push(single.to_string()),
    }
}

fn advice(requirement: &Requirement, token: &VerifiedToken) -> String {
    let claims = token.claims();
    let wanted = requirement.scopes().into_iter().filter(|scope| !claims.scopes.contains(scope));
    let wanted: Vec<&str> = wanted.collect();
    if wanted.is_empty() {
        return "have the issuer grant what is missing to the user or client, and request a new \
                token"
            .to_owned();
    }
    let is_permission = |scope: &&&str| claims.permissions.iter().any(|held| held == **scope);
    if let Some(scope) = wanted.iter().find(is_permission) {
        return format!(
            "the token has {scope} as a permission, not as a scope: request it as a scope \
             (scope={scope}), or guard the route with Permitted instead of Scoped"
        );
    }
    format!(
        "request the token with scope={}; the issuer must have the scope and may have to be told to \
         grant it to this user and client (with Auth0: the API's Permissions)",
        wanted.join("%20")
    )
}
