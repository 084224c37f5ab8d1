//! Requirements for tokens, of all issuers or one.

use std::time::Duration;

use super::catalog::tokens;
use super::reader::{Reader, seconds};
use crate::token::{Algorithms, DpopMode, GrantClaims, Profile, Tenants};

/// The requirements of one issuer, or those that are common to all. What is empty or none is left out.
#[derive(Default)]
pub(super) struct Requirements {
    pub(super) audiences: Vec<String>,
    pub(super) client_ids: Vec<String>,
    pub(super) grants: GrantClaims,
    pub(super) tenants: Option<Tenants>,
    pub(super) algorithms: Option<Algorithms>,
    pub(super) profile: Option<Profile>,
    pub(super) dpop: Option<DpopMode>,
}

pub(super) fn audiences(reader: &mut Reader) -> Vec<String> {
    without_repeats(reader.list(&tokens::AUDIENCE, audience))
}

pub(super) fn client_ids(reader: &mut Reader) -> Vec<String> {
    without_repeats(reader.list(&tokens::CLIENT_IDS, client_id))
}

fn client_id(text: &str) -> Result<String, &'static str> {
    if text.starts_with(['{', '<']) {
        return Err(
            "this is a placeholder; write the client id that the issuer has for the client",
        );
    }
    Ok(text.to_owned())
}

/// The tenants to accept; none if that is not set.
pub(super) fn tenants(reader: &mut Reader) -> Option<Tenants> {
    let ids = reader.list(&tokens::TENANTS, tenant);
    match ids.iter().any(|id| id == "any") {
        true if ids.len() > 1 => {
            let advice = "any accepts every tenant; write it alone, or the IDs without it";
            reader.report_conflict(&tokens::TENANTS, advice);
            None
        }
        true => Some(Tenants::ANY),
        false => Tenants::listed(ids).ok(),
    }
}

fn tenant(text: &str) -> Result<String, String> {
    if text == "*" {
        return Err("write any to accept every tenant".to_owned());
    }
    match Tenants::listed([text]) {
        Ok(_) => Ok(text.to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

pub(super) fn grants(reader: &mut Reader) -> GrantClaims {
    GrantClaims {
        scopes: reader.list(&tokens::SCOPE_CLAIM, claim),
        roles: reader.list(&tokens::ROLES_CLAIM, claim),
        permissions: reader.list(&tokens::PERMISSIONS_CLAIM, claim),
    }
}

/// A claim's name, or a path to it without empty parts.
fn claim(text: &str) -> Result<String, &'static str> {
    let path = text.strip_prefix('/').unwrap_or(text);
    let separator = if path.len() == text.len() { '.' } else { '/' };
    if path.split(separator).any(str::is_empty) {
        return Err(
            "part of the path is empty; write a claim such as roles, realm_access.roles, or \
                    the JSON pointer /realm_access/roles",
        );
    }
    Ok(text.to_owned())
}

pub(super) fn without_repeats(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    unique
}

fn audience(text: &str) -> Result<String, &'static str> {
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("an audience contains no spaces; separate several with commas");
    }
    if text.starts_with(['{', '<']) {
        return Err("this is a placeholder; write the audience that the issuer has for this API");
    }
    Ok(text.to_owned())
}

pub(super) fn max_token_age(text: &str) -> Result<Duration, String> {
    let advice = |error| format!("{error}; leave it unset for no limit");
    seconds(text, 1..=31_536_000).map_err(advice)
}
