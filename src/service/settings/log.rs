//! What the service says while it runs.

use std::str::FromStr;

use super::catalogue::log::{LOG, LOG_FORMAT};
use super::log_filter;
use super::reader::Reader;
use crate::service::logging::LogFormat;

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// What is logged, for [`logging::start`](crate::service::logging::start); known to be a good
    /// filter.
    pub filter: String,
    /// The form of the log.
    pub format: LogFormat,
}

pub(super) fn read(reader: &mut Reader) -> Option<LogSettings> {
    let filter = reader.required(&LOG, log_filter::read);
    let format = reader.required(&LOG_FORMAT, LogFormat::from_str);
    Some(LogSettings { filter: filter?, format: format? })
}
