//! Requirements: what a valid token must hold, and combinations of it.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::authentication::AuthenticationRequirement;
use super::input::PolicyInput;
use super::rule::{NamedRule, RuleCondition};

/// What is required of a valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// The token grants this scope (RFC 6749 section 3.3).
    Scope(NamedGrant),
    /// The token grants this permission (Auth0 RBAC).
    Permission(NamedGrant),
    /// The subject has this role.
    Role(NamedGrant),
    /// A rule of the application is met.
    Rule(NamedRule),
    /// The user's authentication was strong and recent enough (RFC 9470).
    Authentication(AuthenticationRequirement),
    /// The token is bound to its sender, who has proven it (RFC 9449, RFC 8705).
    Bound,
    /// The issuer confirms that the token is active now (RFC 7662).
    Fresh,
    /// All of these are met.
    AllOf(&'static [Requirement]),
    /// At least one of these is met.
    AnyOf(&'static [Requirement]),
}

/// A scope, permission or role with its description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedGrant {
    /// The name, as a token carries it.
    pub name: &'static str,
    /// What it allows, in words; empty if its declaration has no doc comment.
    pub description: &'static str,
}

/// What a decision depends on apart from the token.
pub(super) struct Dependencies {
    /// The request's path.
    pub(super) path: bool,
    /// The time.
    pub(super) time: bool,
    /// The issuer's confirmation that the token is active now.
    pub(super) freshness: bool,
}

impl Requirement {
    /// Whether a token meets it, on this path and at this time.
    pub fn is_met(&self, input: &PolicyInput<'_>) -> bool {
        let claims = input.token().claims();
        match self {
            Self::Scope(scope) => claims.scopes.contains(scope.name),
            Self::Permission(permission) => {
                claims.permissions.iter().any(|held| held == permission.name)
            }
            Self::Role(role) => claims.roles.iter().any(|held| held == role.name),
            Self::Rule(rule) => rule.is_met(input),
            Self::Authentication(authentication) => authentication.is_met(input),
            // A verifier rejects a bound token whose sender has not proven the binding.
            Self::Bound => claims.binding().is_some(),
            // The issuer was asked before any requirement is judged, unless it has no introspection.
            Self::Fresh => input.is_confirmed(),
            Self::AllOf(all) => all.iter().all(|requirement| requirement.is_met(input)),
            Self::AnyOf(any) => any.iter().any(|requirement| requirement.is_met(input)),
        }
    }

    /// Every scope it names, each once, in the order of the declaration.
    pub fn scopes(&self) -> Vec<&'static str> {
        self.named_scopes().into_iter().map(|scope| scope.name).collect()
    }

    /// Every scope it names with its description, each once.
    pub fn named_scopes(&self) -> Vec<NamedGrant> {
        let mut scopes: Vec<NamedGrant> = Vec::new();
        self.each(&mut |requirement| {
            if let Self::Scope(scope) = requirement
                && !scopes.iter().any(|other| other.name == scope.name)
            {
                scopes.push(*scope);
            }
        });
        scopes
    }

    /// Visits the single requirements that it is made of, in the order of the declaration.
    pub fn each(&self, visit: &mut dyn FnMut(&Self)) {
        match self {
            Self::AllOf(members) | Self::AnyOf(members) => {
                for member in *members {
                    member.each(visit);
                }
            }
            single => visit(single),
        }
    }

    /// What the decision depends on apart from the token.
    pub(super) const fn depends_on(&self) -> Dependencies {
        let mut found = Dependencies { path: false, time: false, freshness: false };
        match self {
            Self::Rule(rule) => {
                found.path = rule.reads_path();
                found.time = matches!(rule.condition, RuleCondition::ClaimsAndPath { .. });
            }
            Self::Authentication(_) => found.time = true,
            Self::Fresh => found.freshness = true,
            Self::AllOf(members) | Self::AnyOf(members) => {
                let mut members = *members;
                while let [first, rest @ ..] = members {
                    let of_member = first.depends_on();
                    found.path |= of_member.path;
                    found.time |= of_member.time;
                    found.freshness |= of_member.freshness;
                    members = rest;
                }
            }
            _ => {}
        }
        found
    }
}

/// As the route table prints it, and as a policy file is written.
impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (members, conjunction) = match self {
            Self::Scope(scope) => return write!(formatter, "scope {}", Name(scope.name)),
            Self::Permission(held) => return write!(formatter, "permission {}", Name(held.name)),
            Self::Role(role) => return write!(formatter, "role {}", Name(role.name)),
            Self::Rule(rule) => return write!(formatter, "rule {}", rule.name),
            Self::Authentication(authentication) => {
                return write!(formatter, "authentication {}", authentication.name);
            }
            Self::Bound => return formatter.write_str("bound"),
            Self::Fresh => return formatter.write_str("fresh"),
            Self::AllOf(members) => (members, " and "),
            Self::AnyOf(members) => (members, " or "),
        };
        for (place, member) in members.iter().enumerate() {
            if place > 0 {
                formatter.write_str(conjunction)?;
            }
            match member {
                Self::AllOf(inner) | Self::AnyOf(inner) if inner.len() > 1 => {
                    write!(formatter, "({member})")?;
                }
                single => single.fmt(formatter)?,
            }
        }
        Ok(())
    }
}

/// A name, in quotes if it could be taken for something else.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |character: char| !" (),".contains(character);
        if self.0.chars().all(is_plain) && !matches!(self.0, "and" | "or") {
            formatter.write_str(self.0)
        } else {
            write!(formatter, "\"{}\"", self.0)
        }
    }
}

impl Serialize for Requirement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Scope(scope) => map.serialize_entry("scope", scope.name)?,
            Self::Permission(permission) => map.serialize_entry("permission", permission.name)?,
            Self::Role(role) => map.serialize_entry("role", role.name)?,
            Self::Rule(rule) => {
                map.serialize_entry("rule", rule.name)?;
                if rule.reads_path() {
                    map.serialize_entry("condition", &rule.condition.to_string())?;
                }
            }
            Self::Authentication(authentication) => {
                map.serialize_entry("authentication", authentication)?;
            }
            Self::Bound => map.serialize_entry("bound", &true)?,
            Self::Fresh => map.serialize_entry("fresh", &true)?,
            Self::AllOf(members) => map.serialize_entry("all_of", members)?,
            Self::AnyOf(members) => map.serialize_entry("any_of", members)?,
        }
        map.end()
    }
}
