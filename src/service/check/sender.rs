//! Findings about sender-constrained tokens: DPoP, certificates and the shared memory.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::finding::Finding;
use crate::sender::DpopMode;
use crate::service::settings::{CertificateOrigin, IssuerSettings, NonceKeySource, Settings};
use crate::verifier::{ProofMemoryStatus, Verifier};

/// Time to connect to the shared memory.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

pub(super) async fn examine(settings: &Settings, verifier: &Verifier) -> Vec<Finding> {
    let mut findings = vec![dpop(settings, verifier)];
    findings.extend(token_header(settings));
    findings.extend(nonces(settings));
    if let Some(url) = &settings.sender.shared_memory
        && verifier.dpop().is_on()
    {
        findings.push(shared_memory(verifier, &url.to_string()).await);
    }
    if let Some(origin) = &settings.sender.certificates {
        let text = match origin {
            CertificateOrigin::Tls { .. } => "taken from TLS connections to this server".to_owned(),
            CertificateOrigin::Header(form) => {
                format!("taken from the header {form} of TRUSTED_PROXIES, which must overwrite it")
            }
        };
        findings.push(Finding::ok("client certificates", text));
    }
    findings
}

/// Where tokens come from, if not from `Authorization`.
fn token_header(settings: &Settings) -> Option<Finding> {
    let header = settings.token_header.as_ref()?;
    Some(Finding::ok(
        "token",
        format!(
            "taken from the header {header} of TRUSTED_PROXIES, which must overwrite it; \
             Authorization is not read"
        ),
    ))
}

fn dpop(settings: &Settings, verifier: &Verifier) -> Finding {
    let policy = verifier.dpop();
    let urls: Vec<_> = policy.public_urls.iter().map(ToString::to_string).collect();
    match policy.mode {
        DpopMode::Off if settings.token_header.is_some() => Finding::ok(
            "DPoP",
            "off, since tokens from TOKEN_HEADER come without a proof; tokens bound to a key are rejected",
        ),
        DpopMode::Off => Finding::ok("DPoP", "off; tokens bound to a key are rejected"),
        _ if !policy.is_on() => Finding::warning(
            "DPoP",
            "off, since no public URL is known; tokens bound to a key are rejected",
            "set PUBLIC_URL to the URL that clients use, or DPOP=off if no client uses DPoP",
        ),
        _ => {
            let modes = modes(&settings.issuers);
            Finding::ok("DPoP", format!("{modes}, for requests to {}", urls.join(", ")))
        }
    }
}

/// The mode of all issuers, or that of each.
fn modes(issuers: &[IssuerSettings]) -> String {
    let Some(first) = issuers.first() else { return DpopMode::default().to_string() };
    if issuers.iter().all(|issuer| issuer.dpop == first.dpop) {
        return first.dpop.to_string();
    }
    let each = issuers.iter().map(|issuer| format!("{} for {}", issuer.dpop, issuer.issuer));
    each.collect::<Vec<_>>().join(", ")
}

fn nonces(settings: &Settings) -> Option<Finding> {
    let is_random = settings.sender.nonces == Some(NonceKeySource::Random);
    (is_random && settings.sender.shared_memory.is_some()).then(|| {
        Finding::warning(
            "DPoP nonces",
            "each replica has a nonce key of its own, so clients need a new nonce for each",
            "give all replicas the same DPOP_NONCE_KEY_FILE",
        )
    })
}

async fn shared_memory(verifier: &Verifier, url: &str) -> Finding {
    let connected = async {
        while verifier.proof_memory_status() != Some(ProofMemoryStatus::Shared { is_up: true }) {
            sleep(POLL_INTERVAL).await;
        }
    };
    if timeout(CONNECT_TIMEOUT, connected).await.is_ok() {
        return Finding::ok("shared memory", format!("{url} is reachable"));
    }
    let text = format!("{url} is unreachable; DPoP requests are answered 503");
    let advice =
        "start Redis or Valkey there, or correct SHARED_MEMORY; its log lines name the cause";
    Finding::warning("shared memory", text, advice)
}
