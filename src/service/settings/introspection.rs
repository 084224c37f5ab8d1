//! Settings of introspection: which tokens to ask about, and as which client.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use super::catalog::Setting;
use super::catalog::introspection::{
    INTROSPECTION, INTROSPECTION_CACHE, INTROSPECTION_CERTIFICATE_FILE,
    INTROSPECTION_CERTIFICATE_KEY_FILE, INTROSPECTION_CLIENT_ID, INTROSPECTION_CLIENT_SECRET,
    INTROSPECTION_KEY_FILE, INTROSPECTION_RATE, INTROSPECTION_SECRET_FILE, INTROSPECTION_STALE,
    INTROSPECTION_URL,
};
use super::client_credentials::{CertificateFilesFault, ClientCredentials};
use super::key_origin::fetched_url;
use super::reader::Reader;
use crate::issuer::{HttpHosts, IntrospectionMode};

/// How an issuer is asked about tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntrospectionSettings {
    /// Which tokens it is asked about.
    pub mode: IntrospectionMode,
    /// The endpoint, unless the issuer's metadata names it.
    pub endpoint: Option<Url>,
    /// The client id of this API at the issuer.
    pub client_id: String,
    /// What proves the identity of the client.
    pub credentials: ClientCredentials,
}

/// Limits that hold for any issuer with introspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntrospectionLimits {
    /// How long an active answer is used.
    pub cache: Duration,
    /// How much longer it is used while the issuer cannot be asked.
    pub stale: Duration,
    /// Maximum number of calls per second.
    pub rate: u32,
}

/// The settings of one issuer. A table of an issuer may have them too.
pub(super) const OF_ISSUER: [&Setting; 8] = [
    &INTROSPECTION,
    &INTROSPECTION_URL,
    &INTROSPECTION_CLIENT_ID,
    &INTROSPECTION_CLIENT_SECRET,
    &INTROSPECTION_SECRET_FILE,
    &INTROSPECTION_KEY_FILE,
    &INTROSPECTION_CERTIFICATE_FILE,
    &INTROSPECTION_CERTIFICATE_KEY_FILE,
];

/// The settings that prove the identity of the client, of which one must be set.
const CREDENTIALS: [&Setting; 4] = [
    &INTROSPECTION_CLIENT_SECRET,
    &INTROSPECTION_SECRET_FILE,
    &INTROSPECTION_KEY_FILE,
    &INTROSPECTION_CERTIFICATE_FILE,
];

/// Reads the introspection of one issuer; `None` if it is off or invalid. `is_discovered` says that its
/// metadata is fetched, which may name the endpoint.
pub(super) fn read(
    reader: &mut Reader,
    is_discovered: bool,
    plain_http: &HttpHosts,
) -> Option<IntrospectionSettings> {
    let mode = reader.optional(&INTROSPECTION, mode).flatten();
    let endpoint = reader.optional(&INTROSPECTION_URL, |text| fetched_url(text, plain_http));
    let client_id = reader.optional(&INTROSPECTION_CLIENT_ID, String::from_str);
    let credentials = credentials(reader);
    let Some(mode) = mode else {
        let is_invalid = reader.has_problem(&INTROSPECTION);
        for setting in OF_ISSUER.into_iter().skip(1).filter(|_| !is_invalid) {
            if reader.is_set(setting) {
                let advice = "it has no effect unless INTROSPECTION is opaque or always";
                reader.report_conflict(setting, advice);
            }
        }
        return None;
    };
    if !is_discovered && !reader.is_set(&INTROSPECTION_URL) {
        let advice = "missing; the issuer's metadata is not read, so its introspection endpoint is \
                      not known";
        reader.report(&INTROSPECTION_URL, advice);
    }
    if !reader.is_set(&INTROSPECTION_CLIENT_ID) {
        let advice = "missing; register this API as a client of the issuer and set its client id";
        reader.report(&INTROSPECTION_CLIENT_ID, advice);
    }
    if !CREDENTIALS.into_iter().any(|setting| reader.is_set(setting)) {
        let advice = "missing; introspection requires authentication (RFC 7662 section 2.1): set it, \
                      or INTROSPECTION_CLIENT_SECRET, INTROSPECTION_KEY_FILE or \
                      INTROSPECTION_CERTIFICATE_FILE";
        reader.report(&INTROSPECTION_SECRET_FILE, advice);
    }
    let is_http = endpoint.as_ref().is_some_and(|url| url.scheme() == "http");
    if is_http && reader.is_set(&INTROSPECTION_CERTIFICATE_FILE) {
        let advice = "not https, so no client certificate can be presented";
        reader.report_conflict(&INTROSPECTION_URL, advice);
    }
    Some(IntrospectionSettings { mode, endpoint, client_id: client_id?, credentials: credentials? })
}

/// Reads the limits.
pub(super) fn limits(reader: &mut Reader) -> Option<IntrospectionLimits> {
    let cache = reader.seconds(&INTROSPECTION_CACHE, 0..=3600);
    let stale = reader.seconds(&INTROSPECTION_STALE, 0..=3600);
    let rate = reader.number(&INTROSPECTION_RATE, 1..=100_000);
    Some(IntrospectionLimits { cache: cache?, stale: stale?, rate: rate? })
}

fn mode(text: &str) -> Result<Option<IntrospectionMode>, &'static str> {
    match text {
        "off" => Ok(None),
        "opaque" => Ok(Some(IntrospectionMode::Opaque)),
        "always" => Ok(Some(IntrospectionMode::Always)),
        _ => Err("it must be off, opaque or always"),
    }
}

fn credentials(reader: &mut Reader) -> Option<ClientCredentials> {
    let secret = reader.optional(&INTROSPECTION_CLIENT_SECRET, ClientCredentials::from_secret);
    let file = reader.optional(&INTROSPECTION_SECRET_FILE, |path| {
        ClientCredentials::from_secret_file(path.as_ref())
    });
    let key = reader
        .optional(&INTROSPECTION_KEY_FILE, |path| ClientCredentials::from_key_file(path.as_ref()));
    let certificate = certificate(reader);
    let mut set = CREDENTIALS.into_iter().filter(|setting| reader.is_set(setting));
    let (first, others) = (set.next(), set.collect::<Vec<_>>());
    let first = first.map(|first| reader.name(first)).unwrap_or_default();
    for other in others {
        reader.report_conflict(other, format!("{first} is set too; keep one of them"));
    }
    secret.or(file).or(key).or(certificate)
}

fn certificate(reader: &mut Reader) -> Option<ClientCredentials> {
    let certificate = reader.optional(&INTROSPECTION_CERTIFICATE_FILE, PathBuf::from_str);
    let key = reader.optional(&INTROSPECTION_CERTIFICATE_KEY_FILE, PathBuf::from_str);
    let (certificate, key): (&Path, &Path) = match (&certificate, &key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(_), None) => {
            let advice = "its private key is missing: set INTROSPECTION_CERTIFICATE_KEY_FILE";
            reader.report_conflict(&INTROSPECTION_CERTIFICATE_FILE, advice);
            return None;
        }
        (None, Some(_)) => {
            let advice = "its certificate is missing: set INTROSPECTION_CERTIFICATE_FILE";
            reader.report_conflict(&INTROSPECTION_CERTIFICATE_KEY_FILE, advice);
            return None;
        }
        (None, None) => return None,
    };
    match ClientCredentials::from_certificate_files(certificate, key) {
        Ok(credentials) => return Some(credentials),
        Err(CertificateFilesFault::Certificate(fault)) => {
            reader.report_conflict(&INTROSPECTION_CERTIFICATE_FILE, fault);
        }
        Err(CertificateFilesFault::Key(fault)) => {
            reader.report_conflict(&INTROSPECTION_CERTIFICATE_KEY_FILE, fault);
        }
    }
    None
}
