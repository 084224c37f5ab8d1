//! Whether an issuer's clock and ours agree.

use std::time::UNIX_EPOCH;

use awc::http::header::HttpDate;

use super::fetcher::Freshness;
use crate::token::Timestamp;

/// How many seconds the clock of whoever answered is ahead of ours, from the `Date` of an answer
/// that has just arrived (RFC 9110 section 6.6.1). A cache on the way tells the answer's `Age`.
///
/// `Date` has whole seconds, so a difference of one second is none.
pub(super) fn clock_ahead(answer: &Freshness, now: Timestamp) -> Option<i64> {
    let date: HttpDate = answer.date.as_deref()?.parse().ok()?;
    let written = std::time::SystemTime::from(date).duration_since(UNIX_EPOCH).ok()?.as_secs();
    let age = answer.age.as_deref().and_then(|age| age.trim().parse().ok()).unwrap_or(0_u64);
    let theirs = i64::try_from(written.saturating_add(age)).ok()?;
    let ours = i64::try_from(now.milliseconds() / 1000).ok()?;
    let ahead = theirs.saturating_sub(ours);
    Some(if ahead.abs() <= 1 { 0 } else { ahead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_counts_the_time_spent_in_caches() {
        // RFC 9110 5.6.7: 784111777 seconds after the epoch.
        const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
        let table = [
            (Some(DATE), None, 784_111_777, Some(0)),
            (Some(DATE), None, 784_111_778, Some(0)),
            (Some(DATE), None, 784_111_797, Some(-20)),
            (Some(DATE), Some("20"), 784_111_797, Some(0)),
            (Some(DATE), Some("soon"), 784_111_797, Some(-20)),
            (Some(DATE), None, 784_111_700, Some(77)),
            (Some("yesterday"), None, 784_111_777, None),
            (None, None, 784_111_777, None),
        ];
        for (date, age, seconds, ahead) in table {
            let answer = Freshness {
                date: date.map(str::to_owned),
                age: age.map(str::to_owned),
                ..Freshness::default()
            };
            let found = clock_ahead(&answer, Timestamp::from_seconds(seconds));
            assert_eq!(found, ahead, "RFC 9110 6.6.1: {date:?} {age:?} {seconds}");
        }
    }
}
