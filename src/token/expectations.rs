//! Requirements for the tokens of an issuer.

use std::time::Duration;

use derive_more::{Display, Error};

use super::algorithm::Algorithms;
use super::dpop_mode::DpopMode;
use super::grants::GrantClaims;
use super::profile::Profile;
use super::tenants::Tenants;

/// Requirements for the tokens of one issuer.
///
/// ```
/// use actix_resource_server::token::{Audiences, Expectations, Profile};
///
/// let audiences = Audiences::new(["https://api.example"])?;
/// let expected = Expectations {
///     profile: Profile::Rfc9068,
///     ..Expectations::new("https://tenant.eu.auth0.com/", audiences)
/// };
/// # Ok::<(), actix_resource_server::token::NoAudience>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectations {
    /// `iss` must be exactly this (RFC 7519 section 7.3) or, for an issuer of many tenants, this template
    /// filled with `tid`.
    pub issuer: String,
    /// `aud` must contain one of these. If this is [`Audiences::NONE`], the token must not have `aud`
    /// and must be for one of the [`client_ids`](Self::client_ids).
    pub audiences: Audiences,
    /// `alg` must be one of these. By default [`Algorithms::DEFAULT`].
    pub algorithms: Algorithms,
    /// The required token format. By default [`Profile::Any`].
    pub profile: Profile,
    /// How far the issuer's clock and this one may differ. By default 5 seconds.
    pub clock_tolerance: ClockTolerance,
    /// How long ago a token may have been issued, whatever its `exp`. By default not limited.
    pub max_token_age: Option<Duration>,
    /// The clients whose tokens are accepted. By default those of every client.
    pub client_ids: Option<ClientIds>,
    /// The claims that grant scopes, roles and permissions.
    pub grants: GrantClaims,
    /// The tenants whose tokens are accepted, if the issuer's name is a template. By default none, and a
    /// template is not accepted.
    pub tenants: Option<Tenants>,
    /// Whether tokens may or must be bound to a DPoP key. By default as the verifier says for all
    /// issuers ([`DpopPolicy::mode`](crate::sender::DpopPolicy::mode)).
    pub dpop: Option<DpopMode>,
}

impl Expectations {
    /// The defaults for tokens of `issuer` for one of `audiences`.
    pub fn new(issuer: impl Into<String>, audiences: Audiences) -> Self {
        Self {
            issuer: issuer.into(),
            audiences,
            algorithms: Algorithms::DEFAULT,
            profile: Profile::default(),
            clock_tolerance: ClockTolerance::default(),
            max_token_age: None,
            client_ids: None,
            grants: GrantClaims::default(),
            tenants: None,
            dpop: None,
        }
    }

    /// The defaults for tokens of `issuer` that have no `aud` and are for one of `clients`, such as
    /// the access tokens of Amazon Cognito.
    pub fn for_clients(issuer: impl Into<String>, clients: ClientIds) -> Self {
        Self { client_ids: Some(clients), ..Self::new(issuer, Audiences::NONE) }
    }
}

/// The clients whose tokens are accepted: at least one, none empty.
///
/// A token is of the client in `client_id`, else `azp`, `cid` or `appid`. A `token_use`, which Amazon
/// Cognito writes, must be `access`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIds(Vec<String>);

/// No client was given, or an empty one; the operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("at least one client is needed, and none may be empty")]
pub struct NoClient;

impl ClientIds {
    /// These clients.
    ///
    /// # Errors
    ///
    /// [`NoClient`] if there is none, or one is empty.
    pub fn new<T: Into<String>>(clients: impl IntoIterator<Item = T>) -> Result<Self, NoClient> {
        let clients: Vec<String> = clients.into_iter().map(Into::into).collect();
        if clients.is_empty() || clients.iter().any(String::is_empty) {
            return Err(NoClient);
        }
        Ok(Self(clients))
    }

    /// Whether `client` is exactly one of them.
    pub fn contains(&self, client: &str) -> bool {
        self.0.iter().any(|ours| ours == client)
    }
}

/// The audiences of this server: at least one, none empty.
///
/// A server without an audience would accept tokens for any API (RFC 8725 section 3.9). The only
/// such value is [`NONE`](Self::NONE), which rejects every token with an `aud`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audiences(Vec<String>);

/// No audience was given, or an empty one; the operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("at least one audience is needed, and none may be empty")]
pub struct NoAudience;

impl Audiences {
    /// No audience: tokens must not have `aud`, and be for one of the configured clients.
    pub const NONE: Self = Self(Vec::new());

    /// These audiences.
    ///
    /// # Errors
    ///
    /// [`NoAudience`] if there is none, or one is empty.
    pub fn new<T: Into<String>>(
        audiences: impl IntoIterator<Item = T>,
    ) -> Result<Self, NoAudience> {
        let audiences: Vec<String> = audiences.into_iter().map(Into::into).collect();
        if audiences.is_empty() || audiences.iter().any(String::is_empty) {
            return Err(NoAudience);
        }
        Ok(Self(audiences))
    }

    /// Whether `audience` is exactly one of them.
    pub fn contains(&self, audience: &str) -> bool {
        self.0.iter().any(|ours| ours == audience)
    }

    /// Whether there is no audience.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The audiences in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// How far two clocks may differ: at most five minutes (RFC 7519 section 4.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockTolerance(Duration);

/// The tolerance is more than five minutes; the operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("a clock tolerance is at most 300 seconds")]
pub struct TooTolerant;

impl ClockTolerance {
    /// No tolerance at all.
    pub const NONE: Self = Self(Duration::ZERO);
    /// The largest tolerance: five minutes.
    pub const LARGEST: Self = Self(Duration::from_secs(300));

    /// The tolerance as a duration.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl Default for ClockTolerance {
    fn default() -> Self {
        Self(Duration::from_secs(5))
    }
}

impl TryFrom<Duration> for ClockTolerance {
    type Error = TooTolerant;

    fn try_from(duration: Duration) -> Result<Self, Self::Error> {
        if duration > Self::LARGEST.0 { Err(TooTolerant) } else { Ok(Self(duration)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_keep_their_order() {
        let audiences = Audiences::new(["b", "a"]).expect("audiences");
        assert_eq!(Vec::from_iter(audiences.iter()), ["b", "a"]);
        assert_eq!(Audiences::NONE.iter().count(), 0);
    }

    #[test]
    fn a_list_without_names_is_no_requirement() {
        assert_eq!(ClientIds::new([""; 0]), Err(NoClient));
        assert_eq!(ClientIds::new(["a", ""]), Err(NoClient));
        assert_eq!(Audiences::new([""; 0]), Err(NoAudience));
        assert_eq!(Audiences::new(["a", ""]), Err(NoAudience));
    }

    #[test]
    fn clocks_may_differ_by_five_minutes() {
        assert!(ClockTolerance::try_from(Duration::from_secs(300)).is_ok());
        assert!(ClockTolerance::try_from(Duration::from_millis(300_001)).is_err());
    }
}
