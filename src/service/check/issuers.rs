//! Whether an issuer can be reached, is who it is taken for, and has keys that can be used.

use url::Url;

use super::finding::{Finding, Level};
use crate::issuer::{IssuerDiagnostics, IssuerFault};
use crate::secure_url::redacted;
use crate::service::settings::{IssuerSettings, KeyOrigin, Settings};
use crate::token::{SkipReason, SkippedKey};

/// The findings about one issuer.
pub(super) fn examine(settings: &Settings, issuer: &IssuerDiagnostics) -> Vec<Finding> {
    let name = &issuer.status.issuer;
    let configured =
        settings.issuers.iter().find(|configured| configured.issuer == issuer.identifier);
    let mut findings = Vec::new();
    if let Some(fault) = &issuer.fault {
        findings.push(Finding::error(format!("issuer {name}"), fault.to_string(), advice(fault)));
    } else if !issuer.status.is_ready() {
        let text = "its keys did not come in time";
        let advice = "raise KEY_FETCH_TIMEOUT if the issuer is far away";
        findings.push(Finding::error(format!("issuer {name}"), text, advice));
    }
    if !issuer.status.is_ready() {
        return findings;
    }
    findings.push(spelling(issuer, configured));
    findings.push(keys(issuer));
    findings.extend(issuer.status.skipped.iter().map(|key| skipped(name, key)));
    findings.extend(clock(issuer));
    findings
}

/// What to do when keys cannot be obtained.
pub(in crate::service) fn advice(fault: &IssuerFault) -> String {
    let text = match fault {
        IssuerFault::Unreachable { .. } => {
            "see whether the issuer's host is spelled right, and whether this machine reaches it: \
             name resolution, a firewall, a proxy, a certificate authority of your own \
             (SSL_CERT_FILE)"
        }
        IssuerFault::TimedOut { .. } => {
            "see whether the network between is slow or drops packets; KEY_FETCH_TIMEOUT sets how \
             long is waited"
        }
        IssuerFault::Status { status: 300..=399, .. } => {
            "redirects are not followed: set the address that it redirects to; often only a slash, \
             www. or another domain differs"
        }
        IssuerFault::Status { status: 429, .. } => {
            "the issuer says that it is asked too often: wait, and see who else asks it from here"
        }
        IssuerFault::Status { status: 400..=499, address, .. } if is_metadata(address) => {
            "there is no such issuer at this address. With Auth0 it is https://DOMAIN/, with \
             Keycloak https://HOST/realms/REALM, with Okta https://DOMAIN/oauth2/default, with \
             Entra https://login.microsoftonline.com/TENANT/v2.0"
        }
        IssuerFault::Status { status: 400..=499, .. } => {
            "the key set is not where it should be: see JWKS_URI or, if that is not set, jwks_uri \
             in the issuer's metadata"
        }
        IssuerFault::Status { .. } => {
            "the issuer has a fault of its own: see its status page, and try again"
        }
        IssuerFault::AnotherIssuer { found } => {
            return format!(
                "if {found} is the issuer you mean, set ISSUER_BASE_URL to exactly that. A tenant \
                 that has a custom domain answers at both domains; its tokens name the one at \
                 which they were requested"
            );
        }
        IssuerFault::MetadataMalformed { .. } | IssuerFault::MetadataIncomplete { .. } => {
            "this is not an OAuth 2 or OpenID Connect issuer's address: look with curl at what it \
             answers, at /.well-known/openid-configuration below it"
        }
        IssuerFault::KeySet(_) => {
            "see with which algorithm the issuer signs, and whether TOKEN_SIGNING_ALG allows it"
        }
        IssuerFault::TooLarge { .. }
        | IssuerFault::Encoded { .. }
        | IssuerFault::InsecureKeySet { .. } => "tell whoever runs the issuer",
    };
    text.to_owned()
}

fn is_metadata(address: &str) -> bool {
    ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
        .iter()
        .any(|path| address.contains(path))
}

fn spelling(issuer: &IssuerDiagnostics, configured: Option<&IssuerSettings>) -> Finding {
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
            let text = "the issuers of Auth0 end with a slash, and this one does not, so its \
                        tokens would all be refused";
            return Finding::warning(subject, text, format!("set ISSUER={given}/"));
        }
        let text = match configured.map(|configured| &configured.keys) {
            Some(KeyOrigin::KeySetUrl(jwks_uri)) => {
                format!("its keys were read from {}", redacted(jwks_uri))
            }
            _ => "its keys are on this machine".to_owned(),
        };
        return Finding::ok(subject, format!("{text}; tokens must name it exactly so"));
    }
    if own == given {
        return Finding::ok(subject, "reached, and it names itself exactly so");
    }
    // Nothing but a slash at the end can differ: other metadata is not believed.
    let how =
        if own.ends_with('/') { "with a slash at the end" } else { "without a slash at the end" };
    let text =
        format!("reached; it names itself {how}, other than the settings, and so must tokens");
    Finding::ok(subject, text)
}

fn keys(issuer: &IssuerDiagnostics) -> Finding {
    let keys: Vec<String> = issuer
        .status
        .keys
        .iter()
        .map(|key| match &key.id {
            Some(id) => format!("{id} ({})", key.algorithm),
            None => format!("one without kid ({})", key.algorithm),
        })
        .collect();
    let text = format!("{} that can be used: {}", keys.len(), keys.join(", "));
    Finding::ok(format!("keys of {}", issuer.status.issuer), text)
}

fn skipped(issuer: &str, key: &SkippedKey) -> Finding {
    let SkippedKey { id, reason } = key;
    let text = format!("left out: {reason}");
    let subject = format!("key {id} of {issuer}");
    let (level, advice) = match reason {
        // Keys for encryption stand in many key sets, and the allow-list is the operator's word.
        SkipReason::NotForSignatures | SkipReason::NotAllowed(_) | SkipReason::Duplicate => {
            (Level::Ok, None)
        }
        SkipReason::PrivatePart | SkipReason::SharedSecret => (
            Level::Warning,
            Some(
                "tell whoever runs the issuer at once: it publishes what must be secret".to_owned(),
            ),
        ),
        SkipReason::UnsupportedType | SkipReason::UnsupportedAlgorithm => (
            Level::Warning,
            Some("have the issuer sign with RS256, PS256, ES256, ES384 or EdDSA".to_owned()),
        ),
        SkipReason::Malformed(_) | SkipReason::BadMember(_) | SkipReason::Unusable(_) => {
            (Level::Warning, Some("tell whoever runs the issuer".to_owned()))
        }
    };
    Finding { level, subject, text, advice }
}

fn clock(issuer: &IssuerDiagnostics) -> Option<Finding> {
    let skew = issuer.status.clock_skew?;
    let subject = format!("clock of {}", issuer.status.issuer);
    let tolerance = issuer.expected().clock_tolerance.duration().as_secs();
    if skew.seconds().unsigned_abs() <= tolerance {
        return Some(Finding::ok(subject, format!("{skew}; {tolerance} s are tolerated")));
    }
    let text = format!("{skew}, and {tolerance} s are tolerated: good tokens may be refused");
    let advice = "set this machine's clock by NTP; if it is right, tell whoever runs the issuer, \
                  and raise CLOCK_TOLERANCE until it is";
    Some(Finding::warning(subject, text, advice))
}
