//! Clock skew between an issuer and this machine.

use std::fmt;
use std::time::Duration;

use crate::token::Timestamp;

/// Clock skew between an issuer and this machine in whole seconds, from the `Date` of the issuer's
/// last response (RFC 9110 section 6.6.1). A skew as large as the clock tolerance causes tokens to
/// be rejected.
///
/// The resolution is a second, plus the time that the response took to arrive.
///
/// ```no_run
/// use actix_resource_server::verifier::Verifier;
///
/// # fn example(verifier: &Verifier) {
/// for issuer in verifier.issuers() {
///     if let Some(skew) = issuer.clock_skew.filter(|skew| skew.seconds().abs() > 2) {
///         println!("the clock of {} is {skew}", issuer.issuer);
///     }
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockSkew(i64);

impl ClockSkew {
    /// The skew between the issuer's time and ours. Theirs has a resolution of one second; within
    /// that second there is no skew.
    pub(crate) fn between(theirs: Timestamp, ours: Timestamp) -> Self {
        let whole = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        match theirs > ours {
            true => Self(whole(theirs.since(ours))),
            false => Self(whole(ours.since(theirs)).saturating_neg()),
        }
    }

    /// Seconds by which the issuer's clock is ahead of ours; negative if it is behind.
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => formatter.write_str("even with ours"),
            ahead @ 1.. => write!(formatter, "{ahead} s ahead of ours"),
            behind => write!(formatter, "{} s behind ours", behind.unsigned_abs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skew_has_a_direction_and_none_within_the_second() {
        let at = Timestamp::from_milliseconds;
        let table = [
            (at(10_000), at(10_000), 0, "even with ours"),
            (at(10_000), at(10_999), 0, "even with ours"),
            (at(10_000), at(9_001), 0, "even with ours"),
            (at(10_000), at(9_000), 1, "1 s ahead of ours"),
            (at(10_000), at(15_500), -5, "5 s behind ours"),
            (at(u64::MAX), at(0), 18_446_744_073_709_551, "18446744073709551 s ahead of ours"),
        ];
        for (theirs, ours, seconds, text) in table {
            let skew = ClockSkew::between(theirs, ours);
            assert_eq!((skew.seconds(), skew.to_string().as_str()), (seconds, text));
        }
    }
}
