//! What servers make of one path: decoded, merged, resolved, cut.

use std::collections::BTreeSet;

/// The target as it is, and every path that combinations of usual normalizations make of it. Bytes that
/// cannot be in a request line are percent-encoded.
pub(super) fn readings(target: &[u8]) -> BTreeSet<Vec<u8>> {
    let (path, query) = match target.iter().position(|byte| *byte == b'?') {
        Some(at) => target.split_at(at),
        None => (target, &b""[..]),
    };
    let mut known = BTreeSet::from([path.to_vec()]);
    let mut new = vec![path.to_vec()];
    while let Some(path) = new.pop() {
        for change in [decoded, slashes, merged, resolved, without_parameters, cut] {
            let changed = change(&path);
            if changed.starts_with(b"/") && known.insert(changed.clone()) {
                new.push(changed);
            }
        }
    }
    // A percent sign that is left is data.
    let encoded =
        known.iter().map(|path| if path == target { path.clone() } else { encoded(path) });
    encoded.map(|path| [&path, query].concat()).collect()
}

fn decoded(path: &[u8]) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), path);
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    // Overlong forms, as lenient decoders read them (RFC 3629 section 10).
    for (overlong, byte) in [(&b"\xc0\xae"[..], b'.'), (b"\xc0\xaf", b'/')] {
        while let Some(at) = bytes.windows(2).position(|pair| pair == overlong) {
            bytes.splice(at..at + 2, [byte]);
        }
    }
    bytes
}

fn slashes(path: &[u8]) -> Vec<u8> {
    path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect()
}

fn merged(path: &[u8]) -> Vec<u8> {
    let mut bytes = path.to_vec();
    bytes.dedup_by(|a, b| *a == b'/' && *b == b'/');
    bytes
}

/// RFC 3986 section 5.2.4.
fn resolved(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/').skip(1) {
        match segment {
            b"." => {}
            b".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    [b"/", kept.join(&b'/').as_slice()].concat()
}

fn without_parameters(path: &[u8]) -> Vec<u8> {
    let segments = path.split(|byte| *byte == b'/');
    let names =
        segments.map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or(segment));
    names.collect::<Vec<_>>().join(&b'/')
}

/// Up to a fragment, a NUL, or a decoded query.
fn cut(path: &[u8]) -> Vec<u8> {
    path.split(|byte| b"#\0?".contains(byte)).next().unwrap_or(path).to_vec()
}

fn encoded(path: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for byte in path {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(byte) {
            bytes.push(*byte);
        } else {
            bytes.extend(format!("%{byte:02X}").bytes());
        }
    }
    bytes
}

#[test]
fn readings_are_those_of_lenient_servers() {
    for (target, reading) in [
        ("/public/..%2fscoped", "/scoped"),
        ("/public/..%252fscoped", "/scoped"),
        ("/public/..%5cscoped", "/scoped"),
        ("/public/..;a=b/scoped", "/scoped"),
        ("//scoped", "/scoped"),
        ("/scoped%00.png", "/scoped"),
        ("/scoped%23a?b", "/scoped?b"),
        ("/public/%c0%ae%c0%ae%c0%afscoped", "/scoped"),
    ] {
        assert!(readings(target.as_bytes()).contains(reading.as_bytes()), "{target}");
    }
}
