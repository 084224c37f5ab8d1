//! Settings: read from files, environment variables and flags, and validated as a whole.
//!
//! Sources, lowest precedence first: the built-in `config/default.toml`, `default.toml` and
//! `<environment>.toml` in the configuration directory, environment variables, flags. [`catalog`]
//! lists all settings.

mod algorithms;
mod arguments;
mod catalog;
mod client_credentials;
mod configured_issuer;
mod forward_auth;
mod ignored;
mod introspection;
mod issuer_name;
mod issuer_tables;
mod issuers;
mod key_origin;
mod keys;
mod limits;
mod log;
mod log_filter;
mod misspelled;
mod network;
mod origin;
mod problem;
mod rate_limits;
mod reader;
mod requirements;
mod secret;
mod sender;
mod server;
mod sources;
mod suggestion;
#[cfg(test)]
mod tests;
mod tls;
mod token_cache;
mod token_header;
mod welcome;

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::ArgMatches;

use self::catalog::rate_limits::TRUSTED_PROXIES;
use self::catalog::sender::DPOP;
use self::catalog::server::PORT;
use self::catalog::sources::ENVIRONMENT;
use self::catalog::{api, tokens};
use self::ignored::IgnoredSetting;
use self::reader::Reader;
use self::requirements::{
    Requirements, audiences, client_ids, grants, max_token_age, tenants, without_repeats,
};
use self::sender::OtherSettings;
use crate::access::{Realm, ResourceIdentifier};
use crate::issuer::KeyRefresh;
use crate::sender::DpopMode;
use crate::token::Profile;
use crate::verifier::CacheLimits;

pub use arguments::arguments;
pub use catalog::{Setting, catalog};
pub use client_credentials::ClientCredentials;
pub use configured_issuer::IssuerSettings;
pub use forward_auth::{
    ForwardAuthSettings, ForwardAuthorization, IdentityHeaderPrefix, InvalidIdentityHeaderPrefix,
};
pub use introspection::{IntrospectionLimits, IntrospectionSettings};
pub use key_origin::KeyOrigin;
pub use keys::KeyFetchSettings;
pub use limits::Limits;
pub use log::LogSettings;
pub use misspelled::{MisspelledVariable, misspelled_variables};
pub use network::{InvalidNetwork, Network};
pub use origin::{InvalidOrigin, Origin};
pub use problem::{Problem, SettingsError};
pub use rate_limits::RateLimits;
pub use secret::{Secret, SecretTooShort};
pub use sender::{CertificateOrigin, NonceKeySource, SenderSettings};
pub use server::ServerSettings;
pub use tls::TlsSettings;
pub use token_header::{InvalidTokenHeader, TokenHeader};

/// The validated settings of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The trusted issuers: at least one, none twice.
    pub issuers: Vec<IssuerSettings>,
    /// The audiences of this API, for all issuers together. Each issuer has its own list. Only with
    /// `CLIENT_IDS` there may be none.
    pub audiences: Vec<String>,
    /// The tolerated difference between this clock and the issuers': at most 300 seconds.
    pub clock_tolerance: Duration,
    /// The maximum age of a token, if limited.
    pub max_token_age: Option<Duration>,
    /// The resource identifier: as configured, or the first audience that is a valid one.
    pub resource: Option<ResourceIdentifier>,
    /// The realm in challenges.
    pub realm: Realm,
    /// The origins of web pages that may call the API.
    pub cors_origins: Vec<Origin>,
    /// The header field that carries the token in place of `Authorization`, from trusted proxies alone.
    pub token_header: Option<TokenHeader>,
    /// How `/authorize` answers, if it is served.
    pub forward_auth: Option<ForwardAuthSettings>,
    /// How issuers' keys are fetched and how long they are used.
    pub keys: KeyRefresh,
    /// Certificates and a token for fetching keys.
    pub key_fetch: KeyFetchSettings,
    /// The limits of the verified-token cache.
    pub token_cache: CacheLimits,
    /// How senders prove that their tokens were issued to them.
    pub sender: SenderSettings,
    /// The limits of introspection.
    pub introspection: IntrospectionLimits,
    /// The server's addresses, TLS, limits and shutdown.
    pub server: ServerSettings,
    /// The rate limits.
    pub rate_limits: RateLimits,
    /// The log.
    pub log: LogSettings,
}

impl Settings {
    /// Reads the settings from files, environment variables and command-line flags.
    ///
    /// `flags` are the matches of a command with [`arguments`]; `variable` returns the value of an
    /// environment variable, such as [`environment_variable`](super::environment_variable).
    ///
    /// ```
    /// use actix_resource_server::service::settings::{Settings, arguments};
    ///
    /// let command = clap::Command::new("serve").args(arguments());
    /// let flags = command.get_matches_from(["serve", "--audience", "https://api.example/"]);
    /// let settings = Settings::load(&flags, |name| {
    ///     (name == "AUTH0_DOMAIN").then(|| "tenant.eu.auth0.com".to_owned())
    /// })?;
    /// assert_eq!(settings.issuers.len(), 1);
    /// assert_eq!(settings.server.listen.to_string(), "127.0.0.1:3010");
    /// # Ok::<(), actix_resource_server::service::settings::SettingsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SettingsError`] with all problems. The operator is at fault.
    pub fn load(
        flags: &ArgMatches,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let values = sources::gather(|setting| arguments::flag_value(flags, setting), variable);
        Self::read(Reader::new(values))
    }

    /// Reads only the address of the API and whether it uses TLS, so that a health check does not
    /// depend on other settings.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] with the problems of the address.
    pub fn listen(
        flags: &ArgMatches,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(SocketAddr, bool), SettingsError> {
        let values = sources::gather(|setting| arguments::flag_value(flags, setting), variable);
        let mut reader = Reader::new(values);
        let listen = server::listen(&mut reader);
        let speaks_tls = tls::is_on(&reader);
        reader.finish(listen.map(|listen| (listen, speaks_tls)))
    }

    /// Reads the settings of the development server, which trusts `issuer`, with its key set at
    /// `jwks_uri`, and no other: settings that name issuers are removed and returned, and so is
    /// `TOKEN_HEADER`. Without an audience, it is the address of the API, where callers find the metadata
    /// that challenges name.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load); and if the environment is `production`.
    pub(super) fn load_for_development(
        flags: &ArgMatches,
        variable: impl Fn(&str) -> Option<String>,
        issuer: &str,
        jwks_uri: Option<&str>,
    ) -> Result<(Self, Vec<IgnoredSetting>), SettingsError> {
        let (mut values, mut problems) =
            sources::gather(|setting| arguments::flag_value(flags, setting), &variable);
        let environment =
            arguments::flag_value(flags, &ENVIRONMENT).or_else(|| variable("ENVIRONMENT"));
        if environment.is_some_and(|name| name.trim().eq_ignore_ascii_case("production")) {
            let advice = "the development server gives any token to anyone, so it does not run in \
                          production; use the command serve";
            problems.push(Problem::new("ENVIRONMENT", advice));
        }
        let mut ignored = issuers::replace_all(&mut values, issuer, jwks_uri);
        ignored.extend(ignored::remove_token_header(&mut values));
        let mut reader = Reader::new((values, problems));
        if !reader.is_set(&tokens::AUDIENCE) {
            let scheme = if tls::is_on(&reader) { "https" } else { "http" };
            let port = reader.source_text(&PORT).and_then(|text| text.trim().parse::<u16>().ok());
            // A port that the system chooses is not known yet.
            let port = port.filter(|port| *port != 0).map(|port| port.to_string());
            let port = port.as_deref().unwrap_or(PORT.default);
            reader.set(&tokens::AUDIENCE, &format!("{scheme}://localhost:{port}"));
        }
        Ok((Self::read(reader)?, ignored))
    }

    fn read(mut reader: Reader) -> Result<Self, SettingsError> {
        welcome::check(&mut reader);
        let plain_http = keys::plain_http(&mut reader);
        let issuers = issuers::read(&mut reader, &plain_http);
        let shared = issuers.iter().filter(|issuer| issuer.own.algorithms.is_none());
        let mut common = Requirements {
            audiences: audiences(&mut reader),
            client_ids: client_ids(&mut reader),
            grants: grants(&mut reader),
            tenants: tenants(&mut reader),
            algorithms: algorithms::read(&mut reader, shared.flat_map(|issuer| &issuer.keys)),
            profile: reader.required(&tokens::TOKEN_PROFILE, Profile::from_str),
            dpop: None,
        };
        let clock_tolerance = reader.seconds(&tokens::CLOCK_TOLERANCE, 0..=300);
        let max_token_age = reader.optional(&tokens::MAX_TOKEN_AGE, max_token_age);
        common.dpop = reader.required(&DPOP, DpopMode::from_str);
        let mut issuers: Vec<IssuerSettings> =
            issuers.into_iter().map(|issuer| issuer.completed(&common, &mut reader)).collect();
        let own_audiences = issuers.iter().flat_map(|issuer| &issuer.audiences);
        let audiences = without_repeats(common.audiences.iter().chain(own_audiences).cloned());
        let resource = reader.optional(&api::RESOURCE, ResourceIdentifier::from_str);
        let resource = resource.or_else(|| audiences.iter().find_map(|name| name.parse().ok()));
        let realm = reader.required(&api::REALM, Realm::from_str);
        let cors_origins = reader.list(&api::CORS_ORIGINS, Origin::from_str);
        let keys = keys::read(&mut reader, plain_http);
        let key_fetch = keys::key_fetch(&mut reader);
        let token_cache = token_cache::read(&mut reader);
        let introspection = introspection::limits(&mut reader);
        let server = server::read(&mut reader);
        let rate_limits = rate_limits::read(&mut reader);
        let others = OtherSettings {
            resource: resource.as_ref(),
            listen: server.as_ref().map(|server| server.listen),
            speaks_tls: tls::is_on(&reader),
            has_trusted_proxies: reader.is_set(&TRUSTED_PROXIES),
            dpop_modes: match common.dpop {
                Some(_) => issuers.iter().map(|issuer| issuer.dpop).collect(),
                None => Vec::new(),
            },
        };
        let mut sender = sender::read(&mut reader, &others);
        let requires_dpop = others.dpop_modes.contains(&DpopMode::Required);
        let has_proxies = others.has_trusted_proxies;
        let token_header = token_header::read(&mut reader, has_proxies, requires_dpop);
        if token_header.is_some() {
            // Its tokens are bearer tokens, so nothing may offer DPoP.
            issuers.iter_mut().for_each(|issuer| issuer.dpop = DpopMode::Off);
            sender.iter_mut().for_each(|sender| sender.dpop = DpopMode::Off);
        }
        let token_name = token_header.as_ref().map(|header| header.name().as_str());
        let forward_auth = forward_auth::read(&mut reader, others.has_trusted_proxies, token_name);
        let log = log::read(&mut reader);

        let settings = || {
            common.profile?;
            Some(Self {
                issuers,
                audiences,
                clock_tolerance: clock_tolerance?,
                max_token_age,
                resource,
                realm: realm?,
                cors_origins,
                token_header,
                forward_auth: forward_auth?,
                keys: keys?,
                key_fetch,
                token_cache: token_cache?,
                sender: sender?,
                introspection: introspection?,
                server: server?,
                rate_limits: rate_limits?,
                log: log?,
            })
        };
        reader.finish(settings())
    }
}
