//! Reading the settings of issuer keys.

use std::convert::Infallible;
use std::path::PathBuf;

use super::catalog::Setting;
use super::catalog::keys::{
    ALLOW_HTTP_ISSUERS, HTTP_PROXY, HTTPS_PROXY, KEY_ATTEMPT_GAP, KEY_FETCH_CA_FILE,
    KEY_FETCH_TIMEOUT, KEY_FETCH_TOKEN_FILE, KEY_LARGE_RSA, KEY_LIFETIME, KEY_MAX_AGE,
    KEY_MAX_ATTEMPT_GAP, KEY_MAX_BYTES, KEY_MAX_COUNT, KEY_MAX_LIFETIME, KEY_MAX_RETRY,
    KEY_MAX_RETRY_AFTER, KEY_METADATA_LIFETIME, KEY_MIN_LIFETIME, KEY_MIN_RETRY, NO_PROXY,
};
use super::key_origin::readable_file;
use super::reader::{Reader, switch};
use crate::issuer::{ContradictoryKeyRefresh, HttpHosts, KeyRefresh, Proxies, Proxy};
use crate::token::RsaLimits;

pub(super) fn read(reader: &mut Reader, plain_http: HttpHosts) -> Option<KeyRefresh> {
    let default_lifetime = reader.seconds(&KEY_LIFETIME, 1..=86_400);
    let min_lifetime = reader.seconds(&KEY_MIN_LIFETIME, 1..=86_400);
    let max_lifetime = reader.seconds(&KEY_MAX_LIFETIME, 1..=86_400);
    let max_key_age = reader.seconds(&KEY_MAX_AGE, 60..=86_400);
    let metadata_lifetime = reader.seconds(&KEY_METADATA_LIFETIME, 60..=86_400);
    let attempt_gap = reader.seconds(&KEY_ATTEMPT_GAP, 1..=60);
    let max_attempt_gap = reader.seconds(&KEY_MAX_ATTEMPT_GAP, 1..=300);
    let min_retry = reader.seconds(&KEY_MIN_RETRY, 1..=300);
    let max_retry = reader.seconds(&KEY_MAX_RETRY, 1..=300);
    let max_retry_after = reader.seconds(&KEY_MAX_RETRY_AFTER, 0..=3600);
    let fetch_timeout = reader.seconds(&KEY_FETCH_TIMEOUT, 1..=60);
    let max_response_bytes = reader.number(&KEY_MAX_BYTES, 1024..=16_777_216);
    let max_keys = reader.number(&KEY_MAX_COUNT, 1..=1024);
    let large_rsa = reader.required(&KEY_LARGE_RSA, switch);

    let refresh = KeyRefresh {
        default_lifetime: default_lifetime?,
        min_lifetime: min_lifetime?,
        max_lifetime: max_lifetime?,
        max_key_age: max_key_age?,
        metadata_lifetime: metadata_lifetime?,
        attempt_gap: attempt_gap?,
        max_attempt_gap: max_attempt_gap?,
        min_retry: min_retry?,
        max_retry: max_retry?,
        max_retry_after: max_retry_after?,
        fetch_timeout: fetch_timeout?,
        max_response_bytes: max_response_bytes?,
        max_keys: max_keys?,
        plain_http,
        rsa: if large_rsa? { RsaLimits::Large } else { RsaLimits::Standard },
    };
    for contradiction in refresh.contradictions() {
        let (setting, advice) = blamed(contradiction);
        reader.report_conflict(setting, advice);
    }
    Some(refresh)
}

/// How issuers are reached that are not simply on the Internet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFetchSettings {
    /// A PEM file of additional root certificates.
    pub ca_file: Option<PathBuf>,
    /// A file with a bearer token, read for each request.
    pub token_file: Option<PathBuf>,
    /// The proxies on the way to issuers.
    pub proxies: Proxies,
}

pub(super) fn key_fetch(reader: &mut Reader) -> KeyFetchSettings {
    let mut proxies = Proxies::default();
    proxies.https = reader.optional(&HTTPS_PROXY, str::parse::<Proxy>);
    proxies.http = reader.optional(&HTTP_PROXY, str::parse::<Proxy>);
    reader.list(&NO_PROXY, |host| {
        proxies.except(host);
        Ok::<_, Infallible>(())
    });
    KeyFetchSettings {
        ca_file: reader.optional(&KEY_FETCH_CA_FILE, readable_file),
        token_file: reader.optional(&KEY_FETCH_TOKEN_FILE, readable_file),
        proxies,
    }
}

/// Reads the hosts that plain http is allowed to.
pub(super) fn plain_http(reader: &mut Reader) -> HttpHosts {
    let mut hosts = HttpHosts::default();
    reader.list(&ALLOW_HTTP_ISSUERS, |text| hosts.add(text));
    hosts
}

/// The setting at fault, and the advice.
const fn blamed(contradiction: ContradictoryKeyRefresh) -> (&'static Setting, &'static str) {
    use ContradictoryKeyRefresh as Contradiction;
    match contradiction {
        Contradiction::Lifetimes => (&KEY_MIN_LIFETIME, "greater than KEY_MAX_LIFETIME; lower it"),
        Contradiction::DefaultLifetime => {
            (&KEY_LIFETIME, "it must be between KEY_MIN_LIFETIME and KEY_MAX_LIFETIME")
        }
        Contradiction::MaxKeyAge => (
            &KEY_MAX_AGE,
            "keys would expire before KEY_MIN_LIFETIME allows a refresh; raise it above that",
        ),
        Contradiction::Gap => (&KEY_ATTEMPT_GAP, "greater than KEY_MAX_ATTEMPT_GAP; lower it"),
        Contradiction::GapBeyondLifetime => (
            &KEY_ATTEMPT_GAP,
            "keys could not be refreshed every KEY_MIN_LIFETIME; lower it below that",
        ),
        Contradiction::Retries => (&KEY_MIN_RETRY, "greater than KEY_MAX_RETRY; lower it"),
        Contradiction::Nothing => (&KEY_FETCH_TIMEOUT, "with this no keys could be fetched"),
    }
}
