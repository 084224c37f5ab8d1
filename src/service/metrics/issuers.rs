//! Metrics of the issuers and their keys.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::exposition::Exposition;
use crate::issuer::IssuerStatus;
use crate::verifier::Verifier;

/// Reads the status of every issuer at each scrape.
#[derive(Debug)]
pub(super) struct Issuers(pub(super) Verifier);

impl Collector for Issuers {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let issuers = self.0.issuers();
        let mut out = Exposition(encoder);
        let help = "Usable keys of the issuer";
        out.gauge(
            "issuer_keys",
            help,
            samples(&issuers, |issuer| {
                // It needs none.
                let is_expected = !issuer.is_opaque_only;
                is_expected.then(|| u64::try_from(issuer.keys.len()).unwrap_or(u64::MAX))
            }),
        )?;
        let ages = samples(&issuers, |issuer| issuer.key_set_age.map(|age| age.as_secs()));
        let help = "Seconds since the keys were fetched, or last confirmed to be current";
        out.gauge("issuer_key_set_age_seconds", help, ages)?;
        let stale = samples(&issuers, |issuer| Some(issuer.stale_for.is_some().into()));
        let help = "1 while the keys are past their lifetime and cannot be renewed, else 0";
        out.gauge("issuer_key_set_stale", help, stale)?;
        let failing = samples(&issuers, |issuer| Some(issuer.fault.is_some().into()));
        let help = "1 if the last attempt to fetch the keys failed, else 0";
        out.gauge("issuer_key_set_failing", help, failing)?;
        let attempts = samples(&issuers, |issuer| Some(issuer.attempts));
        out.counter("issuer_key_set_attempts", "Attempts to fetch the keys", attempts)?;
        let failures = samples(&issuers, |issuer| Some(issuer.failures));
        out.counter("issuer_key_set_failures", "Failed attempts to fetch the keys", failures)
    }
}

/// The value of each issuer that has it.
fn samples(
    issuers: &[IssuerStatus],
    value: impl Fn(&IssuerStatus) -> Option<u64>,
) -> impl Iterator<Item = ([(&str, &str); 1], u64)> {
    let issuers = issuers.iter().map(move |issuer| (issuer, value(issuer)));
    issuers.filter_map(|(issuer, value)| Some(([("issuer", issuer.issuer.as_str())], value?)))
}
