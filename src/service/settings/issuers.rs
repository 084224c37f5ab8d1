//! Trusted issuers and the requirements for their tokens.

use config::{Map, Value};
use url::Url;

use super::algorithms;
use super::catalog::Setting;
use super::catalog::introspection::INTROSPECTION;
use super::catalog::tokens::{
    AUTH0_DOMAIN, CLIENT_IDS, ISSUER, ISSUER_BASE_URL, JWKS_URI, TOKEN_SIGNING_ALG,
};
use super::introspection::{self, IntrospectionSettings};
use super::issuer_tables;
use super::key_origin::{self, KeyOrigin};
use super::problem::Problem;
use super::reader::Reader;
use crate::issuer::{HttpHosts, InvalidIssuer, IssuerIdentifier};
use crate::token::{Algorithms, GrantClaims, Profile};

/// A trusted issuer: its keys and the requirements for its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuerSettings {
    /// The issuer's identifier.
    pub issuer: IssuerIdentifier,
    /// The sources of its keys: at least one, and at most one secret. A token is verified with the
    /// sources that fit its algorithm.
    pub keys: Vec<KeyOrigin>,
    /// The audiences that its tokens may have. If there is none, its tokens must have no `aud` and be
    /// of one of the clients.
    pub audiences: Vec<String>,
    /// The clients whose tokens are accepted; empty if those of every client are.
    pub client_ids: Vec<String>,
    /// The claims that grant scopes, roles and permissions.
    pub grants: GrantClaims,
    /// The allowed signature algorithms: those of its own list, the common list, or all, that fit its
    /// keys.
    pub algorithms: Algorithms,
    /// The required token format.
    pub profile: Profile,
    /// How it is asked about tokens, if it is.
    pub introspection: Option<IntrospectionSettings>,
}

impl IssuerSettings {
    /// The allowed algorithms that fit these of its keys.
    pub(in crate::service) fn algorithms_of(&self, keys: &KeyOrigin) -> Algorithms {
        match keys.secret() {
            Some(secret) => algorithms::fitting(Some(self.algorithms), Some(secret)),
            None => self.algorithms.asymmetric(),
        }
    }
}

/// An issuer as configured; the common settings apply to what it leaves out.
pub(super) struct ConfiguredIssuer {
    pub(super) issuer: IssuerIdentifier,
    pub(super) keys: Vec<KeyOrigin>,
    pub(super) audiences: Vec<String>,
    pub(super) client_ids: Vec<String>,
    pub(super) grants: GrantClaims,
    pub(super) algorithms: Option<Algorithms>,
    pub(super) profile: Option<Profile>,
    pub(super) introspection: Option<IntrospectionSettings>,
}

/// The common settings.
pub(super) struct Common<'a> {
    pub(super) audiences: &'a [String],
    pub(super) client_ids: &'a [String],
    pub(super) grants: &'a GrantClaims,
    pub(super) algorithms: Option<Algorithms>,
    pub(super) profile: Profile,
}

impl ConfiguredIssuer {
    fn new(issuer: IssuerIdentifier, keys: Vec<KeyOrigin>) -> Self {
        Self {
            issuer,
            keys,
            audiences: Vec::new(),
            client_ids: Vec::new(),
            grants: GrantClaims::default(),
            algorithms: None,
            profile: None,
            introspection: None,
        }
    }

    /// Completes the issuer with the common settings.
    pub(super) fn completed(self, common: &Common<'_>, reader: &mut Reader) -> IssuerSettings {
        let algorithms = algorithms::fitting_any(self.algorithms.or(common.algorithms), &self.keys);
        // The issuer's own list was checked when it was read.
        let is_empty = self.algorithms.is_none() && algorithms.iter().next().is_none();
        if is_empty && !reader.is_refused(&TOKEN_SIGNING_ALG) {
            let advice = format!(
                "no algorithm fits the keys of {}, so none of its tokens would be accepted",
                self.issuer
            );
            reader.refuse_beside(&TOKEN_SIGNING_ALG, advice);
        }
        let or_common = |own: Vec<String>, common: &[String]| {
            if own.is_empty() { common.to_vec() } else { own }
        };
        // An issuer with clients of its own has an audience only if that is its own, too.
        let audiences = match self.client_ids.is_empty() {
            true => or_common(self.audiences, common.audiences),
            false => self.audiences,
        };
        IssuerSettings {
            issuer: self.issuer,
            keys: self.keys,
            audiences,
            client_ids: or_common(self.client_ids, common.client_ids),
            grants: GrantClaims {
                scopes: or_common(self.grants.scopes, &common.grants.scopes),
                roles: or_common(self.grants.roles, &common.grants.roles),
                permissions: or_common(self.grants.permissions, &common.grants.permissions),
            },
            algorithms,
            profile: self.profile.unwrap_or(common.profile),
            introspection: self.introspection,
        }
    }
}

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
    let names = [&ISSUER_BASE_URL, &AUTH0_DOMAIN, &ISSUER];
    names.into_iter().chain(key_origin::WAYS).any(|setting| reader.is_set(setting))
}

/// Makes `issuer` the only one, discovered unless its key set is at `jwks_uri`. Removes every other
/// from the gathered values, and returns the names under which they were set.
pub(super) fn replace_all(
    values: &mut Map<String, Value>,
    issuer: &str,
    jwks_uri: Option<&str>,
) -> Vec<String> {
    let names = [&ISSUER_BASE_URL, &AUTH0_DOMAIN, &ISSUER].into_iter().chain(key_origin::WAYS);
    let keys = names.map(|setting| setting.key).chain([issuer_tables::KEY]);
    let removed = keys.filter_map(|key| {
        let value = values.remove(key)?;
        Some(value.origin().unwrap_or(key).to_owned())
    });
    let removed = removed.collect();
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
            true => reader.refuse(&ISSUER_BASE_URL, issuer.as_str(), "listed twice"),
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
                reader.refuse(&ISSUER, configured.issuer.as_str(), advice);
            }
            None => issuers.push(configured),
        }
    }
    introspect(&mut issuers, reader);
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
fn introspect(issuers: &mut [ConfiguredIssuer], reader: &mut Reader) {
    let is_discovered =
        issuers.first().is_none_or(|issuer| issuer.keys.contains(&KeyOrigin::Discovered));
    let Some(introspection) = introspection::read(reader, is_discovered) else { return };
    match issuers {
        [only] => only.introspection = Some(introspection),
        // Another problem is reported already.
        [] if reader.tables(issuer_tables::KEY).is_empty() => {}
        [] => reader.refuse_beside(
            &INTROSPECTION,
            "no issuer is configured outside the tables; set it in the table of the issuer",
        ),
        _ => reader.refuse_beside(
            &INTROSPECTION,
            "several issuers are configured, and an opaque token does not name its issuer; set it \
             in the [[issuers]] table of the one to ask",
        ),
    }
}

/// Reads `ISSUER` and the settings of its keys.
fn configured(reader: &mut Reader, plain_http: &HttpHosts) -> Option<ConfiguredIssuer> {
    let issuer = reader.optional(&ISSUER, issuer);
    let ways = key_origin::ways_set(reader);
    match (reader.is_set(&ISSUER), ways.first()) {
        (true, None) => reader.refuse_beside(
            &ISSUER,
            "no keys are configured; add JWKS_URI, PUBLIC_KEY_FILE, SECRET or SECRET_FILE, or use \
             ISSUER_BASE_URL instead to discover the keys",
        ),
        (false, Some(way)) => {
            reader.refuse_beside(way, "requires ISSUER: the exact `iss` of the tokens it verifies")
        }
        _ => {}
    }
    let keys = key_origin::read(reader, plain_http);
    Some(ConfiguredIssuer::new(issuer.filter(|_| !keys.is_empty())?, keys))
}

/// Parses the issuer of configured keys: the exact `iss` of its tokens, which is only compared.
pub(super) fn issuer(text: &str) -> Result<IssuerIdentifier, String> {
    IssuerIdentifier::opaque(text).map_err(|error| error.to_string())
}

/// Parses a discovered issuer. A copied metadata URL gets specific advice.
pub(super) fn discovered(text: &str, plain_http: &HttpHosts) -> Result<IssuerIdentifier, String> {
    if text.contains("/.well-known/") {
        return Err("this is the URL of the issuer's metadata; the issuer is the same without \
                    .well-known/openid-configuration"
            .to_owned());
    }
    IssuerIdentifier::over_http(text, plain_http).map_err(|error| match error {
        InvalidIssuer::NotHttps => {
            "not https (http is accepted for loopback hosts, and for those in ALLOW_HTTP_ISSUERS)"
                .to_owned()
        }
        error => error.to_string(),
    })
}

/// Returns the issuer of the Auth0 tenant with this domain.
fn auth0_domain(text: &str) -> Result<IssuerIdentifier, String> {
    let bare = text.rsplit_once("://").map_or(text, |(_, rest)| rest);
    let bare = bare.split_once('/').map_or(bare, |(host, _)| host).to_lowercase();
    if !bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) {
        return Err("not a domain; it should look like tenant.eu.auth0.com".to_owned());
    }
    if !bare.contains('.') {
        return Err("not a full domain; it should look like tenant.eu.auth0.com".to_owned());
    }
    if bare.len() != text.len() {
        return Err(format!("write the domain alone: {bare}"));
    }
    discovered(&format!("https://{bare}/"), &HttpHosts::default())
}

/// Whether two identifiers name the same issuer: the same text or URL, apart from a trailing slash.
fn is_same(one: &IssuerIdentifier, other: &IssuerIdentifier) -> bool {
    let bare = |issuer: &IssuerIdentifier| {
        let text = issuer.url().map_or(issuer.as_str(), Url::as_str);
        text.strip_suffix('/').unwrap_or(text).to_owned()
    };
    bare(one) == bare(other)
}
