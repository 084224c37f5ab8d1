//! Whose tokens are trusted, and where the keys that verify them come from.

use std::fs::File;
use std::path::PathBuf;

use url::Url;

use super::catalogue::Setting;
use super::catalogue::tokens::{
    AUTH0_DOMAIN, ISSUER, ISSUER_BASE_URL, JWKS_URI, PUBLIC_KEY_FILE, SECRET, SECRET_FILE,
};
use super::reader::Reader;
use super::secret::{self, Secret};
use crate::issuer::{IssuerIdentifier, secure_url};

/// An issuer and the way to the keys that verify its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerSettings {
    /// Its metadata says where the keys are.
    Discovered(IssuerIdentifier),
    /// The address of its key set is configured.
    KeySetUrl {
        /// The `iss` of its tokens.
        issuer: IssuerIdentifier,
        /// Where the key set is: https, or http on a loopback host.
        jwks_uri: Url,
    },
    /// Its public key, or keys, are in a file.
    PublicKeyFile {
        /// The `iss` of its tokens.
        issuer: IssuerIdentifier,
        /// A PEM, JWK or JWK set file, which could be opened when the settings were read.
        path: PathBuf,
    },
    /// Its tokens are authenticated by a secret shared with it.
    Secret {
        /// The `iss` of its tokens.
        issuer: IssuerIdentifier,
        /// The shared secret.
        secret: Secret,
    },
}

impl IssuerSettings {
    /// The issuer's identifier.
    pub fn issuer(&self) -> &IssuerIdentifier {
        match self {
            Self::Discovered(issuer)
            | Self::KeySetUrl { issuer, .. }
            | Self::PublicKeyFile { issuer, .. }
            | Self::Secret { issuer, .. } => issuer,
        }
    }
}

/// The settings that say how to verify the tokens of `ISSUER`.
const WAYS: [&Setting; 4] = [&JWKS_URI, &PUBLIC_KEY_FILE, &SECRET, &SECRET_FILE];

/// Whether anything about an issuer is set at all.
pub(super) fn are_set(reader: &Reader) -> bool {
    let names = [&ISSUER_BASE_URL, &AUTH0_DOMAIN, &ISSUER];
    names.into_iter().chain(WAYS).any(|setting| reader.is_set(setting))
}

/// Reads every issuer, the discovered ones first.
pub(super) fn read(reader: &mut Reader) -> Vec<IssuerSettings> {
    let mut issuers: Vec<IssuerSettings> = Vec::new();
    for issuer in reader.list(&ISSUER_BASE_URL, discovered) {
        match issuers.iter().any(|other| is_same(other.issuer(), &issuer)) {
            true => reader.refuse(&ISSUER_BASE_URL, issuer.as_str(), "it is listed twice"),
            false => issuers.push(IssuerSettings::Discovered(issuer)),
        }
    }
    // A tenant named both ways is one issuer: both settings ask for the very same thing.
    if let Some(issuer) = reader.optional(&AUTH0_DOMAIN, auth0_domain)
        && !issuers.iter().any(|other| is_same(other.issuer(), &issuer))
    {
        issuers.push(IssuerSettings::Discovered(issuer));
    }
    if let Some(configured) = configured(reader) {
        let issuer = configured.issuer();
        if issuers.iter().any(|other| is_same(other.issuer(), issuer)) {
            let advice = "the same issuer is discovered already; configure it in one way only";
            reader.refuse(&ISSUER, issuer.as_str(), advice);
        } else {
            issuers.push(configured);
        }
    }
    issuers
}

/// Reads `ISSUER` and the one setting beside it that says how to verify its tokens.
fn configured(reader: &mut Reader) -> Option<IssuerSettings> {
    let issuer = reader.optional(&ISSUER, issuer);
    let jwks_uri = reader.optional(&JWKS_URI, secure_url);
    let path = reader.optional(&PUBLIC_KEY_FILE, readable_file);
    let secret = reader.optional(&SECRET, secret::from_text);
    let secret = reader.optional(&SECRET_FILE, secret::from_file).or(secret);

    let mut ways =
        WAYS.into_iter().filter(|way| reader.is_set(way)).collect::<Vec<_>>().into_iter();
    match (reader.is_set(&ISSUER), ways.next()) {
        (true, None) => reader.refuse_beside(
            &ISSUER,
            "nothing says how to verify its tokens; add JWKS_URI, PUBLIC_KEY_FILE, SECRET or \
             SECRET_FILE, or use ISSUER_BASE_URL instead to have the keys discovered",
        ),
        (false, Some(way)) => reader.refuse_beside(
            way,
            "it needs ISSUER beside it: the exact `iss` of the tokens it verifies",
        ),
        (_, first) => {
            let first = first.map(|first| reader.name(first)).unwrap_or_default();
            for other in ways {
                reader.refuse_beside(other, format!("{first} is set too; keep one of them"));
            }
        }
    }

    let issuer = issuer?;
    if let Some(jwks_uri) = jwks_uri {
        Some(IssuerSettings::KeySetUrl { issuer, jwks_uri })
    } else if let Some(path) = path {
        Some(IssuerSettings::PublicKeyFile { issuer, path })
    } else {
        secret.map(|secret| IssuerSettings::Secret { issuer, secret })
    }
}

fn issuer(text: &str) -> Result<IssuerIdentifier, String> {
    text.parse().map_err(|error: crate::issuer::InvalidIssuer| error.to_string())
}

/// Reads an issuer, and tells those who copied the address of its metadata what it is.
fn discovered(text: &str) -> Result<IssuerIdentifier, String> {
    if text.contains("/.well-known/") {
        return Err("it is the address of the issuer's metadata; the issuer is the same without \
                    .well-known/openid-configuration"
            .to_owned());
    }
    issuer(text)
}

/// The issuer of the Auth0 tenant with this domain.
fn auth0_domain(text: &str) -> Result<IssuerIdentifier, String> {
    let bare = text.rsplit_once("://").map_or(text, |(_, rest)| rest);
    let bare = bare.split_once('/').map_or(bare, |(host, _)| host).to_lowercase();
    if !bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) {
        return Err("not a domain; it should look like tenant.eu.auth0.com".to_owned());
    }
    if !bare.contains('.') {
        return Err("not a whole domain; it should look like tenant.eu.auth0.com".to_owned());
    }
    if bare.len() != text.len() {
        return Err(format!("the domain alone is wanted: {bare}"));
    }
    issuer(&format!("https://{bare}/"))
}

fn readable_file(text: &str) -> Result<PathBuf, String> {
    if text.starts_with("-----BEGIN") {
        return Err("it holds a key; put the key in a file and set the file's path".to_owned());
    }
    let opened = File::open(text).and_then(|file| file.metadata());
    match opened.map(|metadata| metadata.is_file()) {
        Ok(true) => Ok(PathBuf::from(text)),
        Ok(false) => Err("it is not a file".to_owned()),
        Err(error) => Err(format!("it cannot be read: {error}")),
    }
}

/// Whether two identifiers lead to the same issuer: the same URL, a trailing slash apart.
fn is_same(one: &IssuerIdentifier, other: &IssuerIdentifier) -> bool {
    let bare = |url: &Url| url.as_str().strip_suffix('/').unwrap_or(url.as_str()).to_owned();
    bare(one.url()) == bare(other.url())
}
