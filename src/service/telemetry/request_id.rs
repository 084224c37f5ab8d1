//! Request ids for logs.

use std::cell::Cell;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The header field of a request id, in requests and responses.
pub(in crate::service) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header field of W3C Trace Context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest id accepted from a request, in bytes.
const MAX_LENGTH: usize = 128;

const HEXADECIMAL: [u8; 16] = *b"0123456789abcdef";

/// A request id: short, and only of characters that are safe in logs and header fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// The id that a request came with: its `X-Request-Id`, or the trace id of its `traceparent`.
    /// Invalid ids are ignored.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let given = only(headers, &X_REQUEST_ID).filter(|value| is_valid(value.as_bytes()));
        match given {
            Some(value) => Some(Self(value.clone())),
            None => trace_id(only(headers, &TRACEPARENT)?.as_bytes()).and_then(Self::from_bytes),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn into_value(self) -> HeaderValue {
        self.0
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        HeaderValue::from_bytes(bytes).ok().map(Self)
    }
}

/// Generates ids for the requests of one worker.
///
/// An id has the form of a trace id: 32 hexadecimal digits. The first half is random and the same for
/// all requests of the worker; the second half is a counter. Ids need not be secret: they protect
/// nothing.
#[derive(Debug)]
pub(super) struct RequestIds {
    worker: [u8; 16],
    next: Cell<u64>,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        let mut bytes = [0; 8];
        // Without randomness, workers and restarts share ids, which is only a nuisance.
        let _ = getrandom::fill(&mut bytes);
        // An all-zero trace id is invalid (Trace Context, section 3.2.2.3).
        Self { worker: digits(u64::from_le_bytes(bytes) | 1), next: Cell::new(0) }
    }

    pub(super) fn generate(&self) -> Option<RequestId> {
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        let mut name = [0; 32];
        let (worker, count) = name.split_at_mut(16);
        worker.copy_from_slice(&self.worker);
        count.copy_from_slice(&digits(number));
        RequestId::from_bytes(&name)
    }
}

/// A number as 16 hexadecimal digits.
fn digits(number: u64) -> [u8; 16] {
    let mut digits = [b'0'; 16];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        for (digit, half) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = if half < 10 { b'0' + half } else { b'a' - 10 + half };
        }
    }
    digits
}

/// The value of a header field that occurs once. Of several values, this server and a proxy could
/// pick different ones.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name);
    values.next().filter(|_| values.next().is_none())
}

fn is_valid(name: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:+/=@".contains(byte);
    (1..=MAX_LENGTH).contains(&name.len()) && name.iter().all(allowed)
}

/// The trace id of a `traceparent` (W3C Trace Context, section 3.2): version, trace, parent, flags.
fn trace_id(traceparent: &[u8]) -> Option<&[u8]> {
    let mut parts = traceparent.splitn(5, |byte| *byte == b'-');
    let version = hexadecimal(parts.next()?, 2)?;
    let trace = hexadecimal(parts.next()?, 32)?;
    let parent = hexadecimal(parts.next()?, 16)?;
    hexadecimal(parts.next()?, 2)?;
    let is_some = |number: &[u8]| number.iter().any(|byte| *byte != b'0');
    // Future versions may have more parts; version 00 has exactly four.
    let is_whole = version != b"00" || parts.next().is_none();
    (version != b"ff" && is_some(trace) && is_some(parent) && is_whole).then_some(trace)
}

fn hexadecimal(text: &[u8], length: usize) -> Option<&[u8]> {
    let is_digit = |byte: &u8| HEXADECIMAL.contains(byte);
    (text.len() == length && text.iter().all(is_digit)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn given(fields: &[(HeaderName, &str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        RequestId::of(&headers).map(|id| id.as_str().to_owned())
    }

    #[test]
    fn only_ids_that_are_safe_in_logs_are_accepted() {
        let (longest, too_long) = ("a".repeat(128), "a".repeat(129));
        let table = [
            ("7c9e6679-7425-40de-944b-e07fc1f90ae7", true),
            ("Root=1-67891233-abcdef012345678912345678", true),
            ("a", true),
            (&longest, true),
            (&too_long, false),
            ("", false),
            ("a b", false),
            ("a\tb", false),
            ("a\"b", false),
            ("a\\b", false),
            ("a,b", false),
            ("a;b", false),
            ("a{b}", false),
            ("a\u{e9}", false),
        ];
        for (name, is_valid) in table {
            let expected = is_valid.then(|| name.to_owned());
            assert_eq!(given(&[(X_REQUEST_ID, name)]), expected, "{name:?}");
        }
        assert_eq!(given(&[(X_REQUEST_ID, "a"), (X_REQUEST_ID, "b")]), None, "two ids");
        // A line break ends the header field before it gets here.
        assert!(HeaderValue::from_bytes(b"a\r\nb").is_err(), "RFC 9110 5.5");
    }

    #[test]
    fn a_trace_id_is_a_request_id() {
        let table = [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
            ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
            ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-else", true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-else", false),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736", false),
            ("", false),
        ];
        for (traceparent, is_valid) in table {
            let expected = is_valid.then(|| TRACE.to_owned());
            let section = "Trace Context 3.2";
            assert_eq!(given(&[(TRACEPARENT, traceparent)]), expected, "{section}: {traceparent}");
        }
        let (trace, _) = table[0];
        assert_eq!(given(&[(TRACEPARENT, trace), (X_REQUEST_ID, "a")]).as_deref(), Some("a"));
        assert_eq!(given(&[(TRACEPARENT, trace), (X_REQUEST_ID, "a b")]).as_deref(), Some(TRACE));
        assert_eq!(given(&[(TRACEPARENT, trace), (TRACEPARENT, trace)]), None, "two traces");
    }

    #[test]
    fn generated_ids_are_valid_and_unique() {
        let (one, other) = (RequestIds::new(), RequestIds::new());
        let mut names: Vec<String> = Vec::new();
        for ids in [&one, &other] {
            names.extend((0..300).map(|_| ids.generate().unwrap().as_str().to_owned()));
        }
        for name in &names {
            assert_eq!(given(&[(X_REQUEST_ID, name)]).as_ref(), Some(name));
            let traceparent = format!("00-{name}-00f067aa0ba902b7-01");
            assert_eq!(given(&[(TRACEPARENT, &traceparent)]).as_ref(), Some(name));
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 600);
    }
}
