//! Settings of proofs of possession: DPoP, client certificates and the memory of used proofs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::catalog::sender::{
    CLIENT_CA_FILE, CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_HEADER, DPOP, DPOP_NONCE,
    DPOP_NONCE_KEY_FILE, DPOP_PROOF_MAX_AGE, DPOP_PROOF_TOLERANCE, DPOP_REPLAY_ENTRIES,
    DPOP_SIGNING_ALG, PUBLIC_URL, SHARED_MEMORY,
};
use super::catalog::server::TLS_CERT_FILE;
use super::reader::Reader;
use super::secret::read_small;
use crate::access::ResourceIdentifier;
use crate::memory::SharedMemoryUrl;
use crate::sender::{CertificateHeader, DpopMode, PublicUrl};
use crate::token::{Algorithm, Algorithms, Family};

/// Settings of proofs of possession.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SenderSettings {
    /// Whether tokens may or must be bound to a DPoP key, if that is the same for all issuers; else
    /// `Allowed`.
    pub dpop: DpopMode,
    /// The URLs that DPoP proofs may name.
    pub public_urls: Vec<PublicUrl>,
    /// The algorithms that DPoP proofs may be signed with.
    pub algorithms: Algorithms,
    /// The maximum age of proofs and nonces.
    pub max_age: Duration,
    /// How far in the future a proof may have been made.
    pub tolerance: Duration,
    /// The keys of nonces; none if proofs need no nonce.
    pub nonces: Option<NonceKeySource>,
    /// Used proofs remembered in process at most.
    pub proof_entries: usize,
    /// Where used proofs of all replicas are remembered; none for each in its own process.
    pub shared_memory: Option<SharedMemoryUrl>,
    /// Where client certificates come from; none if tokens bound to one are rejected.
    pub certificates: Option<CertificateOrigin>,
}

/// Where the keys of nonces come from.
#[derive(derive_more::Debug, Clone, PartialEq, Eq)]
pub enum NonceKeySource {
    /// From the operating system, a new one at each start.
    Random,
    /// From a file that replicas share.
    #[debug("Shared({})", if previous.is_some() { "2 keys" } else { "1 key" })]
    Shared {
        /// The key that makes nonces.
        current: [u8; 32],
        /// A key whose nonces are accepted too.
        previous: Option<[u8; 32]>,
    },
}

/// Where client certificates come from (RFC 8705).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateOrigin {
    /// From the TLS connection. With a file, certificates must come from one of its CAs.
    Tls {
        /// The file with the CAs.
        authorities: Option<PathBuf>,
    },
    /// From a header field of trusted proxies.
    Header(CertificateHeader),
}

/// What the settings of other groups say that these depend on.
pub(super) struct OtherSettings<'a> {
    pub(super) resource: Option<&'a ResourceIdentifier>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) speaks_tls: bool,
    pub(super) has_trusted_proxies: bool,
    /// Those of the issuers; empty if `DPOP` is invalid.
    pub(super) dpop_modes: Vec<DpopMode>,
}

pub(super) fn read(reader: &mut Reader, others: &OtherSettings<'_>) -> Option<SenderSettings> {
    let mut public_urls = reader.list(&PUBLIC_URL, PublicUrl::from_str);
    if !reader.is_set(&PUBLIC_URL) {
        public_urls = default_public_urls(others);
    }
    if others.dpop_modes.contains(&DpopMode::Required)
        && public_urls.is_empty()
        && !reader.has_problem(&PUBLIC_URL)
    {
        let advice = "DPoP proofs name the URL of the request, and none is known; set PUBLIC_URL";
        reader.report_conflict(&DPOP, advice);
    }
    let listed = reader.list(&DPOP_SIGNING_ALG, algorithm);
    let algorithms = if listed.is_empty() { Algorithms::DEFAULT } else { Algorithms::only(listed) };
    let max_age = reader.seconds(&DPOP_PROOF_MAX_AGE, 1..=3600);
    let tolerance = reader.seconds(&DPOP_PROOF_TOLERANCE, 0..=300);
    let nonces = nonces(reader);
    let is_dpop_off = others.dpop_modes.iter().all(|mode| *mode == DpopMode::Off);
    if matches!(nonces, Some(Some(_))) && !others.dpop_modes.is_empty() && is_dpop_off {
        let advice = "DPoP is off, so there are no proofs; set DPOP=allowed or DPOP=required";
        reader.report_conflict(&DPOP_NONCE, advice);
    }
    let proof_entries = reader.number(&DPOP_REPLAY_ENTRIES, 1000..=1_000_000_000);
    let shared_memory =
        reader.optional(&SHARED_MEMORY, |text| SharedMemoryUrl::from_str(text.trim()));
    let certificates = certificates(reader, others);
    Some(SenderSettings {
        dpop: DpopMode::common(others.dpop_modes.iter().copied()).unwrap_or_default(),
        public_urls,
        algorithms,
        max_age: max_age?,
        tolerance: tolerance?,
        nonces: nonces?,
        proof_entries: proof_entries?,
        shared_memory,
        certificates: certificates?,
    })
}

/// The resource's own URL, and the address of a server that only this machine reaches.
fn default_public_urls(others: &OtherSettings<'_>) -> Vec<PublicUrl> {
    let mut urls = Vec::new();
    if let Some(url) = others.resource.and_then(|resource| resource.as_str().parse().ok()) {
        let url: PublicUrl = url;
        // A path may be a prefix that a proxy strips, or part of the name alone.
        if url.has_prefix() {
            urls.push(url.without_prefix());
        }
        urls.push(url);
    }
    if let Some(listen) = others.listen.filter(|listen| listen.ip().is_loopback()) {
        let scheme = if others.speaks_tls { "https" } else { "http" };
        let port = listen.port();
        let loopback = [format!("{scheme}://{listen}"), format!("{scheme}://localhost:{port}")];
        for url in loopback.iter().filter_map(|url| url.parse().ok()) {
            // The resource may be one of them.
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    urls
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    match name.parse::<Algorithm>() {
        Ok(algorithm) if algorithm.family() != Family::Secret => Ok(algorithm),
        Ok(_) => Err("DPoP proofs are signed with the private key of the client".to_owned()),
        Err(_) => {
            let names: Vec<_> = Algorithms::ASYMMETRIC.iter().map(|it| it.to_string()).collect();
            Err(format!("not supported; supported are {}", names.join(", ")))
        }
    }
}

/// Reads the nonce settings: `Some(None)` if off, `None` if they are invalid.
fn nonces(reader: &mut Reader) -> Option<Option<NonceKeySource>> {
    let is_required = reader.required(&DPOP_NONCE, |text| match text {
        "off" => Ok(false),
        "required" => Ok(true),
        _ => Err("it must be off or required"),
    });
    let is_set = reader.is_set(&DPOP_NONCE_KEY_FILE);
    let keys = reader.optional(&DPOP_NONCE_KEY_FILE, nonce_keys);
    match (is_required?, keys) {
        (false, _) if is_set => {
            let advice = "nonces are off, so the keys would not be used; set DPOP_NONCE=required";
            reader.report_conflict(&DPOP_NONCE_KEY_FILE, advice);
            None
        }
        (false, _) => Some(None),
        (true, None) if is_set => None,
        (true, None) => Some(Some(NonceKeySource::Random)),
        (true, Some(keys)) => Some(Some(keys)),
    }
}

/// Reads one or two keys, one a line.
fn nonce_keys(path: &str) -> Result<NonceKeySource, String> {
    let text = read_small(Path::new(path), "a file of nonce keys")?;
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let keys: Option<Vec<[u8; 32]>> =
        lines.filter(|line| !line.is_empty()).map(nonce_key).collect();
    match keys.as_deref() {
        Some([current]) => Ok(NonceKeySource::Shared { current: *current, previous: None }),
        Some([current, previous]) => {
            Ok(NonceKeySource::Shared { current: *current, previous: Some(*previous) })
        }
        _ => {
            Err("it must hold one or two lines, each 32 random bytes in base64, such as those of \
                  openssl rand -base64 32"
                .to_owned())
        }
    }
}

fn nonce_key(line: &[u8]) -> Option<[u8; 32]> {
    const ENCODINGS: [&GeneralPurpose; 4] =
        [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
    ENCODINGS.iter().find_map(|encoding| encoding.decode(line).ok()?.try_into().ok())
}

/// Reads the source of certificates: `Some(None)` if off, `None` if it is invalid.
fn certificates(
    reader: &mut Reader,
    others: &OtherSettings<'_>,
) -> Option<Option<CertificateOrigin>> {
    let header = reader.required(&CLIENT_CERTIFICATE_HEADER, CertificateHeader::from_str);
    let authorities = reader.optional(&CLIENT_CA_FILE, PathBuf::from_str);
    let source = reader.required(&CLIENT_CERTIFICATE, |text| match text {
        "off" | "tls" | "header" => Ok(text.to_owned()),
        _ => Err("it must be off, tls or header"),
    })?;
    if source != "tls" && authorities.is_some() {
        let advice = "it is for certificates of TLS connections; set CLIENT_CERTIFICATE=tls";
        reader.report_conflict(&CLIENT_CA_FILE, advice);
        return None;
    }
    match source.as_str() {
        "tls" if !others.speaks_tls && !reader.has_problem(&TLS_CERT_FILE) => {
            let advice = "this server does not speak TLS; set TLS_CERT_FILE and TLS_KEY_FILE, or \
                          take the certificate from a proxy with CLIENT_CERTIFICATE=header";
            reader.report_conflict(&CLIENT_CERTIFICATE, advice);
            None
        }
        "tls" => Some(Some(CertificateOrigin::Tls { authorities })),
        "header" if !others.has_trusted_proxies => {
            let advice = "anyone could send the header; set TRUSTED_PROXIES to the proxies that do";
            reader.report_conflict(&CLIENT_CERTIFICATE, advice);
            None
        }
        "header" => Some(Some(CertificateOrigin::Header(header?))),
        _ => Some(None),
    }
}
