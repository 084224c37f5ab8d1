//! Macro that declares rules over claims and path parameters as types.

/// Declares rules over the claims and the path as types, so that they have a name in the signature
/// and in the route table.
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
/// #[derive(Deserialize)]
/// struct Caller { sub: String }
///
/// #[derive(Deserialize)]
/// struct NotePath { owner: String }
///
/// rules! {
///     /// A member of the organization Acme.
///     pub MemberOfAcme = claim "org_id" equals "org_acme";
///     /// One of the editors.
///     pub Editor = claim "realm_access.roles" includes "editor";
///     /// At level three or above.
///     pub Senior = |claims: Seniority| claims.level >= 3;
///     /// The tenant in the path is the caller's own.
///     pub OwnTenant = path "tenant" equals claim "org_id";
///     /// The region in the path is one of the caller's.
///     pub OwnRegion = path "region" is one of claim "regions";
///     /// The note in the path is the caller's own.
///     pub Owner = |claims: Caller, path: NotePath| path.owner == claims.sub;
/// }
///
/// type MayWrite = Authorized<(MemberOfAcme, WriteMessages)>;
/// assert_eq!(MayWrite::POLICY.to_string(), "rule MemberOfAcme and scope write:messages");
/// ```
///
/// | rule | met if |
/// |---|---|
/// | `claim … equals …` | the claim is this string, number or boolean |
/// | `claim … includes …` | the claim is an array that holds it, or a space-separated string that holds this word |
/// | `\|claims: T\| …` | the claims can be read as `T`, and the expression is true |
/// | `path … equals claim …` | the percent-decoded path parameter is the claim, code point by code point |
/// | `path … is one of claim …` | it is one of the claim's values |
/// | `\|claims: T, path: P\| …` | claims and path parameters can be read as `T` and `P`, and the expression is true |
///
/// A claim is named as in [`VerifiedToken::claim_at`](crate::token::VerifiedToken::claim_at): by its
/// name, a path with dots, or a JSON pointer. `P` is read as `web::Path` reads it.
///
/// A token that does not meet a rule is answered with 403. A rule over the path is checked against
/// the path of its route when the routes are built: [`Routes`](crate::Routes) panics if the route
/// lacks a parameter.
#[macro_export]
macro_rules! rules {
    () => {};
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            claim $claim:literal equals $value:expr; $($rest:tt)*
    ) => {
        $crate::rules! { @claim [$($doc)*] $visibility $name =
            ::core::concat!("claim ", ::core::stringify!($claim), " equals ", ::core::stringify!($value)),
            |token| token.claim_equals($claim, $value) }
        $crate::rules! { $($rest)* }
    };
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            claim $claim:literal includes $value:expr; $($rest:tt)*
    ) => {
        $crate::rules! { @claim [$($doc)*] $visibility $name =
            ::core::concat!("claim ", ::core::stringify!($claim), " includes ", ::core::stringify!($value)),
            |token| token.claim_includes($claim, $value) }
        $crate::rules! { $($rest)* }
    };
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            path $parameter:literal equals claim $claim:literal; $($rest:tt)*
    ) => {
        $crate::rules! { @rule [$($doc)*] $visibility $name =
            $crate::access::RuleCondition::PathEqualsClaim {
                parameter: $parameter,
                claim: $claim,
            } }
        $crate::rules! { $($rest)* }
    };
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            path $parameter:literal is one of claim $claim:literal; $($rest:tt)*
    ) => {
        $crate::rules! { @rule [$($doc)*] $visibility $name =
            $crate::access::RuleCondition::PathIsOneOfClaim {
                parameter: $parameter,
                claim: $claim,
            } }
        $crate::rules! { $($rest)* }
    };
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            |$claims:ident: $type:ty| $predicate:expr; $($rest:tt)*
    ) => {
        $crate::rules! { @claims [$($doc)*] $visibility $name =
            |token| token.claims_as::<$type>().is_ok_and(|$claims| $predicate) }
        $crate::rules! { $($rest)* }
    };
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            |$claims:ident: $type:ty, $path:ident: $parameters:ty| $predicate:expr; $($rest:tt)*
    ) => {
        $crate::rules! { @rule [$($doc)*] $visibility $name = {
            fn holds(input: &$crate::access::PolicyInput<'_>) -> bool {
                let ::core::option::Option::Some($path) = input.path().read::<$parameters>() else {
                    return false;
                };
                input.token().claims_as::<$type>().is_ok_and(|$claims| $predicate)
            }
            $crate::access::RuleCondition::ClaimsAndPath {
                shape: $crate::access::PathShape::of::<$parameters>,
                holds,
            }
        } }
        $crate::rules! { $($rest)* }
    };
    (@claims [$($doc:literal)*] $visibility:vis $name:ident = |$token:ident| $holds:expr) => {
        $crate::rules! { @rule [$($doc)*] $visibility $name = {
            fn holds($token: &$crate::token::VerifiedToken) -> bool {
                $holds
            }
            $crate::access::RuleCondition::Claims(holds)
        } }
    };
    (
        @claim [$($doc:literal)*] $visibility:vis $name:ident =
            $text:expr, |$token:ident| $holds:expr
    ) => {
        $crate::rules! { @rule [$($doc)*] $visibility $name = {
            fn holds($token: &$crate::token::VerifiedToken) -> bool {
                $holds
            }
            $crate::access::RuleCondition::Claim { text: $text, holds }
        } }
    };
    (@rule [$($doc:literal)*] $visibility:vis $name:ident = $condition:expr) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        $visibility struct $name;

        impl $crate::access::Require for $name {
            const REQUIREMENT: $crate::access::Requirement =
                $crate::access::Requirement::Rule($crate::access::NamedRule {
                    name: ::core::stringify!($name),
                    description: $crate::access::description(::core::concat!($($doc, "\n"),*)),
                    condition: $condition,
                });
        }
    };
    // Anything else. Internal rules begin with `@` and are complete above.
    ($(#[doc = $doc:literal])* $visibility:vis $name:ident = $($unknown:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($name), "` is not a rule: write `claim \"org_id\" equals \
             \"acme\"`, `claim \"roles\" includes \"editor\"`, `path \"tenant\" equals claim \
             \"org_id\"`, `path \"region\" is one of claim \"regions\"`, `|claims: T| …` or \
             `|claims: T, path: P| …`, and a semicolon",
        ));
    };
}
