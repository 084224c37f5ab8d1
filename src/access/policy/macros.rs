//! Macros that declare scopes, permissions and roles as types.

mod authentication;
mod rules;

/// Declares scopes as types, so that a handler's signature can name them.
///
/// The doc comment of a scope becomes its description in the route table and the OpenAPI document.
///
/// ```
/// use actix_resource_server::{scopes, Guard, Scoped};
///
/// scopes! {
///     /// Read the caller's messages.
///     pub ReadMessages = "read:messages";
///     /// Write messages in the caller's name.
///     pub WriteMessages = "write:messages";
/// }
///
/// assert_eq!(<Scoped<ReadMessages>>::POLICY.to_string(), "scope read:messages");
/// ```
///
/// A name that is not a scope-token (RFC 6749 section 3.3) does not compile:
///
/// ```compile_fail
/// actix_resource_server::scopes! { pub TwoWords = "two words"; }
/// ```
#[macro_export]
macro_rules! scopes {
    ($($(#[doc = $doc:literal])* $visibility:vis $name:ident = $scope:literal;)*) => {$(
        const _: () = ::core::assert!(
            $crate::token::is_scope_token($scope),
            ::core::concat!(
                "`", $scope, "` is not a valid scope: write one or more printable ASCII characters \
                 without space, double quote and backslash, as in \"read:messages\"",
            ),
        );

        $crate::__grant! { [$($doc)*] $visibility $name = Scope, RequireScopes, $scope }
    )*};
}

/// Declares permissions, as Auth0's RBAC puts them into the `permissions` claim, as types.
///
/// ```
/// use actix_resource_server::{permissions, Guard, Permitted};
///
/// permissions! {
///     /// Remove the messages of others.
///     pub Moderate = "moderate:messages";
/// }
///
/// assert_eq!(<Permitted<Moderate>>::POLICY.to_string(), "permission moderate:messages");
/// ```
///
/// An empty name does not compile:
///
/// ```compile_fail
/// actix_resource_server::permissions! { pub Nothing = ""; }
/// ```
#[macro_export]
macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $visibility:vis $name:ident = $permission:literal;)*) => {$(
        const _: () = ::core::assert!(
            $crate::access::is_printable_name($permission),
            ::core::concat!(
                "`", $permission, "` is not a valid permission: write one or more printable ASCII \
                 characters without double quote and backslash, as in \"read:messages\"",
            ),
        );

        $crate::__grant! {
            [$($doc)*] $visibility $name = Permission, RequirePermissions, $permission
        }
    )*};
}

/// Declares roles as types.
///
/// ```
/// use actix_resource_server::{roles, Guard, InRole};
///
/// roles! {
///     /// Runs the shop.
///     pub Admin = "admin";
/// }
///
/// assert_eq!(<InRole<Admin>>::POLICY.to_string(), "role admin");
/// ```
///
/// An empty name does not compile:
///
/// ```compile_fail
/// actix_resource_server::roles! { pub Nothing = ""; }
/// ```
#[macro_export]
macro_rules! roles {
    ($($(#[doc = $doc:literal])* $visibility:vis $name:ident = $role:literal;)*) => {$(
        const _: () = ::core::assert!(
            $crate::access::is_printable_name($role),
            ::core::concat!(
                "`", $role, "` is not a valid role: write one or more printable ASCII characters \
                 without double quote and backslash, as in \"admin\"",
            ),
        );

        $crate::__grant! { [$($doc)*] $visibility $name = Role, RequireRoles, $role }
    )*};
}

/// The type of a scope, permission or role.
#[doc(hidden)]
#[macro_export]
macro_rules! __grant {
    (
        [$($doc:literal)*] $visibility:vis $name:ident =
            $kind:ident, $required:ident, $grant:literal
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        $visibility struct $name;

        impl $crate::access::Require for $name {
            const REQUIREMENT: $crate::access::Requirement =
                $crate::access::Requirement::$kind($crate::access::NamedGrant {
                    name: $grant,
                    description: $crate::access::description(::core::concat!($($doc, "\n"),*)),
                });
        }

        impl $crate::access::$required for $name {}
    };
}

/// The text of a doc comment without the space that rustdoc puts before it.
#[doc(hidden)]
pub const fn description(doc: &'static str) -> &'static str {
    doc.trim_ascii()
}

/// Whether `text` can stand in a challenge and in a log: `%x20-21 / %x23-5B / %x5D-7E`.
#[doc(hidden)]
pub const fn is_printable_name(text: &str) -> bool {
    let mut bytes = text.as_bytes();
    if bytes.is_empty() {
        return false;
    }
    while let [byte, rest @ ..] = bytes {
        if !matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return false;
        }
        bytes = rest;
    }
    true
}
