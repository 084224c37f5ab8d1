//! Check of an issuer: whether it can be reached, how it names itself, its keys, its clock.

use url::Url;

use super::advice::{on_fault, on_skipped};
use super::finding::{Finding, Level};
use crate::issuer::{IssuerDiagnostics, IssuerStatus};
use crate::secure_url::{is_plain_http, redacted};
use crate::service::settings::{IssuerSettings, KeyOrigin, Settings};
use crate::token::{KeySet, KeySetWarning, SkipReason, SkippedKey};

/// The findings about one issuer.
pub(super) fn examine(settings: &Settings, issuer: &IssuerDiagnostics) -> Vec<Finding> {
    let name = &issuer.status.issuer;
    let configured =
        settings.issuers.iter().find(|configured| configured.issuer == issuer.identifier);
    let mut findings = Vec::new();
    let sources = configured.map(|configured| configured.keys.as_slice()).unwrap_or_default();
    let is_plain = |keys: &KeyOrigin| match keys {
        KeyOrigin::Discovered => issuer.identifier.is_plain_http(),
        KeyOrigin::KeySetUrl(url) => is_plain_http(url),
        _ => false,
    };
    if sources.iter().any(is_plain) {
        let text = "its keys are fetched over plain http";
        let advice = "use https, unless you alone control the network to it: anyone else who does can \
                      forge its tokens";
        findings.push(Finding::warning(format!("issuer {name}"), text, advice));
    }
    if let Some(fault) = &issuer.fault {
        findings.push(Finding::error(format!("issuer {name}"), fault.to_string(), on_fault(fault)));
    } else if !issuer.status.is_ready() {
        let text = "its keys did not arrive in time";
        let advice = "raise KEY_FETCH_TIMEOUT if the issuer is slow";
        findings.push(Finding::error(format!("issuer {name}"), text, advice));
    }
    if !issuer.status.is_ready() {
        return findings;
    }
    findings.push(spelling(issuer, configured, settings.issuers.len() == 1));
    findings.push(keys(issuer));
    findings.extend(ambiguous_keys(issuer));
    findings.extend(issuer.status.skipped.iter().map(|key| skipped(name, key)));
    findings.extend(clock(issuer));
    findings
}

fn spelling(
    issuer: &IssuerDiagnostics,
    configured: Option<&IssuerSettings>,
    is_only: bool,
) -> Finding {
    let (own, given) = (&issuer.status.issuer, issuer.identifier.as_str());
    let subject = format!("issuer {own}");
    if !issuer.status.is_discovered {
        let is_auth0 = issuer
            .identifier
            .url()
            .and_then(Url::host_str)
            .unwrap_or_default()
            .ends_with(".auth0.com");
        if is_auth0 && !given.ends_with('/') {
            let text = "the names of Auth0's issuers end with a slash, and this one does not, so all \
                        of its tokens would be rejected";
            return Finding::warning(subject, text, format!("set ISSUER={given}/"));
        }
        let origins = configured.iter().flat_map(|configured| &configured.keys);
        let urls: Vec<String> = origins
            .filter_map(|origin| match origin {
                KeyOrigin::KeySetUrl(jwks_uri) => Some(redacted(jwks_uri)),
                _ => None,
            })
            .collect();
        let text = match issuer.status.attempts {
            0 => "its keys are on this machine".to_owned(),
            _ => format!("its keys were read from {}", urls.join(" or ")),
        };
        return Finding::ok(subject, format!("{text}; tokens must name it exactly like this"));
    }
    if let Some((_, tenants)) = issuer.expected().template() {
        let text = match tenants.ids() {
            Some(ids) => format!("reached; accepted tenants: {}", ids.join(", ")),
            None => "reached; tokens of every tenant are accepted (TENANTS=any), so rules must \
                     decide who may call"
                .to_owned(),
        };
        return Finding::ok(subject, text);
    }
    if configured.is_some_and(|configured| configured.tenants.is_some()) && is_only {
        let text = "it is the issuer of one tenant, so TENANTS has no effect";
        return Finding::warning(subject, text, "remove TENANTS");
    }
    if own == given {
        return Finding::ok(subject, "reached, and it names itself exactly like this");
    }
    // Only a slash at the end can differ: metadata of another issuer is not accepted.
    let how =
        if own.ends_with('/') { "with a slash at the end" } else { "without a slash at the end" };
    let text = format!("reached; unlike the settings, it names itself {how}, and so must tokens");
    Finding::ok(subject, text)
}

fn keys(issuer: &IssuerDiagnostics) -> Finding {
    if issuer.status.is_opaque_only {
        let text = "its metadata names no key set, so its JWTs are rejected; it is asked about opaque \
                    tokens";
        return Finding::ok(format!("keys of {}", issuer.status.issuer), text);
    }
    let names = key_names(&issuer.status, "one without kid");
    let text = format!("{} usable: {names}", issuer.status.keys.len());
    Finding::ok(format!("keys of {}", issuer.status.issuer), text)
}

/// The keys in use, by `kid` and algorithm; `unnamed` stands for a missing `kid`.
pub(in crate::service) fn key_names(issuer: &IssuerStatus, unnamed: &str) -> String {
    let names = issuer.keys.iter().map(|key| match &key.id {
        Some(id) => format!("{id} ({})", key.algorithm),
        None => format!("{unnamed} ({})", key.algorithm),
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Keys between which a token's `kid` does not distinguish.
fn ambiguous_keys(issuer: &IssuerDiagnostics) -> Vec<Finding> {
    let warnings = issuer.keys().map(KeySet::warnings).unwrap_or_default();
    let finding = |warning: &KeySetWarning| {
        let subject = format!("keys of {}", issuer.status.issuer);
        let advice = "have the issuer give each key a kid of its own (RFC 7517 section 4.5)";
        Finding::warning(subject, warning.to_string(), advice)
    };
    warnings.iter().map(finding).collect()
}

fn skipped(issuer: &str, key: &SkippedKey) -> Finding {
    let SkippedKey { id, reason } = key;
    let text = format!("skipped: {reason}");
    let subject = format!("key {id} of {issuer}");
    let (level, advice) = match reason {
        // Many key sets have keys for encryption too, and the allow-list is the operator's choice.
        SkipReason::NotForSignatures | SkipReason::NotAllowed(_) | SkipReason::Duplicate => {
            (Level::Ok, None)
        }
        _ => (Level::Warning, Some(on_skipped(reason))),
    };
    Finding { level, subject, text, advice }
}

fn clock(issuer: &IssuerDiagnostics) -> Option<Finding> {
    let skew = issuer.status.clock_skew?;
    let subject = format!("clock of {}", issuer.status.issuer);
    let tolerance = issuer.expected().clock_tolerance.duration().as_secs();
    if skew.seconds().unsigned_abs() <= tolerance {
        return Some(Finding::ok(subject, format!("{skew}; tolerance {tolerance} s")));
    }
    let text =
        format!("{skew}, more than the tolerance of {tolerance} s: valid tokens may be rejected");
    let advice = "set this machine's clock by NTP; if it is right, tell the operator of the issuer, \
                  and raise CLOCK_TOLERANCE until the issuer's clock is right";
    Some(Finding::warning(subject, text, advice))
}
