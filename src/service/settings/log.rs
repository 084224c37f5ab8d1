//! What the service says while it runs.

use std::str::FromStr;
use std::time::Duration;

use super::catalog::log::{ACCESS_LOG, LOG, LOG_FORMAT, REFUSAL_LOG_INTERVAL};
use super::log_filter;
use super::reader::{Reader, switch};
use crate::service::log_format::LogFormat;

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// What is logged, for [`logging::start`](crate::service::logging::start); known to be a good
    /// filter.
    pub filter: String,
    /// The form of the log.
    pub format: LogFormat,
    /// How long a kind of refusal is not logged again.
    pub refusal_interval: Duration,
    /// Whether each request is logged.
    pub access: bool,
}

pub(super) fn read(reader: &mut Reader) -> Option<LogSettings> {
    let filter = reader.required(&LOG, log_filter::read);
    let format = reader.required(&LOG_FORMAT, LogFormat::from_str);
    let refusal_interval = reader.seconds(&REFUSAL_LOG_INTERVAL, 0..=3600);
    let access = reader.required(&ACCESS_LOG, switch);
    Some(LogSettings {
        filter: filter?,
        format: format?,
        refusal_interval: refusal_interval?,
        access: access?,
    })
}
