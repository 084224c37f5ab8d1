//! Macro that declares step-up requirements as types.

/// Declares requirements on the user's sign-in as types: how strong (`acr`) and how recent
/// (`max_age`, in seconds) it must have been (RFC 9470).
///
/// ```
/// use actix_resource_server::{authentication, Authorized, Guard};
///
/// authentication! {
///     /// Signed in with a second factor, at most five minutes ago.
///     pub RecentSecondFactor = acr "urn:example:2fa" or "phr", max_age 300;
///     /// Signed in with a phishing-resistant factor.
///     pub PhishingResistant = acr "phr";
///     /// Signed in within the last hour.
///     pub Recent = max_age 3600;
/// }
///
/// type MayPay = Authorized<RecentSecondFactor>;
/// assert_eq!(MayPay::POLICY.to_string(), "authentication RecentSecondFactor");
/// ```
///
/// `acr` is one of the values, in order of preference. `max_age` counts from the claim `auth_time`,
/// and the verifier's clock tolerance is added to it. A token without the claim does not meet the
/// requirement. A token that lacks nothing else is answered with 401 and
/// `insufficient_user_authentication`; the challenge names the `acr` values, the age and the
/// route's scopes, so that a client can sign the user in and be done.
///
/// A `max_age` of zero admits no one, and does not compile:
///
/// ```compile_fail
/// actix_resource_server::authentication! { pub Never = max_age 0; }
/// ```
#[macro_export]
macro_rules! authentication {
    () => {};
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            acr $first:literal $(or $other:literal)*, max_age $max_age:literal; $($rest:tt)*
    ) => {
        $crate::authentication! { @type [$($doc)*] $visibility $name =
            [$first $($other)*] ::core::option::Option::Some($max_age), $max_age }
        $crate::authentication! { $($rest)* }
    };
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            acr $first:literal $(or $other:literal)*; $($rest:tt)*
    ) => {
        $crate::authentication! { @type [$($doc)*] $visibility $name =
            [$first $($other)*] ::core::option::Option::None, 1 }
        $crate::authentication! { $($rest)* }
    };
    (
        $(#[doc = $doc:literal])* $visibility:vis $name:ident =
            max_age $max_age:literal; $($rest:tt)*
    ) => {
        $crate::authentication! { @type [$($doc)*] $visibility $name =
            [] ::core::option::Option::Some($max_age), $max_age }
        $crate::authentication! { $($rest)* }
    };
    (
        @type [$($doc:literal)*] $visibility:vis $name:ident =
            [$($acr:literal)*] $max_age:expr, $seconds:literal
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        $visibility struct $name;

        $(const _: () = ::core::assert!(
            $crate::token::is_scope_token($acr),
            ::core::concat!(
                "`", $acr, "` is not a valid acr value: write one or more printable ASCII \
                 characters without space, double quote and backslash, as in \"urn:example:2fa\"",
            ),
        );)*
        const _: () = ::core::assert!(
            $seconds > 0_u32,
            "max_age is the number of seconds since the sign-in, and must be at least 1",
        );

        impl $crate::access::Require for $name {
            const REQUIREMENT: $crate::access::Requirement =
                $crate::access::Requirement::Authentication(
                    $crate::access::AuthenticationRequirement::new(
                        ::core::stringify!($name),
                        $crate::access::description(::core::concat!($($doc, "\n"),*)),
                        &[$($acr),*],
                        $max_age,
                    ),
                );
        }
    };
    ($(#[doc = $doc:literal])* $visibility:vis $name:ident = $($unknown:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($name), "` is not an authentication: write `acr \
             \"urn:example:2fa\" or \"phr\"`, `max_age 300` or both with a comma between them, and \
             a semicolon",
        ));
    };
}
