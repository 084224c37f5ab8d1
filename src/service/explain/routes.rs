//! How each route answers a request with the token, decided by the route table's own policies.

use super::context::Context;
use super::grant_location;
use super::report::{RouteVerdict, WordVerdict};
use super::verdict::Verdict;
use crate::Policy;
use crate::access::{PolicyInput, Requirement, RouteEntry, Shortfall, ShortfallKind};
use crate::token::{Printable, VerifiedToken};

/// The verdict of each route, in the order of the table; with a path, of the routes that it leads to.
pub(super) fn verdicts(
    context: &Context<'_>,
    verdict: &Verdict,
    token: Option<&VerifiedToken>,
) -> Vec<RouteVerdict> {
    if *verdict == Verdict::NotJudged {
        return Vec::new();
    }
    let input = token.map(|token| {
        // What the issuer would answer is not known here.
        PolicyInput::new(token, context.now)
            .with_clock_tolerance(token.clock_tolerance())
            .with_confirmation(true)
    });
    let Some(path) = &context.path else {
        return context.routes.iter().map(|route| judge(route, verdict, input.as_ref())).collect();
    };
    let routes = context.routes.at(path);
    let judged = routes.iter().map(|(route, path)| {
        let input = input.map(|input| input.with_path(path.parameters()));
        let mut judged = judge(route, verdict, input.as_ref());
        if let (Some(requirement), Some(input)) = (route.policy.requirement(), &input) {
            requirement.each(&mut |single| judged.words.push(word(single, input)));
        }
        judged
    });
    judged.collect()
}

fn word(single: &Requirement, input: &PolicyInput<'_>) -> WordVerdict {
    let word = match single {
        Requirement::Rule(rule) if rule.reads_path() => format!("{single} ({})", rule.condition),
        _ => single.to_string(),
    };
    WordVerdict { word, is_met: single.is_met(input) }
}

fn judge(route: &RouteEntry, verdict: &Verdict, input: Option<&PolicyInput<'_>>) -> RouteVerdict {
    let mut judged = RouteVerdict {
        method: route.method.to_string(),
        path: route.path.clone(),
        policy: route.policy.to_string(),
        opens: false,
        status: None,
        words: Vec::new(),
        lacks: Vec::new(),
        advice: String::new(),
    };
    if matches!(route.policy, Policy::Public) {
        judged.opens = true;
        return judged;
    }
    let Some(input) = input else {
        judged.opens = *verdict == Verdict::NoCredentials && route.policy.admits_anonymous();
        judged.status = verdict.status().filter(|_| !judged.opens);
        return judged;
    };
    match (route.policy.decide(input), route.policy.requirement()) {
        (Err(shortfall), Some(requirement)) => {
            let grants = shortfall.kind() == ShortfallKind::Grant;
            judged.status = Some(if grants { 403 } else { 401 });
            lacking(requirement, input, &mut judged.lacks);
            judged.advice = advice(requirement, &shortfall, input.token());
        }
        _ => judged.opens = true,
    }
    judged
}

/// The parts of the requirement that the token does not meet.
fn lacking(requirement: &Requirement, input: &PolicyInput<'_>, lacks: &mut Vec<String>) {
    match requirement {
        met if met.is_met(input) => {}
        Requirement::AllOf(members) => {
            for member in *members {
                lacking(member, input, lacks);
            }
        }
        single => lacks.push(single.to_string()),
    }
}

fn advice(requirement: &Requirement, shortfall: &Shortfall, token: &VerifiedToken) -> String {
    let claims = token.claims();
    match shortfall.kind() {
        ShortfallKind::Authentication => {
            let acr = shortfall.acr_values();
            let acr = (!acr.is_empty()).then(|| format!("acr_values={}", acr.join("%20")));
            let age = shortfall.max_age().map(|seconds| format!("max_age={seconds}"));
            let wanted: Vec<String> = acr.into_iter().chain(age).collect();
            return format!(
                "have the user sign in again: send {} in the authorization request (RFC 9470)",
                wanted.join("&"),
            );
        }
        ShortfallKind::Binding => {
            return "request a token that is bound to its sender, with a DPoP proof or a client \
                    certificate at the token endpoint"
                .to_owned();
        }
        _ => {}
    }
    if let Some(advice) = kept_elsewhere(shortfall, token) {
        return advice;
    }
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

/// Advice for a grant that the token has in a claim which is not read for it.
fn kept_elsewhere(shortfall: &Shortfall, token: &VerifiedToken) -> Option<String> {
    const OF_OTHER_KINDS: [&str; 4] = ["scope", "permissions", "roles", "sub"];
    let claims = token.claims_as().ok()?;
    shortfall.missing().iter().find_map(|missing| {
        let (kind, setting, grant) = match missing {
            Requirement::Scope(grant) => ("scopes", "SCOPE_CLAIM", grant.name),
            Requirement::Permission(grant) => ("permissions", "PERMISSIONS_CLAIM", grant.name),
            Requirement::Role(grant) => ("roles", "ROLES_CLAIM", grant.name),
            _ => return None,
        };
        let claim = grant_location::find(&claims, grant)?;
        let is_of_another_kind = OF_OTHER_KINDS.contains(&claim.as_str());
        (!is_of_another_kind).then(|| {
            let claim = Printable::up_to(200, &claim);
            format!("this token keeps its {kind} in {claim}: set {setting}={claim}")
        })
    })
}
