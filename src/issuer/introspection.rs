//! Token introspection: asking the issuer about a token (RFC 7662, RFC 9701).
//!
//! ```text
//! verifier, on any thread ── gate: may it be asked? ── call: client authentication, HTTP ── response
//! ```

mod breaker;
mod call;
mod client;
mod client_certificate;
mod client_key;
mod endpoint;
mod fault;
mod gate;
mod rate;
mod response;
#[cfg(test)]
mod tests;
mod transport;
mod worker;

use std::time::Duration;

use derive_more::{Display, Error};
use url::Url;

pub use self::client::{ClientAuthentication, IntrospectionClient};
pub use self::client_certificate::{ClientCertificate, InvalidClientCertificate};
pub use self::client_key::{ClientKey, InvalidClientKey};
pub(crate) use self::endpoint::{IntrospectionMetadata, SharedEndpoint};
pub use self::fault::IntrospectionFault;
pub(crate) use self::gate::Priority;
pub(crate) use self::response::{Answer, judge};
#[cfg(test)]
pub(crate) use self::worker::TestCall;
pub(crate) use self::worker::{Flight, IntrospectionWorker, Introspector};

use crate::secure_url::{HttpHosts, redacted, secure_url_or};

/// How an issuer is asked about tokens (RFC 7662).
///
/// ```
/// use actix_resource_server::issuer::{Introspection, IntrospectionClient, TrustedIssuer};
/// use actix_resource_server::token::Audiences;
///
/// let audiences = Audiences::new(["https://api.example"])?;
/// let mut issuer = TrustedIssuer::discovered("https://issuer.example/".parse()?, audiences);
/// let client = IntrospectionClient::with_secret("api", "secret");
/// issuer.introspection = Some(Introspection::new(client));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Introspection {
    /// Which tokens are asked about. Default: [`IntrospectionMode::Opaque`].
    pub mode: IntrospectionMode,
    /// The introspection endpoint; `None` takes the one in the issuer's metadata (RFC 8414 section 2).
    pub endpoint: Option<Url>,
    /// How this server authenticates to the issuer (RFC 7662 section 2.1).
    pub client: IntrospectionClient,
    /// How long an active answer is used, at most until the token's `exp`. Default: 30 seconds. A
    /// revoked token is accepted for no longer than this.
    pub cache: Duration,
    /// How much longer an active answer is used while the issuer cannot be asked. Default: zero.
    pub stale: Duration,
    /// Calls per second at most. Default: 100. Tokens that were active before have a share of their
    /// own, so that unknown tokens cannot use up all calls.
    pub rate: u32,
    /// Time limit of one call. Default: 2 seconds.
    pub deadline: Duration,
}

/// Which tokens of an issuer are introspected.
#[derive(Debug, Display, Clone, Copy, Default, PartialEq, Eq)]
pub enum IntrospectionMode {
    /// Tokens that are not JWTs.
    #[default]
    #[display("opaque")]
    Opaque,
    /// Every token: also JWTs of this issuer whose signature and claims are valid.
    #[display("always")]
    Always,
}

/// Why an [`Introspection`] cannot be used. The operator is at fault.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidIntrospection {
    /// Neither a setting nor metadata names the endpoint.
    #[display("the issuer has no metadata, so the introspection endpoint must be configured")]
    NoEndpoint,
    /// The endpoint is neither https, nor http on a host for which that is allowed.
    #[display("the introspection endpoint {endpoint} is not https")]
    InsecureEndpoint {
        /// The endpoint as configured.
        #[error(not(source))]
        endpoint: String,
    },
    /// The client has a certificate, which is presented over https alone.
    #[display(
        "the introspection endpoint {endpoint} is not https, so no certificate can be presented"
    )]
    CertificateOverHttp {
        /// The endpoint as configured.
        #[error(not(source))]
        endpoint: String,
    },
    /// No call is allowed.
    #[display("introspection needs at least one call per second and a time limit")]
    NoCalls,
}

impl Introspection {
    /// Introspection of opaque tokens with the default limits, at the endpoint in the metadata.
    pub const fn new(client: IntrospectionClient) -> Self {
        Self {
            mode: IntrospectionMode::Opaque,
            endpoint: None,
            client,
            cache: Duration::from_secs(30),
            stale: Duration::ZERO,
            rate: 100,
            deadline: Duration::from_secs(2),
        }
    }

    /// Checks the configuration. `has_metadata` tells whether the issuer's metadata is fetched.
    pub(crate) fn check(
        &self,
        has_metadata: bool,
        plain_http: &HttpHosts,
    ) -> Result<(), InvalidIntrospection> {
        let has_certificate =
            matches!(self.client.authentication, ClientAuthentication::Certificate(_));
        match &self.endpoint {
            None if !has_metadata => return Err(InvalidIntrospection::NoEndpoint),
            Some(url) if secure_url_or(url.as_str(), plain_http).is_err() => {
                let endpoint = redacted(url);
                return Err(InvalidIntrospection::InsecureEndpoint { endpoint });
            }
            Some(url) if has_certificate && url.scheme() != "https" => {
                let endpoint = redacted(url);
                return Err(InvalidIntrospection::CertificateOverHttp { endpoint });
            }
            _ => {}
        }
        if self.rate == 0 || self.deadline.is_zero() {
            return Err(InvalidIntrospection::NoCalls);
        }
        Ok(())
    }
}
