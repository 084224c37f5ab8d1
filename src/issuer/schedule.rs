//! Schedule of fetching an issuer's keys. Pure: times in, times out.

use std::time::Duration;

use super::key_refresh::KeyRefresh;

/// The delay after this many failures in a row (at least one). `jitter` is between 0 and 1 and adds
/// up to a tenth, so that not all servers ask at the same moment.
pub(crate) fn back_off(refresh: &KeyRefresh, failures: u32, jitter: f64) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    let wait = refresh.min_retry.saturating_mul(doubled).min(refresh.max_retry);
    scaled(wait, 1.0 + 0.1 * jitter.clamp(0.0, 1.0))
}

/// The pause that an issuer asked for (RFC 9110 section 10.2.3), up to a limit: an issuer must not be
/// able to stop refreshing.
pub(crate) fn wait_asked_for(refresh: &KeyRefresh, retry_after: Option<Duration>) -> Duration {
    retry_after.unwrap_or_default().min(refresh.max_retry_after)
}

/// The lifetime of a key set by its `Cache-Control` and `Age` (RFC 9111 section 5.2.2), within bounds:
/// an issuer can neither cause a fetch every second nor keep a withdrawn key in use for days.
pub(crate) fn lifetime(
    refresh: &KeyRefresh,
    cache_control: Option<&str>,
    age: Duration,
) -> Duration {
    let stated = cache_control.and_then(stated_lifetime);
    let longest = refresh.max_lifetime.min(refresh.max_key_age);
    let lifetime = stated.unwrap_or(refresh.default_lifetime).saturating_sub(age);
    lifetime.max(refresh.min_lifetime).min(longest)
}

/// When to refresh a key set of this lifetime: early enough for several attempts before it ends.
/// `jitter` is between 0 and 1 and subtracts up to a tenth.
pub(crate) fn refresh_after(lifetime: Duration, jitter: f64) -> Duration {
    scaled(lifetime, 0.8 * (1.0 - 0.1 * jitter.clamp(0.0, 1.0)))
}

/// The product, or the longest duration if that is longer than any.
fn scaled(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

fn stated_lifetime(cache_control: &str) -> Option<Duration> {
    let mut stated = None;
    for directive in cache_control.split(',') {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name.trim(), value.trim().trim_matches('"')),
            None => (directive.trim(), ""),
        };
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            "max-age" if stated.is_none() => {
                stated = value.parse().ok().map(Duration::from_secs);
            }
            _ => {}
        }
    }
    stated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_that_the_issuer_asks_for_has_a_limit() {
        let refresh = KeyRefresh::default();
        let pause =
            |seconds| wait_asked_for(&refresh, Some(Duration::from_secs(seconds))).as_secs();
        assert_eq!((pause(0), pause(299), pause(86_400)), (0, 299, 300), "RFC 9110 10.2.3");
        assert_eq!(wait_asked_for(&refresh, None), Duration::ZERO);
    }

    #[test]
    fn no_number_is_too_large_to_calculate_with() {
        let refresh = KeyRefresh {
            min_retry: Duration::MAX,
            max_retry: Duration::MAX,
            max_lifetime: Duration::MAX,
            max_key_age: Duration::MAX,
            ..KeyRefresh::default()
        };
        for jitter in [0.0, 0.5, 1.0] {
            assert!(back_off(&refresh, u32::MAX, jitter) >= Duration::from_secs(1 << 60));
            assert!(refresh_after(Duration::MAX, jitter) >= Duration::from_secs(1 << 60));
        }
        assert!(
            lifetime(&refresh, Some("max-age=18446744073709551615"), Duration::ZERO)
                >= Duration::from_secs(u64::MAX)
        );
    }

    #[test]
    fn the_wait_after_failures_doubles_up_to_its_limit_and_differs_from_server_to_server() {
        let refresh = KeyRefresh::default();
        let waits = |jitter| {
            [1, 2, 3, 4, 5, u32::MAX]
                .map(|failures| back_off(&refresh, failures, jitter).as_millis())
        };
        assert_eq!(waits(0.0), [3000, 6000, 12_000, 15_000, 15_000, 15_000]);
        assert_eq!(waits(1.0), [3300, 6600, 13_200, 16_500, 16_500, 16_500]);
        assert_eq!(waits(7.0), waits(1.0));
        assert_ne!(waits(0.3), waits(0.4));
    }

    #[test]
    fn the_lifetime_is_the_issuers_word_within_bounds() {
        let table = [
            (None, 0, 600),
            (Some(""), 0, 600),
            (Some("public"), 0, 600),
            (Some("public, max-age=300"), 0, 300),
            (Some("MAX-AGE=\"300\""), 0, 300),
            (Some("max-age=300"), 100, 200),
            (Some("max-age=300"), 9999, 60),
            (Some("max-age=0"), 0, 60),
            (Some("no-store, max-age=300"), 0, 60),
            (Some("max-age=300, no-cache"), 0, 60),
            (Some("max-age=300, max-age=400"), 0, 300),
            (Some("max-age=31536000"), 0, 3600),
            (Some("max-age=99999999999999999999"), 0, 600),
            (Some("max-age=-1"), 0, 600),
        ];
        let refresh = KeyRefresh::default();
        for (cache_control, age, seconds) in table {
            let lifetime = lifetime(&refresh, cache_control, Duration::from_secs(age));
            assert_eq!(lifetime.as_secs(), seconds, "RFC 9111 5.2.2.1: {cache_control:?} {age:?}");
        }
    }

    #[test]
    fn no_lifetime_is_longer_than_keys_may_be_used() {
        let max_key_age = Duration::from_secs(120);
        let refresh = KeyRefresh { max_key_age, ..KeyRefresh::default() };
        assert_eq!(lifetime(&refresh, None, Duration::ZERO), max_key_age);
    }

    #[test]
    fn a_refresh_comes_before_the_lifetime_ends() {
        let hour = Duration::from_secs(3600);
        assert_eq!(refresh_after(hour, 0.0), Duration::from_secs(2880));
        assert_eq!(refresh_after(hour, 1.0), Duration::from_secs(2592));
        assert_ne!(refresh_after(hour, 0.3), refresh_after(hour, 0.4), "not all servers at once");
    }
}
