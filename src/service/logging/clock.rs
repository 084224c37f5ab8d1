//! Time stamps of log lines.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Formats times as RFC 3339 with milliseconds. The text of the last second is kept, because most
/// lines come within the second of the line before.
#[derive(Debug, Default)]
pub(super) struct LogClock {
    second: Option<u64>,
    text: String,
}

impl LogClock {
    /// The current time. A clock before 1970 reads as 1970.
    pub(super) fn now(&mut self) -> &str {
        self.format(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    fn format(&mut self, since_epoch: Duration) -> &str {
        const MILLISECONDS: usize = "678Z".len();

        let second = since_epoch.as_secs();
        if self.second != Some(second) {
            let time = Timestamp::from_second(i64::try_from(second).unwrap_or_default());
            self.text = format!("{:.3}", time.unwrap_or_default());
            self.second = Some(second);
        }
        let milliseconds = since_epoch.subsec_millis();
        self.text.truncate(self.text.len().saturating_sub(MILLISECONDS));
        for divisor in [100, 10, 1] {
            self.text.push(char::from_digit(milliseconds / divisor % 10, 10).unwrap_or('0'));
        }
        self.text.push('Z');
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_with_milliseconds() {
        let mut clock = LogClock::default();
        let table = [
            (1_767_323_045_678, "2026-01-02T03:04:05.678Z"),
            (1_767_323_045_009, "2026-01-02T03:04:05.009Z"),
            (1_767_323_046_000, "2026-01-02T03:04:06.000Z"),
            (1_767_323_045_999, "2026-01-02T03:04:05.999Z"),
            (0, "1970-01-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
        ];
        for (milliseconds, expected) in table {
            assert_eq!(clock.format(Duration::from_millis(milliseconds)), expected, "RFC 3339 5.6");
        }
    }
}
