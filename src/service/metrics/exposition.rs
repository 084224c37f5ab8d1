//! Prometheus text format, and the metrics of the process itself.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// The media type of the exposition.
pub(in crate::service) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Registers the version and the start time.
pub(super) fn register_process(registry: &mut Registry) {
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("resource_server_build", "Version of the program", version);
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let started = ConstGauge::new(since_epoch.as_secs_f64());
    let help = "Start time of the process, in seconds since the Unix epoch";
    registry.register("process_start_time_seconds", help, started);
}

pub(super) fn encode(registry: &Registry) -> Result<String, fmt::Error> {
    let mut text = String::new();
    prometheus_text::encode(&mut text, registry)?;
    Ok(text)
}
