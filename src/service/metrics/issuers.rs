//! Metrics of the issuers and their keys.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::issuer::IssuerStatus;
use crate::verifier::Verifier;

/// Reads the status of every issuer at each scrape.
#[derive(Debug)]
pub(super) struct Issuers(pub(super) Verifier);

impl Collector for Issuers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let issuers = self.0.issuers();
        let mut out = Encoding { encoder: &mut encoder, issuers: &issuers };
        out.gauge("issuer_keys", "Usable keys of the issuer", |issuer| {
            // It needs none.
            let is_expected = !issuer.is_opaque_only;
            is_expected.then(|| u64::try_from(issuer.keys.len()).unwrap_or(u64::MAX))
        })?;
        out.gauge(
            "issuer_key_set_age_seconds",
            "Seconds since the keys were fetched, or last confirmed to be current",
            |issuer| issuer.key_set_age.map(|age| age.as_secs()),
        )?;
        out.gauge(
            "issuer_key_set_stale",
            "1 while the keys are past their lifetime and cannot be renewed, else 0",
            |issuer| Some(u64::from(issuer.stale_for.is_some())),
        )?;
        out.gauge(
            "issuer_key_set_failing",
            "1 if the last attempt to fetch the keys failed, else 0",
            |issuer| Some(u64::from(issuer.fault.is_some())),
        )?;
        out.counter("issuer_key_set_attempts", "Attempts to fetch the keys", |issuer| {
            issuer.attempts
        })?;
        out.counter("issuer_key_set_failures", "Failed attempts to fetch the keys", |issuer| {
            issuer.failures
        })
    }
}

struct Encoding<'a, 'b> {
    encoder: &'a mut DescriptorEncoder<'b>,
    issuers: &'a [IssuerStatus],
}

impl Encoding<'_, '_> {
    /// Encodes a gauge of the issuers that have the value.
    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        value: impl Fn(&IssuerStatus) -> Option<u64>,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for issuer in self.issuers {
            if let Some(value) = value(issuer) {
                let labels = [("issuer", issuer.issuer.as_str())];
                family.encode_family(&labels)?.encode_gauge(&value)?;
            }
        }
        Ok(())
    }

    /// Encodes a counter of every issuer.
    fn counter(
        &mut self,
        name: &str,
        help: &str,
        value: impl Fn(&IssuerStatus) -> u64,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for issuer in self.issuers {
            let (labels, value) = ([("issuer", issuer.issuer.as_str())], value(issuer));
            family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }
}
