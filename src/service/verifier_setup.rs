//! Verifier and protected resource, built from the settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use derive_more::{Display, Error, From};

use super::client_certificate::certificate_source;
use super::rate_limit;
use super::reload::Reloadable;
use super::settings::{
    IntrospectionSettings, IssuerSettings, KeyOrigin, NonceKeySource, Secret, SenderSettings,
    Settings,
};
use crate::ProtectedResource;
use crate::access::TokenSource;
use crate::issuer::{Introspection, IntrospectionClient, KeySource, TrustedIssuer};
use crate::sender::{DpopPolicy, NonceKeys};
use crate::token::{
    Algorithms, Audiences, ClientIds, ClockTolerance, Expectations, KeyFileFault, KeyRules, KeySet,
    NoAudience, SkippedKey, TooTolerant, UnusableKey, VerificationKey,
};
use crate::verifier::{StartError, Verifier};

/// Why no verifier can be built from valid settings. The operator is at fault.
#[derive(Debug, Display, Error, From)]
#[non_exhaustive]
pub enum VerifierSetupError {
    /// The key file cannot be read.
    #[display("PUBLIC_KEY_FILE {} cannot be read: {fault}", path.display())]
    #[from(ignore)]
    UnreadableKeyFile {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        #[error(source)]
        fault: std::io::Error,
    },
    /// The key file contains no usable key.
    #[display("PUBLIC_KEY_FILE {}: {fault}", path.display())]
    #[from(ignore)]
    UnusableKeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[error(source)]
        fault: KeyFileFault,
    },
    /// The secret does not fit the algorithm.
    #[display("SECRET: {_0}")]
    Secret(UnusableKey),
    /// No audience.
    #[display("AUDIENCE: {_0}")]
    Audience(NoAudience),
    /// Too much tolerance.
    #[display("CLOCK_TOLERANCE: {_0}")]
    Tolerance(TooTolerant),
    /// The verifier cannot start.
    #[display("{_0}")]
    Start(StartError),
}

/// Starts the verifier that the settings describe and returns the resource it protects.
///
/// # Errors
///
/// [`VerifierSetupError`] if a key file cannot be used or the verifier cannot start.
pub fn protected_resource(settings: &Settings) -> Result<ProtectedResource, VerifierSetupError> {
    let mut builder =
        Verifier::builder().key_refresh(settings.keys.clone()).cache(settings.token_cache);
    builder = builder.dpop(dpop(&settings.sender)?).proof_memory(settings.sender.proof_entries);
    if let Some(url) = &settings.sender.shared_memory {
        builder = builder.shared_memory(url.clone());
    }
    if let Some(path) = &settings.key_fetch.ca_file {
        builder = builder.key_fetch_ca_file(path);
    }
    if let Some(path) = &settings.key_fetch.token_file {
        builder = builder.key_fetch_token_file(path);
    }
    builder = builder.proxies(settings.key_fetch.proxies.clone());
    for issuer in &settings.issuers {
        let mut introspection =
            issuer.introspection.as_ref().map(|asked| introspection(settings, asked));
        // Its metadata may name the endpoint.
        let discovered = issuer.keys.iter().position(|keys| *keys == KeyOrigin::Discovered);
        for (place, keys) in issuer.keys.iter().enumerate() {
            let mut trusted = trusted_issuer(settings, issuer, keys)?;
            if place == discovered.unwrap_or(0) {
                trusted.introspection = introspection.take();
            }
            builder = builder.trust(trusted);
        }
    }
    let mut resource = ProtectedResource::new(builder.start()?)
        .realm(settings.realm.clone())
        .rejection_log_interval(settings.log.rejection_interval);
    let shared = settings.sender.shared_memory.as_ref();
    if let Some(judge) = rate_limit::subject_rate_limit(&settings.rate_limits, shared) {
        resource = resource.throttle_later(judge);
    }
    if let Some(origin) = &settings.sender.certificates {
        let proxies = &settings.rate_limits.trusted_proxies;
        resource = resource.client_certificates(certificate_source(origin, proxies));
    }
    if let Some(header) = &settings.token_header {
        let proxies = settings.rate_limits.trusted_proxies.clone();
        let is_trusted = move |peer| proxies.iter().any(|proxy| proxy.contains(peer));
        resource = resource.token_source(TokenSource::header(header.name().clone(), is_trusted));
    }
    if let Some(identifier) = &settings.resource {
        resource = resource.identifier(identifier.clone());
    }
    Ok(resource)
}

/// What is expected of DPoP proofs.
fn dpop(settings: &SenderSettings) -> Result<DpopPolicy, VerifierSetupError> {
    let mut policy = DpopPolicy::new(settings.public_urls.iter().cloned());
    policy.mode = settings.dpop;
    policy.algorithms = settings.algorithms;
    policy.max_age = settings.max_age;
    policy.tolerance = settings.tolerance;
    policy.nonces = match &settings.nonces {
        None => None,
        Some(NonceKeySource::Random) => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(|_| StartError::NoRandomness)?;
            Some(Arc::new(NonceKeys::new(&key, None)))
        }
        Some(NonceKeySource::Shared { current, previous }) => {
            Some(Arc::new(NonceKeys::new(current, previous.as_ref())))
        }
    };
    Ok(policy)
}

fn trusted_issuer(
    settings: &Settings,
    configured: &IssuerSettings,
    keys: &KeyOrigin,
) -> Result<TrustedIssuer, VerifierSetupError> {
    let algorithms = configured.algorithms_of(keys);
    let source = match keys {
        KeyOrigin::Discovered => KeySource::Discovery,
        KeyOrigin::KeySetUrl(jwks_uri) => KeySource::Address(jwks_uri.clone()),
        KeyOrigin::PublicKeyFile(path) => {
            let rules = KeyRules { rsa: settings.keys.rsa, ..algorithms.into() };
            let (keys, skipped) = public_keys(path, rules)?;
            warn_of_skipped(path, &skipped);
            KeySource::Held(keys)
        }
        KeyOrigin::Secret(secret) | KeyOrigin::SecretFile(_, secret) => {
            KeySource::Held(secret_key(secret, algorithms)?)
        }
    };
    // The list is empty unless it was set, and no client is.
    let client_ids = ClientIds::new(configured.client_ids.iter().cloned()).ok();
    let expected = Expectations {
        issuer: configured.issuer.to_string(),
        audiences: match (configured.audiences.is_empty(), &client_ids) {
            (true, Some(_)) => Audiences::NONE,
            _ => Audiences::new(configured.audiences.iter().cloned())?,
        },
        algorithms,
        profile: configured.profile,
        clock_tolerance: ClockTolerance::try_from(settings.clock_tolerance)?,
        max_token_age: settings.max_token_age.filter(|age| *age > Duration::ZERO),
        client_ids,
        grants: configured.grants.clone(),
        tenants: configured.tenants.clone(),
        dpop: Some(configured.dpop),
    };
    Ok(TrustedIssuer {
        identifier: configured.issuer.clone(),
        source,
        expected,
        refresh: None,
        introspection: None,
    })
}

fn introspection(settings: &Settings, asked: &IntrospectionSettings) -> Introspection {
    let mut introspection = Introspection::new(IntrospectionClient {
        id: asked.client_id.clone(),
        authentication: asked.credentials.authentication().clone(),
    });
    introspection.mode = asked.mode;
    introspection.endpoint.clone_from(&asked.endpoint);
    introspection.cache = settings.introspection.cache;
    introspection.stale = settings.introspection.stale;
    introspection.rate = settings.introspection.rate;
    introspection
}

/// The files of keys, secrets and client credentials, which can be replaced while the verifier runs.
pub(super) fn reloadable_files(settings: &Settings, verifier: &Verifier) -> Vec<Reloadable> {
    let file = |(issuer, keys): (&IssuerSettings, &KeyOrigin)| {
        let (verifier, algorithms) = (verifier.clone(), issuer.algorithms_of(keys));
        let rules = KeyRules { rsa: settings.keys.rsa, ..algorithms.into() };
        let name = issuer.issuer.to_string();
        match keys.clone() {
            KeyOrigin::PublicKeyFile(path) => {
                Some(Reloadable::new(format!("PUBLIC_KEY_FILE of {name}"), move || {
                    let read = public_keys(&path, rules);
                    let (keys, skipped) = read.map_err(|fault| fault.to_string())?;
                    let is_new = verifier.replace_keys(&name, algorithms, keys);
                    if is_new {
                        warn_of_skipped(&path, &skipped);
                    }
                    Ok(is_new)
                }))
            }
            KeyOrigin::SecretFile(path, _) => {
                Some(Reloadable::new(format!("SECRET_FILE of {name}"), move || {
                    let secret = Secret::from_file(&path);
                    let secret = secret.map_err(|fault| format!("{} {fault}", path.display()))?;
                    let keys =
                        secret_key(&secret, algorithms).map_err(|fault| fault.to_string())?;
                    Ok(verifier.replace_keys(&name, algorithms, keys))
                }))
            }
            KeyOrigin::Discovered | KeyOrigin::KeySetUrl(_) | KeyOrigin::Secret(_) => None,
        }
    };
    let all = settings.issuers.iter();
    let all = all.flat_map(|issuer| issuer.keys.iter().map(move |keys| (issuer, keys)));
    let credentials = settings.issuers.iter();
    let credentials = credentials.filter_map(|issuer| client_credentials(issuer, verifier));
    all.filter_map(file).chain(credentials).collect()
}

/// The files of the credentials for introspection at this issuer.
fn client_credentials(issuer: &IssuerSettings, verifier: &Verifier) -> Option<Reloadable> {
    let mut current = issuer.introspection.as_ref()?.credentials.clone();
    let name = format!("{} of {}", current.file_setting()?, issuer.issuer);
    let verifier = verifier.clone();
    Some(Reloadable::new(name, move || {
        let read = current.read_again()?;
        if read == current {
            return Ok(false);
        }
        verifier.replace_introspection_credentials(read.authentication().clone());
        current = read;
        Ok(true)
    }))
}

fn public_keys(
    path: &Path,
    rules: KeyRules,
) -> Result<(KeySet, Vec<SkippedKey>), VerifierSetupError> {
    let text = fs::read(path)
        .map_err(|fault| VerifierSetupError::UnreadableKeyFile { path: path.to_owned(), fault })?;
    KeySet::from_file(&text, rules)
        .map_err(|fault| VerifierSetupError::UnusableKeyFile { path: path.to_owned(), fault })
}

fn warn_of_skipped(path: &Path, skipped: &[SkippedKey]) {
    for key in skipped {
        log::warn!("PUBLIC_KEY_FILE {}: {key}", path.display());
    }
}

/// One secret, one algorithm (RFC 8725 section 3.1).
fn secret_key(secret: &Secret, algorithms: Algorithms) -> Result<KeySet, UnusableKey> {
    let algorithm = algorithms.iter().next().ok_or(UnusableKey::WrongFamily)?;
    Ok(KeySet::new(vec![VerificationKey::from_secret(algorithm, secret.as_bytes())?]))
}
