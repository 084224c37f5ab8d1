//! Absolute URIs, their parts and their normal form (RFC 3986 section 6.2).

use std::borrow::Cow;

use crate::percent::octet;

/// The text is not an absolute http or https URI (RFC 3986 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MalformedUri;

/// The parts of an absolute http or https URI, as they are written.
pub(super) struct Uri<'a> {
    pub(super) is_https: bool,
    pub(super) host: &'a str,
    port: &'a str,
    pub(super) path: &'a str,
    /// A query or fragment follows the path.
    pub(super) has_more: bool,
}

impl<'a> Uri<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, MalformedUri> {
        let (scheme, rest) = text.split_once("://").ok_or(MalformedUri)?;
        let is_https = match scheme {
            scheme if scheme.eq_ignore_ascii_case("https") => true,
            scheme if scheme.eq_ignore_ascii_case("http") => false,
            _ => return Err(MalformedUri),
        };
        if !text.bytes().all(is_uri_byte) {
            return Err(MalformedUri);
        }
        let split = |text: &'a str, place: Option<usize>| {
            text.split_at_checked(place.unwrap_or(text.len())).ok_or(MalformedUri)
        };
        let (hierarchy, more) = split(rest, rest.find(['?', '#']))?;
        let (authority, path) = split(hierarchy, hierarchy.find('/'))?;
        if authority.contains('@') {
            return Err(MalformedUri);
        }
        // An IPv6 address has colons of its own, between brackets.
        let is_before_port =
            |place: &usize| authority.get(*place..).is_some_and(|rest| !rest.contains(']'));
        let (host, port) = split(authority, authority.rfind(':').filter(is_before_port))?;
        let port = port.strip_prefix(':').unwrap_or_default();
        if host.is_empty() {
            return Err(MalformedUri);
        }
        Ok(Self { is_https, host, port, path, has_more: !more.is_empty() })
    }

    /// Scheme and host in lower case, and the port unless it is the scheme's own
    /// (RFC 3986 sections 6.2.2.1 and 6.2.3).
    pub(super) fn origin(&self) -> Result<String, MalformedUri> {
        let (scheme, default_port) = if self.is_https { ("https", 443) } else { ("http", 80) };
        let host = percent_normalized(self.host).ok_or(MalformedUri)?.to_ascii_lowercase();
        let is_digits = self.port.bytes().all(|byte| byte.is_ascii_digit());
        let port: u16 = match self.port {
            "" => default_port,
            digits if is_digits => digits.parse().map_err(|_| MalformedUri)?,
            _ => return Err(MalformedUri),
        };
        Ok(if port == default_port {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{port}")
        })
    }
}

/// The characters that a URI is made of: printable ASCII, except for these (RFC 3986 section 2).
const fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// The characters that mean the same encoded and unencoded (RFC 3986 section 2.3).
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether the path starts with a slash and contains nothing that normalization would change.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("/.")
        && path.bytes().all(|byte| byte != b'%' && is_uri_byte(byte))
}

/// The path with normalized percent-encodings and without dot segments; `/` for the empty
/// path. None if a percent sign is followed by anything but two hexadecimal digits, or if the path
/// starts with anything but a slash.
pub(super) fn normalized_path(path: &str) -> Option<Cow<'_, str>> {
    if path.is_empty() {
        return Some(Cow::Borrowed("/"));
    }
    if is_plain_path(path) {
        return Some(Cow::Borrowed(path));
    }
    let path = percent_normalized(path)?;
    let segments = path.strip_prefix('/')?;
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_in_directory = false;
    for segment in segments.split('/') {
        ends_in_directory = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    let mut normalized = String::with_capacity(path.len());
    for segment in kept {
        normalized.push('/');
        normalized.push_str(segment);
    }
    if ends_in_directory || normalized.is_empty() {
        normalized.push('/');
    }
    Some(Cow::Owned(normalized))
}

/// Percent-encoded octets decoded where they are unreserved characters, in upper case otherwise
/// (RFC 3986 sections 6.2.2.1 and 6.2.2.2). What cannot stand in a URI is encoded.
fn percent_normalized(text: &str) -> Option<String> {
    let mut normalized = String::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let octet = match byte {
            b'%' => octet(bytes.next()?, bytes.next()?)?,
            byte if is_uri_byte(byte) => {
                normalized.push(char::from(byte));
                continue;
            }
            byte => byte,
        };
        if is_unreserved(octet) {
            normalized.push(char::from(octet));
        } else {
            const DIGITS: [char; 16] =
                ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
            normalized.push('%');
            normalized.extend(DIGITS.get(usize::from(octet >> 4)));
            normalized.extend(DIGITS.get(usize::from(octet & 15)));
        }
    }
    Some(normalized)
}
