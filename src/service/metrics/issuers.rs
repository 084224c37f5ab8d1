//! How it stands with each issuer, as Prometheus reads it.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::issuer::IssuerStatus;
use crate::verifier::Verifier;

/// Looks when somebody asks.
#[derive(Debug)]
pub(super) struct Issuers(pub(super) Verifier);

impl Collector for Issuers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (issuers, now) = (self.0.issuers(), self.0.now());
        let mut out = Encoding { encoder: &mut encoder, issuers: &issuers };
        out.gauge("issuer_keys", "Usable keys held", |issuer| {
            Some(u64::try_from(issuer.keys.len()).unwrap_or(u64::MAX))
        })?;
        out.gauge(
            "issuer_key_set_age_seconds",
            "Seconds since the keys held were obtained, or last confirmed to be current",
            |issuer| issuer.obtained_at.map(|obtained| now.since(obtained).as_secs()),
        )?;
        out.gauge(
            "issuer_key_set_stale",
            "1 while the keys held are past their lifetime and new ones cannot be had",
            |issuer| Some(u64::from(issuer.stale_since.is_some())),
        )?;
        out.gauge(
            "issuer_key_set_failing",
            "1 while the last attempt to obtain the keys is one that failed",
            |issuer| Some(u64::from(issuer.fault.is_some())),
        )?;
        out.counter("issuer_key_set_attempts", "Attempts to obtain the keys", |issuer| {
            issuer.attempts
        })?;
        out.counter("issuer_key_set_failures", "Attempts that failed", |issuer| issuer.failures)
    }
}

struct Encoding<'a, 'b> {
    encoder: &'a mut DescriptorEncoder<'b>,
    issuers: &'a [IssuerStatus],
}

impl Encoding<'_, '_> {
    /// A number that rises and falls, for the issuers that have it.
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

    /// A number that only rises.
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
