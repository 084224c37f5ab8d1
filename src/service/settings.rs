//! What the operator decides: read from files, variables and flags, and refused as a whole if
//! anything is wrong.
//!
//! Lowest first: the built-in `config/default.toml`, `default.toml` and `<environment>.toml` in the
//! configuration directory, environment variables, flags. [`CATALOGUE`] lists every setting.

mod algorithms;
mod arguments;
mod catalogue;
mod issuers;
mod layers;
mod log_filter;
mod nearest;
mod origin;
mod problem;
mod reader;
mod secret;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use clap::ArgMatches;

use self::reader::{Reader, seconds, whole_number};
use super::logging::LogFormat;
use crate::access::{Realm, ResourceIdentifier};
use crate::token::{Algorithms, Profile};

pub use arguments::arguments;
pub use catalogue::{CATALOGUE, Setting};
pub use issuers::IssuerSettings;
pub use origin::{InvalidOrigin, Origin};
pub use problem::{Problem, SettingsError};
pub use secret::{Secret, SecretTooShort};

/// Everything the service needs to know, all of it checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whose tokens are trusted: at least one issuer, none twice.
    pub issuers: Vec<IssuerSettings>,
    /// What this API is called in the `aud` of its tokens: at least one name.
    pub audiences: Vec<String>,
    /// The configured allow-list; see [`algorithms_for`](Self::algorithms_for).
    pub algorithms: Option<Algorithms>,
    /// How strictly a token's form is judged.
    pub profile: Profile,
    /// How far this clock and the issuers' may differ: at most 300 seconds.
    pub clock_tolerance: Duration,
    /// The age past which a token is refused although it has not expired.
    pub max_token_age: Option<Duration>,
    /// The resource identifier: the configured one, or the first audience that can be one.
    pub resource: Option<ResourceIdentifier>,
    /// The realm named in challenges.
    pub realm: Realm,
    /// The address the API is served on.
    pub listen: SocketAddr,
    /// The origins whose pages may call the API.
    pub cors_origins: Vec<Origin>,
    /// How many worker threads there are.
    pub workers: NonZeroUsize,
    /// What is logged, for [`logging::start`](super::logging::start); known to be a good filter.
    pub log_filter: String,
    /// The form of the log.
    pub log_format: LogFormat,
    /// How long requests under way may go on after a stop signal.
    pub shutdown_timeout: Duration,
    /// How long keys are used while their issuer is down.
    pub key_max_age: Duration,
    /// How long fetching an issuer's metadata or keys may take.
    pub key_fetch_timeout: Duration,
}

impl Settings {
    /// Gathers the settings from the files, the environment and the command line.
    ///
    /// `flags` are the matches of a command that has [`arguments`]; `variable` looks an environment
    /// variable up, such as [`environment_variable`].
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
    /// assert_eq!(settings.listen.to_string(), "127.0.0.1:3010");
    /// # Ok::<(), actix_resource_server::service::settings::SettingsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Every problem there is, for whoever configured the service to put right.
    pub fn load(
        flags: &ArgMatches,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let values = layers::gather(|setting| arguments::given(flags, setting), variable);
        Self::read(Reader::new(values))
    }

    /// The address the API is served on, and nothing else: a health check must not fail for want of
    /// an issuer.
    ///
    /// # Errors
    ///
    /// What is wrong with the address.
    pub fn listen(
        flags: &ArgMatches,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<SocketAddr, SettingsError> {
        let values = layers::gather(|setting| arguments::given(flags, setting), variable);
        let mut reader = Reader::new(values);
        let host = reader.required(&catalogue::HOST, host);
        let port = reader.required(&catalogue::PORT, port);
        reader.finish(host.zip(port).map(SocketAddr::from))
    }

    /// The algorithms that tokens of this issuer may be signed with: those of the allow-list, or
    /// of all without one, that go with the kind of its keys and the length of its secret.
    pub fn algorithms_for(&self, issuer: &IssuerSettings) -> Algorithms {
        algorithms::fitting(self.algorithms, issuer)
    }

    fn read(mut reader: Reader) -> Result<Self, SettingsError> {
        welcome(&mut reader);
        let issuers = issuers::read(&mut reader);
        let audiences = audiences(&mut reader);
        let algorithms = algorithms::read(&mut reader, &issuers);
        let profile = reader.required(&catalogue::TOKEN_PROFILE, Profile::from_str);
        let clock_tolerance = reader.seconds(&catalogue::CLOCK_TOLERANCE, 0..=300);
        let max_token_age = reader.optional(&catalogue::MAX_TOKEN_AGE, max_token_age);
        let resource = reader.optional(&catalogue::RESOURCE, ResourceIdentifier::from_str);
        let resource = resource.or_else(|| audiences.iter().find_map(|name| name.parse().ok()));
        let realm = reader.required(&catalogue::REALM, Realm::from_str);
        let host = reader.required(&catalogue::HOST, host);
        let port = reader.required(&catalogue::PORT, port);
        let cors_origins = reader.list(&catalogue::CORS_ORIGINS, Origin::from_str);
        let workers = match reader.is_set(&catalogue::WORKERS) {
            true => reader.optional(&catalogue::WORKERS, workers),
            false => Some(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)),
        };
        let log_filter = reader.required(&catalogue::LOG, log_filter::read);
        let log_format = reader.required(&catalogue::LOG_FORMAT, LogFormat::from_str);
        let shutdown_timeout = reader.seconds(&catalogue::SHUTDOWN_TIMEOUT, 0..=3600);
        let key_max_age = reader.seconds(&catalogue::KEY_MAX_AGE, 60..=86_400);
        let key_fetch_timeout = reader.seconds(&catalogue::KEY_FETCH_TIMEOUT, 1..=60);

        let settings = || {
            Some(Self {
                issuers,
                audiences,
                algorithms,
                profile: profile?,
                clock_tolerance: clock_tolerance?,
                max_token_age,
                resource,
                realm: realm?,
                listen: SocketAddr::new(host?, port?),
                cors_origins,
                workers: workers?,
                log_filter: log_filter?,
                log_format: log_format?,
                shutdown_timeout: shutdown_timeout?,
                key_max_age: key_max_age?,
                key_fetch_timeout: key_fetch_timeout?,
            })
        };
        reader.finish(settings())
    }
}

/// Looks a variable of this process's environment up, for [`Settings::load`].
///
/// Bytes that are not UTF-8 are replaced rather than hidden, so that the value is noticed.
pub fn environment_variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Tells those who start the service for the first time what it needs.
fn welcome(reader: &mut Reader) {
    let no_audience = !reader.is_set(&catalogue::AUDIENCE);
    let (setting, advice) = match (issuers::are_set(reader), no_audience) {
        (false, true) => (
            "ISSUER_BASE_URL and AUDIENCE",
            "not set, so no token could be accepted. Set the issuer whose tokens to trust and the \
             name it knows this API by:\n\
             \n  ISSUER_BASE_URL=https://issuer.example/ (with Auth0: AUTH0_DOMAIN=tenant.eu.auth0.com)\
             \n  AUDIENCE=https://api.example/\n\
             \nTo try the service with nothing configured, run: actix-resource-server dev",
        ),
        (false, false) => (
            "ISSUER_BASE_URL",
            "not set, so no token could be trusted. Set the issuer whose tokens to trust:\n\
             \n  ISSUER_BASE_URL=https://issuer.example/ (with Auth0: AUTH0_DOMAIN=tenant.eu.auth0.com)\n\
             \nTo try the service with nothing configured, run: actix-resource-server dev",
        ),
        (true, true) => (
            "AUDIENCE",
            "not set, so tokens for this API could not be told from tokens for others. Set the \
             name the issuer knows this API by (with Auth0: the API's identifier):\n\
             \n  AUDIENCE=https://api.example/\n\
             \nTo try the service with nothing configured, run: actix-resource-server dev",
        ),
        (true, false) => return,
    };
    reader.note(Problem::new(setting, advice));
}

fn audiences(reader: &mut Reader) -> Vec<String> {
    let mut audiences: Vec<String> = Vec::new();
    for audience in reader.list(&catalogue::AUDIENCE, audience) {
        if !audiences.contains(&audience) {
            audiences.push(audience);
        }
    }
    audiences
}

fn audience(text: &str) -> Result<String, &'static str> {
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("an audience has no blanks; put commas between several");
    }
    if text.starts_with(['{', '<']) {
        return Err("it looks like a placeholder; write the name the issuer knows this API by");
    }
    Ok(text.to_owned())
}

fn max_token_age(text: &str) -> Result<Duration, String> {
    let advice = |error| format!("{error}; leave it out to have no limit");
    seconds(text, 1..=31_536_000).map_err(advice)
}

fn host(text: &str) -> Result<IpAddr, &'static str> {
    if text == "localhost" {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| "it must be an IP address such as 127.0.0.1 or ::, or localhost")
}

fn port(text: &str) -> Result<u16, String> {
    let number = whole_number(text, 0..=u16::MAX.into(), "")?;
    u16::try_from(number).map_err(|error| error.to_string())
}

fn workers(text: &str) -> Result<NonZeroUsize, String> {
    whole_number(text, 1..=1024, "")?;
    text.parse().map_err(|error: std::num::ParseIntError| error.to_string())
}
