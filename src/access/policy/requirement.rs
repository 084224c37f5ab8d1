//! What a valid token must hold besides: scopes, permissions, rules, and combinations of them.

use std::fmt;
use std::marker::PhantomData;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::token::VerifiedToken;

/// What is required of a valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// The `scope` claim grants this scope (RFC 6749 section 3.3).
    Scope(NamedGrant),
    /// The `permissions` claim holds this permission (Auth0 RBAC).
    Permission(NamedGrant),
    /// A rule of the application's own holds.
    Rule(NamedRule),
    /// The token is bound to its sender by DPoP or mTLS, and the binding was proven
    /// (RFC 9449, RFC 8705).
    Bound,
    /// All of these are met.
    AllOf(&'static [Requirement]),
    /// At least one of these is met.
    AnyOf(&'static [Requirement]),
}

/// A scope or permission with its description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedGrant {
    /// The name, as a token carries it.
    pub name: &'static str,
    /// What it allows, in words; empty if its declaration says nothing.
    pub description: &'static str,
}

/// A rule with its name and description.
#[derive(Debug, Clone, Copy)]
pub struct NamedRule {
    /// The rule's name, for the route table.
    pub name: &'static str,
    /// What it demands, in words; empty if its declaration says nothing.
    pub description: &'static str,
    /// The rule itself.
    pub holds: fn(&VerifiedToken) -> bool,
}

/// A type that stands for a [`Requirement`]: a scope, a permission, a rule, a tuple of them (all
/// of), or [`AnyOf`] a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope, permission or rule",
    label = "this type requires nothing of a token",
    note = "declare scopes with `scopes! {{ pub ReadMessages = \"read:messages\"; }}`, permissions \
            with `permissions!` and rules with `rules!`; combine them as `(A, B)` for all of them \
            and `AnyOf<(A, B)>` for one of them"
)]
pub trait Require: 'static {
    /// What the type requires.
    const REQUIREMENT: Requirement;
}

/// A [`Require`] made of scopes alone: what `Scoped` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope",
    label = "`Scoped` takes scopes alone",
    note = "declare a scope with `scopes! {{ pub ReadMessages = \"read:messages\"; }}`; combine \
            scopes as `(A, B)` or `AnyOf<(A, B)>`; for permissions write `Permitted<…>`, for a \
            mixture `Authorized<…>`"
)]
pub trait RequireScopes: Require {}

/// A [`Require`] made of permissions alone: what `Permitted` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a permission",
    label = "`Permitted` takes permissions alone",
    note = "declare a permission with `permissions! {{ pub Moderate = \"moderate:messages\"; }}`; \
            combine permissions as `(A, B)` or `AnyOf<(A, B)>`; for scopes write `Scoped<…>`, for \
            a mixture `Authorized<…>`"
)]
pub trait RequirePermissions: Require {}

/// A token that is bound to its sender, so that it is worthless to anyone who steals it.
///
/// The sender has proven the binding by a DPoP proof (RFC 9449) or a client certificate (RFC 8705)
/// before any requirement is judged. A token that is not bound is answered 401.
///
/// ```
/// use actix_resource_server::{Authorized, Bound, Guard, scopes};
///
/// scopes! { pub Pay = "payments:write"; }
///
/// type MayPay = Authorized<(Bound, Pay)>;
/// assert_eq!(MayPay::POLICY.to_string(), "bound and scope payments:write");
/// ```
#[derive(Debug)]
pub struct Bound;

impl Require for Bound {
    const REQUIREMENT: Requirement = Requirement::Bound;
}

/// At least one of a tuple: `AnyOf<(ReadMessages, Administer)>`.
///
/// ```
/// use actix_resource_server::{scopes, AnyOf, Guard, Scoped};
///
/// scopes! { pub Read = "read"; pub Write = "write"; pub Administer = "administer"; }
///
/// type Editor = Scoped<AnyOf<((Read, Write), Administer)>>;
/// assert_eq!(Editor::POLICY.to_string(), "(scope read and scope write) or scope administer");
/// ```
#[derive(Debug)]
pub struct AnyOf<T: RequirementTuple>(PhantomData<T>);

/// A tuple of requirements, not yet said whether all or any of them.
#[diagnostic::on_unimplemented(
    message = "`AnyOf` takes a tuple of scopes, permissions or rules, and `{Self}` is none",
    label = "not a tuple of requirements",
    note = "write `AnyOf<(A, B)>`"
)]
pub trait RequirementTuple: 'static {
    /// What the members require, in their order.
    const REQUIREMENTS: &'static [Requirement];
}

impl<T: RequirementTuple> Require for AnyOf<T> {
    const REQUIREMENT: Requirement = Requirement::AnyOf(T::REQUIREMENTS);
}

impl<T: RequirementTuple + RequireScopes> RequireScopes for AnyOf<T> {}
impl<T: RequirementTuple + RequirePermissions> RequirePermissions for AnyOf<T> {}

macro_rules! tuples {
    ($($($member:ident)+,)+) => {$(
        impl<$($member: Require),+> RequirementTuple for ($($member,)+) {
            const REQUIREMENTS: &'static [Requirement] = &[$($member::REQUIREMENT),+];
        }

        impl<$($member: Require),+> Require for ($($member,)+) {
            const REQUIREMENT: Requirement = Requirement::AllOf(<Self as RequirementTuple>::REQUIREMENTS);
        }

        impl<$($member: RequireScopes),+> RequireScopes for ($($member,)+) {}
        impl<$($member: RequirePermissions),+> RequirePermissions for ($($member,)+) {}
    )+};
}

tuples! {
    A, A B, A B C, A B C D, A B C D E, A B C D E F, A B C D E F G, A B C D E F G H,
}

impl Requirement {
    /// Whether the token meets it.
    pub fn is_met_by(&self, token: &VerifiedToken) -> bool {
        self.is_met(token, token.claims().binding().is_some())
    }

    /// Whether the token would meet it if it were bound to its sender.
    pub(in crate::access) fn is_met_if_bound(&self, token: &VerifiedToken) -> bool {
        self.is_met(token, true)
    }

    fn is_met(&self, token: &VerifiedToken, is_bound: bool) -> bool {
        match self {
            Self::Scope(scope) => token.claims().scopes.contains(scope.name),
            Self::Permission(permission) => {
                token.claims().permissions.iter().any(|held| held == permission.name)
            }
            Self::Rule(rule) => (rule.holds)(token),
            Self::Bound => is_bound,
            Self::AllOf(all) => all.iter().all(|requirement| requirement.is_met(token, is_bound)),
            Self::AnyOf(any) => any.iter().any(|requirement| requirement.is_met(token, is_bound)),
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

    /// Visits the scopes, permissions and rules it is made of.
    fn each(&self, visit: &mut dyn FnMut(&Self)) {
        match self {
            Self::AllOf(members) | Self::AnyOf(members) => {
                for member in *members {
                    member.each(visit);
                }
            }
            single => visit(single),
        }
    }
}

impl PartialEq for NamedRule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for NamedRule {}

impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (members, word) = match self {
            Self::Scope(scope) => return write!(formatter, "scope {}", scope.name),
            Self::Permission(held) => return write!(formatter, "permission {}", held.name),
            Self::Rule(rule) => return write!(formatter, "rule {}", rule.name),
            Self::Bound => return formatter.write_str("bound"),
            Self::AllOf(members) => (members, " and "),
            Self::AnyOf(members) => (members, " or "),
        };
        for (place, member) in members.iter().enumerate() {
            if place > 0 {
                formatter.write_str(word)?;
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

impl Serialize for Requirement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Scope(scope) => map.serialize_entry("scope", scope.name)?,
            Self::Permission(permission) => map.serialize_entry("permission", permission.name)?,
            Self::Rule(rule) => map.serialize_entry("rule", rule.name)?,
            Self::Bound => map.serialize_entry("bound", &true)?,
            Self::AllOf(members) => map.serialize_entry("all_of", members)?,
            Self::AnyOf(members) => map.serialize_entry("any_of", members)?,
        }
        map.end()
    }
}
