//! Response of an issuer: the document, and the header fields that matter.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use httpdate::HttpDate;
use hyper::header::{AGE, CACHE_CONTROL, DATE, ETAG, HeaderName, LOCATION, RETRY_AFTER};
use url::Url;

use super::clock_skew::ClockSkew;
use super::fault::IssuerFault;
use crate::secure_url::redacted;
use crate::token::{Printable, Timestamp};

/// Response of an issuer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) content: Content,
    pub(crate) head: Head,
}

/// The part of a response that its status decides.
#[derive(Debug)]
pub(crate) enum Content {
    /// 304: the known document is current (RFC 9110 section 15.4.5).
    Unchanged,
    /// 200 with a document.
    Document(Vec<u8>),
    /// Any other status.
    Nothing { status: u16 },
}

/// The header fields that matter.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) cache_control: Option<String>,
    pub(crate) etag: Option<String>,
    /// Age of the response in caches (`Age`).
    pub(crate) age: Duration,
    /// When it was made, by the issuer's clock.
    date: Option<Timestamp>,
    retry_after: Option<RetryAfter>,
    /// The host that a redirect leads to.
    pub(crate) redirect_host: Option<Printable>,
}

/// When to ask again (RFC 9110 section 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RetryAfter {
    Wait(Duration),
    Date(Timestamp),
}

impl Head {
    /// Reads the fields, which `field` returns by their names.
    pub(crate) fn of<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Self {
        let field = |name: HeaderName| field(name.as_str()).map(str::trim);
        Self {
            cache_control: field(CACHE_CONTROL).map(ToOwned::to_owned),
            etag: field(ETAG).map(ToOwned::to_owned),
            age: field(AGE).and_then(seconds).unwrap_or_default(),
            date: field(DATE).and_then(date),
            retry_after: field(RETRY_AFTER).and_then(retry_after),
            redirect_host: field(LOCATION).and_then(host),
        }
    }

    /// The fault of a response from `url` with this status, which has no document.
    pub(crate) fn fault(&self, url: &Url, status: u16, now: Timestamp) -> IssuerFault {
        let retry_after = self.retry_after(now);
        let (address, redirect_host) = (redacted(url), self.redirect_host.clone());
        IssuerFault::Status { address, status, retry_after, redirect_host }
    }

    /// How far the issuer's clock is from ours, which shows `now`.
    pub(crate) fn clock_skew(&self, now: Timestamp) -> Option<ClockSkew> {
        Some(ClockSkew::between(self.date?.plus(self.age), now))
    }

    /// The pause that the issuer asks for. A date is read by the issuer's own clock, since ours may
    /// be off.
    pub(crate) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        match self.retry_after? {
            RetryAfter::Wait(wait) => Some(wait),
            RetryAfter::Date(date) => Some(date.since(self.date.unwrap_or(now))),
        }
    }
}

fn host(location: &str) -> Option<Printable> {
    Some(Printable::up_to(253, Url::parse(location).ok()?.host_str()?))
}

fn retry_after(text: &str) -> Option<RetryAfter> {
    seconds(text).map(RetryAfter::Wait).or_else(|| date(text).map(RetryAfter::Date))
}

/// A number of seconds, digits alone; one too large to hold is as good as the largest.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

/// A date in any of the three forms of RFC 9110 section 5.6.7.
fn date(text: &str) -> Option<Timestamp> {
    let date: HttpDate = text.parse().ok()?;
    let elapsed = SystemTime::from(date).duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_seconds(elapsed.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_seconds(784_198_117);

    #[test]
    fn a_wait_is_read_from_seconds_and_from_dates() {
        let noon = Some(RetryAfter::Date(NOON));
        let wait = |seconds| Some(RetryAfter::Wait(Duration::from_secs(seconds)));
        let table = [
            ("120", wait(120)),
            ("0", wait(0)),
            ("99999999999999999999999", wait(u64::from(u32::MAX))),
            ("Mon, 07 Nov 1994 08:48:37 GMT", noon),
            ("Monday, 07-Nov-94 08:48:37 GMT", noon),
            ("Mon Nov  7 08:48:37 1994", noon),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("soon", None),
            ("Mon, 07 Nov 1960 08:48:37 GMT", None),
        ];
        for (text, expected) in table {
            assert_eq!(retry_after(text), expected, "RFC 9110 10.2.3: {text}");
        }
    }

    #[test]
    fn a_date_to_retry_at_is_measured_by_the_clock_that_wrote_it() {
        let date = |seconds| NOON.plus(Duration::from_secs(seconds));
        let head = |date| Head {
            date,
            retry_after: Some(RetryAfter::Date(NOON.plus(Duration::from_secs(30)))),
            ..Head::default()
        };
        let wait = |head: Head, now| head.retry_after(now).map(|wait| wait.as_secs());
        assert_eq!(wait(head(Some(NOON)), date(1000)), Some(30), "our clock is off");
        assert_eq!(wait(head(None), date(10)), Some(20));
        assert_eq!(wait(head(None), date(31)), Some(0), "over already");
        assert_eq!(wait(Head::default(), NOON), None);
    }

    #[test]
    fn the_skew_counts_the_time_that_a_response_was_in_a_cache() {
        let age = Duration::from_secs(30);
        let skew = |date| Head { date, age, ..Head::default() }.clock_skew(NOON);
        assert_eq!(skew(Some(NOON)).map(ClockSkew::seconds), Some(30), "RFC 9111 4.2.3");
        assert_eq!(skew(None), None, "RFC 9110 6.6.1");
    }
}
