//! `[[issuers]]` tables: issuers with requirements of their own.

use config::{Map, Value, ValueKind};

use super::algorithms;
use super::catalog::Setting;
use super::catalog::sender::DPOP;
use super::catalog::tokens::{
    AUDIENCE, CLIENT_IDS, ISSUER, PERMISSIONS_CLAIM, ROLES_CLAIM, SCOPE_CLAIM, TENANTS,
    TOKEN_PROFILE, TOKEN_SIGNING_ALG,
};
use super::configured_issuer::ConfiguredIssuer;
use super::introspection;
use super::issuer_name::{discovered, issuer};
use super::key_origin::{self, KeyOrigin};
use super::problem::Problem;
use super::reader::Reader;
use super::requirements::{self, Requirements};
use super::suggestion::suggest;
use crate::issuer::HttpHosts;

/// The key of the tables.
pub(super) const KEY: &str = "issuers";

/// The keys of a table. Each has its usual meaning, for this issuer alone.
fn keys() -> impl Iterator<Item = &'static Setting> {
    let requirements = [
        &AUDIENCE,
        &TOKEN_SIGNING_ALG,
        &TOKEN_PROFILE,
        &SCOPE_CLAIM,
        &ROLES_CLAIM,
        &PERMISSIONS_CLAIM,
        &CLIENT_IDS,
        &TENANTS,
        &DPOP,
    ];
    let names = [&ISSUER].into_iter().chain(key_origin::SETTINGS);
    names.chain(requirements).chain(introspection::OF_ISSUER)
}

/// Returns the tables of the file `name`, with the origin of each value, which merging the sources
/// would lose.
pub(super) fn named(name: &str, value: ValueKind, problems: &mut Vec<Problem>) -> Vec<Value> {
    let ValueKind::Array(tables) = value else {
        let advice = "write [[issuers]], in two brackets, before the keys of each issuer";
        problems.push(Problem::new(format!("{name}: {KEY}"), advice));
        return Vec::new();
    };
    let mut named = Vec::new();
    for (place, table) in (1..).zip(tables) {
        let place = format!("{name}: [[{KEY}]] {place}");
        let ValueKind::Table(values) = table.kind else {
            let advice = "write [[issuers]] before the keys of each issuer";
            problems.push(Problem::new(place, advice));
            continue;
        };
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut known = Map::new();
        for (key, value) in values {
            let origin = format!("{place}: {key}");
            match keys().any(|setting| setting.key == key) {
                true => drop(known.insert(key, Value::new(Some(&origin), value.kind))),
                false => problems.push(Problem::new(origin, unknown(&key))),
            }
        }
        named.push(Value::new(Some(&place), known));
    }
    named
}

fn unknown(key: &str) -> String {
    let spelled = key.to_lowercase().replace('-', "_");
    match suggest(&spelled, keys().map(|setting| setting.key)) {
        Some(meant) => format!("unknown key of an issuer; did you mean {meant}?"),
        None => {
            let keys: Vec<&str> = keys().map(|setting| setting.key).collect();
            format!("unknown key of an issuer; the keys are {}", keys.join(", "))
        }
    }
}

/// Whether there are tables and each has its own audience or clients.
pub(super) fn have_audiences(reader: &Reader) -> bool {
    let tables = reader.tables(KEY);
    !tables.is_empty()
        && tables.iter().all(|table| table.is_set(&AUDIENCE) || table.is_set(&CLIENT_IDS))
}

pub(super) fn read(reader: &mut Reader, plain_http: &HttpHosts) -> Vec<ConfiguredIssuer> {
    let mut issuers = Vec::new();
    for mut table in reader.tables(KEY) {
        issuers.extend(read_table(&mut table, plain_http));
        reader.absorb(table);
    }
    issuers
}

fn read_table(table: &mut Reader, plain_http: &HttpHosts) -> Option<ConfiguredIssuer> {
    let is_discovered = key_origin::first_set(table).is_none();
    let parse =
        |text: &str| if is_discovered { discovered(text, plain_http) } else { issuer(text) };
    let issuer = table.optional(&ISSUER, parse);
    if !table.is_set(&ISSUER) {
        table.report(&ISSUER, "missing; it is the exact `iss` of the issuer's tokens");
    }
    let keys = if is_discovered {
        vec![KeyOrigin::Discovered]
    } else {
        key_origin::read(table, plain_http)
    };
    let own = Requirements {
        audiences: requirements::audiences(table),
        client_ids: requirements::client_ids(table),
        grants: requirements::grants(table),
        tenants: requirements::tenants(table),
        algorithms: algorithms::read(table, &keys),
        profile: table.optional(&TOKEN_PROFILE, str::parse),
        dpop: table.optional(&DPOP, str::parse),
    };
    let introspection = introspection::read(table, is_discovered, plain_http);
    let issuer = issuer.filter(|_| !keys.is_empty())?;
    Some(ConfiguredIssuer { issuer, keys, own, introspection })
}
