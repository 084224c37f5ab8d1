//! Types that stand for requirements, and their combinations.

use std::marker::PhantomData;

use super::requirement::Requirement;

/// A type that stands for a [`Requirement`]: a scope, permission, role, rule or authentication,
/// [`Bound`], a tuple of them (all of), or [`AnyOf`] a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope, permission, role, rule or authentication",
    label = "this type requires nothing of a token",
    note = "declare scopes with `scopes! {{ pub ReadMessages = \"read:messages\"; }}`, and others \
            with `permissions!`, `roles!`, `rules!` and `authentication!`; combine them as `(A, B)` \
            for all of them and `AnyOf<(A, B)>` for one of them"
)]
pub trait Require: 'static {
    /// What the type requires.
    const REQUIREMENT: Requirement;
}

/// A [`Require`] made only of scopes: what `Scoped` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope",
    label = "`Scoped` takes only scopes",
    note = "declare a scope with `scopes! {{ pub ReadMessages = \"read:messages\"; }}`; combine \
            scopes as `(A, B)` or `AnyOf<(A, B)>`; for permissions write `Permitted<…>`, for roles \
            `InRole<…>`, for a mixture `Authorized<…>`"
)]
pub trait RequireScopes: Require {}

/// A [`Require`] made only of permissions: what `Permitted` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a permission",
    label = "`Permitted` takes only permissions",
    note = "declare a permission with `permissions! {{ pub Moderate = \"moderate:messages\"; }}`; \
            combine permissions as `(A, B)` or `AnyOf<(A, B)>`; for scopes write `Scoped<…>`, for \
            roles `InRole<…>`, for a mixture `Authorized<…>`"
)]
pub trait RequirePermissions: Require {}

/// A [`Require`] made only of roles: what `InRole` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a role",
    label = "`InRole` takes only roles",
    note = "declare a role with `roles! {{ pub Admin = \"admin\"; }}`; combine roles as `(A, B)` or \
            `AnyOf<(A, B)>`; for scopes write `Scoped<…>`, for permissions `Permitted<…>`, for a \
            mixture `Authorized<…>`"
)]
pub trait RequireRoles: Require {}

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

/// The token is bound to its sender, by DPoP (RFC 9449) or a client certificate (RFC 8705), and the
/// sender has proven it.
///
/// A request with any other token is rejected with 401 `invalid_token`.
///
/// ```
/// use actix_resource_server::{scopes, Authorized, Bound, Guard};
///
/// scopes! { pub WritePayments = "write:payments"; }
///
/// type MayPay = Authorized<(Bound, WritePayments)>;
/// assert_eq!(MayPay::POLICY.to_string(), "bound and scope write:payments");
/// ```
#[derive(Debug)]
pub struct Bound;

/// A tuple of requirements, for which it is not yet said whether all or any of them are meant.
#[diagnostic::on_unimplemented(
    message = "`AnyOf` takes a tuple of requirements, and `{Self}` is not one",
    label = "not a tuple of requirements",
    note = "write `AnyOf<(A, B)>`"
)]
pub trait RequirementTuple: 'static {
    /// What the members require, in their order.
    const REQUIREMENTS: &'static [Requirement];
}

impl Require for Bound {
    const REQUIREMENT: Requirement = Requirement::Bound;
}

/// A token that its issuer confirms to be active now, whatever the cache says: for routes where a
/// revoked token must not get through.
///
/// The issuer is asked before any requirement is judged (RFC 7662), so a route that names `Fresh`
/// anywhere asks with every request. If the issuer cannot be asked, the response is 503. If no issuer has
/// introspection, [`RouteTable::check`](crate::access::RouteTable::check) says so when the program
/// starts, and the response is 500.
///
/// ```
/// use actix_resource_server::{Authorized, Fresh, Guard, scopes};
///
/// scopes! { pub Pay = "payments:write"; }
///
/// type MayPay = Authorized<(Fresh, Pay)>;
/// assert_eq!(MayPay::POLICY.to_string(), "fresh and scope payments:write");
/// ```
#[derive(Debug)]
pub struct Fresh;

impl Require for Fresh {
    const REQUIREMENT: Requirement = Requirement::Fresh;
}

impl<T: RequirementTuple> Require for AnyOf<T> {
    const REQUIREMENT: Requirement = Requirement::AnyOf(T::REQUIREMENTS);
}

impl<T: RequirementTuple + RequireScopes> RequireScopes for AnyOf<T> {}
impl<T: RequirementTuple + RequirePermissions> RequirePermissions for AnyOf<T> {}
impl<T: RequirementTuple + RequireRoles> RequireRoles for AnyOf<T> {}

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
        impl<$($member: RequireRoles),+> RequireRoles for ($($member,)+) {}
    )+};
}

tuples! {
    A, A B, A B C, A B C D, A B C D E, A B C D E F, A B C D E F G, A B C D E F G H,
}
