//! Issuers that are looked up when a token names them.

pub(super) mod known_issuers;
pub(super) mod resolved_issuers;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use derive_more::{Display, Error};

use crate::issuer::TrustedIssuer;

/// Looks up the issuer that a token names in `iss`, among issuers that are not known at the start: those
/// of the tenants in a database, for example.
///
/// Only `iss` of a well-formed token is looked up, and the token is not verified: anyone can have written
/// it. Nothing is fetched for an `iss` unless the resolver returns an issuer for it. So it must not decide
/// by fetching something from the address in `iss`; it looks into what the operator knows.
///
/// Results are remembered, also that an issuer is not trusted; requests that need the same result share
/// one call; and the number of calls at a time is limited ([`ResolverLimits`]). Issuers that are given to
/// the builder are never looked up.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
///
/// use actix_resource_server::issuer::TrustedIssuer;
/// use actix_resource_server::token::Audiences;
/// use actix_resource_server::verifier::{IssuerResolver, ResolverUnavailable, Verifier};
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // In place of a database: issuers, and the audience that each customer uses.
/// let customers = HashMap::from([("https://login.customer.example/", "https://api.example/customer")]);
/// let customers = Arc::new(customers);
///
/// let resolver = IssuerResolver::new(move |iss: String| {
///     let customers = Arc::clone(&customers);
///     async move {
///         let Some(audience) = customers.get(iss.as_str()) else { return Ok(None) };
///         let audiences = Audiences::new([*audience]).map_err(|_| ResolverUnavailable)?;
///         let identifier = iss.parse().map_err(|_| ResolverUnavailable)?;
///         Ok(Some(TrustedIssuer::discovered(identifier, audiences)))
///     }
/// });
/// let verifier = Verifier::builder().resolver(resolver).start()?;
/// # let _ = verifier;
/// # Ok(())
/// # }
/// ```
#[derive(derive_more::Debug)]
pub struct IssuerResolver {
    #[debug(skip)]
    resolve: Box<Resolve>,
    limits: ResolverLimits,
}

type Resolve = dyn Fn(String) -> Resolving + Send + Sync;

/// The result of a lookup, once it is there.
type Resolving =
    Pin<Box<dyn Future<Output = Result<Option<TrustedIssuer>, ResolverUnavailable>> + Send>>;

/// The resolver cannot tell at the moment: requests with tokens of this issuer are answered 503.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("the issuer cannot be looked up at the moment")]
pub struct ResolverUnavailable;

/// Limits of an [`IssuerResolver`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolverLimits {
    /// How many trusted issuers are remembered at most: 1000. Beyond that the one that was unused for the
    /// longest time is forgotten.
    pub trusted: usize,
    /// How long a trusted issuer is remembered: 10 minutes. Then it is looked up again; until then, its
    /// tokens are accepted.
    pub trusted_lifetime: Duration,
    /// How many other values of `iss` are remembered at most: 10 000. Beyond that the oldest is forgotten.
    pub untrusted: usize,
    /// How long it is remembered that an issuer is not trusted: 60 seconds.
    pub untrusted_lifetime: Duration,
    /// How long the resolver is not asked again after it failed for an issuer: 1 second.
    pub failure_pause: Duration,
    /// Time limit of a lookup: 5 seconds.
    pub deadline: Duration,
    /// Lookups at a time at most: 16. Requests that need more are answered 503.
    pub concurrent: usize,
}

impl Default for ResolverLimits {
    fn default() -> Self {
        Self {
            trusted: 1000,
            trusted_lifetime: Duration::from_secs(600),
            untrusted: 10_000,
            untrusted_lifetime: Duration::from_secs(60),
            failure_pause: Duration::from_secs(1),
            deadline: Duration::from_secs(5),
            concurrent: 16,
        }
    }
}

impl IssuerResolver {
    /// A resolver that calls this function. It gets `iss` as the token has it.
    pub fn new<F, R>(resolve: F) -> Self
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<TrustedIssuer>, ResolverUnavailable>> + Send + 'static,
    {
        let resolve = move |iss| -> Resolving { Box::pin(resolve(iss)) };
        Self { resolve: Box::new(resolve), limits: ResolverLimits::default() }
    }

    /// The same resolver within these limits.
    #[must_use]
    pub fn limits(self, limits: ResolverLimits) -> Self {
        Self { limits, ..self }
    }
}
