//! Log formats.

use std::str::FromStr;

use derive_more::{Display, Error};

/// The format of the log.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One line per record for people: time, level, target, message, fields; colored on a terminal.
    #[default]
    #[display("text")]
    Text,
    /// One JSON object per line for machines: `time` (RFC 3339), `level`, `target`, `message`, and
    /// each field of the record as a member.
    #[display("json")]
    Json,
}

/// The text is not the name of a log format. The operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("not a log format; use `text` or `json`")]
pub struct UnknownLogFormat;

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(name: &str) -> Result<Self, UnknownLogFormat> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(UnknownLogFormat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_parses_from_its_own_name() {
        for format in [LogFormat::Text, LogFormat::Json] {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("JSON".parse::<LogFormat>(), Err(UnknownLogFormat));
    }
}
