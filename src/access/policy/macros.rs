//! The macros that declare scopes, permissions and rules as types.

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
/// What is no scope-token (RFC 6749 section 3.3) does not compile:
///
/// ```compile_fail
/// actix_resource_server::scopes! { pub TwoWords = "two words"; }
/// ```
#[macro_export]
macro_rules! scopes {
    ($($(#[doc = $doc:literal])* $visibility:vis $name:ident = $scope:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug)]
        $visibility struct $name;

        const _: () = ::core::assert!(
            $crate::token::is_scope_token($scope),
            ::core::concat!(
                "`", $scope, "` is no scope-token: write one or more printable ASCII characters \
                 without space, double quote and backslash, as in \"read:messages\"",
            ),
        );

        impl $crate::access::Require for $name {
            const REQUIREMENT: $crate::access::Requirement =
                $crate::access::Requirement::Scope($crate::access::NamedGrant {
                    name: $scope,
                    description: $crate::access::description(::core::concat!($($doc, "\n"),*)),
                });
        }

        impl $crate::access::RequireScopes for $name {}
    )*};
}

/// Declares permissions, as Auth0's RBAC puts them into the `permissions` claim, as types.
///
/// ```
/// use actix_resource_server::{permissions, Guard, Permitted};
///
/// permissions! {
///     /// Remove anybody's messages.
///     pub Moderate = "moderate:messages";
/// }
///
/// assert_eq!(<Permitted<Moderate>>::POLICY.to_string(), "permission moderate:messages");
/// ```
///
/// An empty permission, or one with control characters, does not compile:
///
/// ```compile_fail
/// actix_resource_server::permissions! { pub Nothing = ""; }
/// ```
#[macro_export]
macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $visibility:vis $name:ident = $permission:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug)]
        $visibility struct $name;

        const _: () = ::core::assert!(
            $crate::access::is_printable_name($permission),
            ::core::concat!(
                "`", $permission, "` is no name for a permission: write one or more printable \
                 ASCII characters without double quote and backslash, as in \"read:messages\"",
            ),
        );

        impl $crate::access::Require for $name {
            const REQUIREMENT: $crate::access::Requirement =
                $crate::access::Requirement::Permission($crate::access::NamedGrant {
                    name: $permission,
                    description: $crate::access::description(::core::concat!($($doc, "\n"),*)),
                });
        }

        impl $crate::access::RequirePermissions for $name {}
    )*};
}

/// Declares rules over the claims as types, so that they too have a name in the signature and in
/// the route table.
///
/// ```
/// use actix_resource_server::{rules, scopes, Authorized, Guard};
/// use serde::Deserialize;
///
/// scopes! { pub WriteMessages = "write:messages"; }
///
/// #[derive(Deserialize)]
/// struct Seniority { level: u8 }
///
/// rules! {
///     /// A member of the organisation Acme.
///     pub MemberOfAcme = claim "org_id" equals "org_acme";
///     /// One of the editors.
///     pub Editor = claim "https://acme.example/roles" includes "editor";
///     /// At level three or above.
///     pub Senior = |claims: Seniority| claims.level >= 3;
/// }
///
/// type MayWrite = Authorized<(MemberOfAcme, WriteMessages)>;
/// assert_eq!(MayWrite::POLICY.to_string(), "rule MemberOfAcme and scope write:messages");
/// ```
///
/// `equals` compares with a text, number or truth value; `includes` looks for one in an array, or
/// for a word in a space-separated text. A closure gets all claims as the type it names; claims
/// that cannot be read as that type do not satisfy the rule. A token that fails a rule is answered
/// 403.
#[macro_export]
macro_rules! rules {
    () => {};
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            claim $claim:literal equals $value:expr; $($rest:tt)*
    ) => {
        $crate::rules! { @rule [$($doc)*] $visibility $name =
            |token| token.claim_equals($claim, $value) }
        $crate::rules! { $($rest)* }
    };
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            claim $claim:literal includes $value:expr; $($rest:tt)*
    ) => {
        $crate::rules! { @rule [$($doc)*] $visibility $name =
            |token| token.claim_includes($claim, $value) }
        $crate::rules! { $($rest)* }
    };
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            |$claims:ident: $type:ty| $predicate:expr; $($rest:tt)*
    ) => {
        $crate::rules! { @rule [$($doc)*] $visibility $name =
            |token| token.claims_as::<$type>().is_ok_and(|$claims| $predicate) }
        $crate::rules! { $($rest)* }
    };
    (@rule [$($doc:literal)*] $visibility:vis $name:ident = |$token:ident| $holds:expr) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        $visibility struct $name;

        impl $crate::access::Require for $name {
            const REQUIREMENT: $crate::access::Requirement = {
                fn holds($token: &$crate::token::VerifiedToken) -> bool {
                    $holds
                }
                $crate::access::Requirement::Rule($crate::access::NamedRule {
                    name: ::core::stringify!($name),
                    description: $crate::access::description(::core::concat!($($doc, "\n"),*)),
                    holds,
                })
            };
        }
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
