//! Settings of the log.

use std::str::FromStr;
use std::time::Duration;

use super::catalog::log::{ACCESS_LOG, LOG, LOG_FORMAT, REFUSAL_LOG_INTERVAL};
use super::log_filter;
use super::reader::{Reader, switch};
use crate::service::log_format::LogFormat;

/// Settings of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogSettings {
    /// The filter for [`logging::start`](crate::service::logging::start), already validated.
    pub filter: String,
    /// The log format.
    pub format: LogFormat,
    /// Minimum time between log lines about rejections of one kind.
    pub rejection_interval: Duration,
    /// Whether each request is logged.
    pub access: bool,
}

pub(super) fn read(reader: &mut Reader) -> Option<LogSettings> {
    let filter = reader.required(&LOG, log_filter::read);
    let format = reader.required(&LOG_FORMAT, LogFormat::from_str);
    let rejection_interval = reader.seconds(&REFUSAL_LOG_INTERVAL, 0..=3600);
    let access = reader.required(&ACCESS_LOG, switch);
    Some(LogSettings {
        filter: filter?,
        format: format?,
        rejection_interval: rejection_interval?,
        access: access?,
    })
}
