//! Issuers of all settings, put together.

use config::{Map, Value};

use super::catalog::Setting;
use super::catalog::introspection::INTROSPECTION;
use super::catalog::tokens::{AUTH0_DOMAIN, CLIENT_IDS, ISSUER, ISSUER_BASE_URL, JWKS_URI};
use super::configured_issuer::ConfiguredIssuer;
use super::ignored::IgnoredSetting;
use super::introspection;
use super::issuer_name::{auth0_domain, discovered, is_same, issuer};
use super::issuer_tables;
use super::key_origin::{self, KeyOrigin};
use super::problem::Problem;
use super::reader::Reader;
use crate::issuer::{HttpHosts, IssuerIdentifier};

/// Whether any issuer is configured.
pub(super) fn are_set(reader: &Reader) -> bool {
    are_set_outside_tables(reader) || !reader.tables(issuer_tables::KEY).is_empty()
}

/// Whether an issuer needs the common audience.
pub(super) fn need_audience(reader: &Reader) -> bool {
    let elsewhere = are_set_outside_tables(reader) || !issuer_tables::have_audiences(reader);
    elsewhere && !reader.is_set(&CLIENT_IDS)
}

fn are_set_outside_tables(reader: &Reader) -> bool {
    outside_tables().any(|setting| reader.is_set(setting))
}

/// The settings that name issuers and their keys.
fn outside_tables() -> impl Iterator<Item = &'static Setting> {
    [&ISSUER_BASE_URL, &AUTH0_DOMAIN, &ISSUER].into_iter().chain(key_origin::SETTINGS)
}

/// Makes `issuer` the only one, discovered unless its key set is at `jwks_uri`. Removes every other
/// from the gathered values, and returns what was removed.
pub(super) fn replace_all(
    values: &mut Map<String, Value>,
    issuer: &str,
    jwks_uri: Option<&str>,
) -> Vec<IgnoredSetting> {
    const REASON: &str = "the development server trusts its own issuer alone";
    let keys = outside_tables().map(|setting| setting.key).chain([issuer_tables::KEY]);
    let removed = keys.filter_map(|key| IgnoredSetting::remove(values, key, REASON)).collect();
    let mut set = |setting: &Setting, text: &str| {
        values.insert(setting.key.to_owned(), Value::from(text));
    };
    match jwks_uri {
        None => set(&ISSUER_BASE_URL, issuer),
        Some(jwks_uri) => {
            set(&ISSUER, issuer);
            set(&JWKS_URI, jwks_uri);
        }
    }
    removed
}

/// Reads all issuers: discovered ones first, those of tables last.
pub(super) fn read(reader: &mut Reader, plain_http: &HttpHosts) -> Vec<ConfiguredIssuer> {
    let mut issuers: Vec<ConfiguredIssuer> = Vec::new();
    let holds = |issuers: &[ConfiguredIssuer], issuer: &IssuerIdentifier| {
        issuers.iter().any(|other| is_same(&other.issuer, issuer))
    };
    for issuer in reader.list(&ISSUER_BASE_URL, |text| discovered(text, plain_http)) {
        match holds(&issuers, &issuer) {
            true => reader.report_invalid(&ISSUER_BASE_URL, issuer.as_str(), "listed twice"),
            false => issuers.push(ConfiguredIssuer::new(issuer, vec![KeyOrigin::Discovered])),
        }
    }
    // A tenant named by both settings is one issuer.
    if let Some(issuer) = reader.optional(&AUTH0_DOMAIN, auth0_domain)
        && !holds(&issuers, &issuer)
    {
        issuers.push(ConfiguredIssuer::new(issuer, vec![KeyOrigin::Discovered]));
    }
    if let Some(configured) = configured(reader, plain_http) {
        let same = |other: &&mut ConfiguredIssuer| is_same(&other.issuer, &configured.issuer);
        match issuers.iter_mut().find(same) {
            // Discovered keys and further ones, as during a migration from a secret to key pairs.
            Some(discovered) if discovered.issuer.as_str() == configured.issuer.as_str() => {
                discovered.keys.extend(configured.keys);
            }
            Some(discovered) => {
                let advice = format!(
                    "this issuer is also discovered, as {}; write it alike in both settings",
                    discovered.issuer
                );
                reader.report_invalid(&ISSUER, configured.issuer.as_str(), advice);
            }
            None => issuers.push(configured),
        }
    }
    introspect(&mut issuers, reader, plain_http);
    for configured in issuer_tables::read(reader, plain_http) {
        if holds(&issuers, &configured.issuer) {
            let advice = format!("the issuer {} is configured twice", configured.issuer);
            reader.note(Problem::new("[[issuers]]", advice));
        } else {
            issuers.push(configured);
        }
    }
    let mut asked = issuers.iter().filter(|issuer| issuer.introspection.is_some());
    if let (Some(first), Some(second)) = (asked.next(), asked.next()) {
        let advice = format!(
            "{} and {} have introspection, and an opaque token does not name its issuer; only one \
             may have it",
            first.issuer, second.issuer
        );
        reader.note(Problem::new("INTROSPECTION", advice));
    }
    issuers
}

/// Reads the introspection of the one issuer outside the tables.
fn introspect(issuers: &mut [ConfiguredIssuer], reader: &mut Reader, plain_http: &HttpHosts) {
    let is_discovered =
        issuers.first().is_none_or(|issuer| issuer.keys.contains(&KeyOrigin::Discovered));
    let Some(introspection) = introspection::read(reader, is_discovered, plain_http) else {
        return;
    };
    match issuers {
        [only] => only.introspection = Some(introspection),
        // Another problem is reported already.
        [] if reader.tables(issuer_tables::KEY).is_empty() => {}
        [] => reader.report_conflict(
            &INTROSPECTION,
            "no issuer is configured outside the tables; set it in the table of the issuer",
        ),
        _ => reader.report_conflict(
            &INTROSPECTION,
            "several issuers are configured, and an opaque token does not name its issuer; set it \
             in the [[issuers]] table of the one to ask",
        ),
    }
}

/// Reads `ISSUER` and the settings of its keys.
fn configured(reader: &mut Reader, plain_http: &HttpHosts) -> Option<ConfiguredIssuer> {
    let issuer = reader.optional(&ISSUER, issuer);
    match (reader.is_set(&ISSUER), key_origin::first_set(reader)) {
        (true, None) => reader.report_conflict(
            &ISSUER,
            "no keys are configured; add JWKS_URI, PUBLIC_KEY_FILE, SECRET or SECRET_FILE, or use \
             ISSUER_BASE_URL instead to discover the keys",
        ),
        (false, Some(keys)) => reader
            .report_conflict(keys, "requires ISSUER: the exact `iss` of the tokens it verifies"),
        _ => {}
    }
    let keys = key_origin::read(reader, plain_http);
    Some(ConfiguredIssuer::new(issuer.filter(|_| !keys.is_empty())?, keys))
}
