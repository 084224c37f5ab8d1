//! The URI that a request was sent to, and its comparison with a proof's `htu`.
//!
//! What the request itself says about its host (`Host`, `Forwarded`, `X-Forwarded-*`) is the caller's
//! choice. So the target URI is made of a configured public URL and the request's path, and `htu` is
//! compared with that (RFC 9449 section 4.3, checks 8 and 9).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use derive_more::{Display, Error};

/// A URL under which callers reach this API: scheme, host, port, and the path prefix that a proxy
/// in front strips.
///
/// ```
/// use actix_resource_server::sender::PublicUrl;
///
/// let url: PublicUrl = "https://API.example:443/v1/".parse()?;
/// assert_eq!(url.to_string(), "https://api.example/v1");
/// assert!("http://api.example".parse::<PublicUrl>().is_err());
/// # Ok::<(), actix_resource_server::sender::InvalidPublicUrl>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Normalized, without a slash at its end.
    origin: Box<str>,
    /// Normalized, empty or with a slash at its start and none at its end.
    prefix: Box<str>,
}

/// The text cannot be a public URL; the operator is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidPublicUrl {
    /// Not an absolute URI with a host, or one with a user name.
    #[display("it is not an absolute URL with a host and without a user name")]
    Malformed,
    /// Neither https, nor http on a loopback host: tokens would cross the network in clear.
    #[display("it is not https (http is accepted for loopback hosts alone)")]
    NotHttps,
    /// A query or fragment, which no `htu` has.
    #[display("it has a query or a fragment")]
    Extra,
}

/// The target of one request.
#[derive(Debug, Clone, Copy)]
pub struct TargetUri<'a> {
    public_urls: &'a [PublicUrl],
    path: &'a str,
}

/// How `htu` and the target of a request differ, if they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `htu` names the target.
    Same,
    /// Scheme, host or port are those of no public URL.
    OtherOrigin,
    /// The path is another.
    OtherPath,
}

/// The text is not an absolute http or https URI (RFC 3986 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MalformedUri;

impl<'a> TargetUri<'a> {
    /// The target of a request with this path, under each of these public URLs. The path is the one
    /// that the request line holds: percent-encoded, without query.
    pub const fn new(public_urls: &'a [PublicUrl], path: &'a str) -> Self {
        Self { public_urls, path }
    }

    /// The path of the request line.
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The URIs that `htu` may have, in their normalized form.
    pub fn uris(&self) -> impl Iterator<Item = String> {
        let path = normalized_path(self.path);
        self.public_urls.iter().filter_map(move |url| {
            path.as_ref().map(|path| format!("{}{}{path}", url.origin, url.prefix))
        })
    }

    /// Compares `htu` with this target. Query and fragment of `htu` are ignored; both sides are
    /// normalized by syntax and scheme (RFC 3986 sections 6.2.2 and 6.2.3).
    pub(crate) fn compare(&self, htu: &str) -> Result<Comparison, MalformedUri> {
        if self.public_urls.iter().any(|url| url.is_written(htu, self.path)) {
            return Ok(Comparison::Same);
        }
        let uri = Uri::parse(htu)?;
        let (origin, named) = (uri.origin()?, normalized_path(uri.path).ok_or(MalformedUri)?);
        let path = normalized_path(self.path);
        let mut comparison = Comparison::OtherOrigin;
        for url in self.public_urls.iter().filter(|url| *url.origin == *origin) {
            if named.strip_prefix(&*url.prefix) == path.as_deref() && path.is_some() {
                return Ok(Comparison::Same);
            }
            comparison = Comparison::OtherPath;
        }
        Ok(comparison)
    }
}

impl PublicUrl {
    /// Whether there is a path prefix.
    pub const fn has_prefix(&self) -> bool {
        !self.prefix.is_empty()
    }

    /// The URL of the host, without the path prefix.
    #[must_use]
    pub fn without_prefix(&self) -> Self {
        Self { origin: self.origin.clone(), prefix: "".into() }
    }

    /// Whether `htu` is this URL and the path letter by letter, as most clients write it.
    fn is_written(&self, htu: &str, path: &str) -> bool {
        let rest =
            htu.strip_prefix(&*self.origin).and_then(|rest| rest.strip_prefix(&*self.prefix));
        rest == Some(path) && is_plain_path(path)
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = |_| InvalidPublicUrl::Malformed;
        let uri = Uri::parse(text).map_err(malformed)?;
        if uri.has_more {
            return Err(InvalidPublicUrl::Extra);
        }
        if !uri.is_https && !is_loopback(uri.host) {
            return Err(InvalidPublicUrl::NotHttps);
        }
        let origin = uri.origin().map_err(malformed)?;
        let path = normalized_path(uri.path).ok_or(InvalidPublicUrl::Malformed)?;
        Ok(Self { origin: origin.into(), prefix: path.trim_end_matches('/').into() })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.origin, self.prefix)
    }
}

/// The parts of an absolute http or https URI, as they are written.
struct Uri<'a> {
    is_https: bool,
    host: &'a str,
    port: &'a str,
    path: &'a str,
    /// A query or fragment follows the path.
    has_more: bool,
}

impl<'a> Uri<'a> {
    fn parse(text: &'a str) -> Result<Self, MalformedUri> {
        let (scheme, rest) = text.split_once("://").ok_or(MalformedUri)?;
        let is_https = match scheme {
            scheme if scheme.eq_ignore_ascii_case("https") => true,
            scheme if scheme.eq_ignore_ascii_case("http") => false,
            _ => return Err(MalformedUri),
        };
        if !text.bytes().all(is_uri_byte) {
            return Err(MalformedUri);
        }
        let (hierarchy, more) = match rest.find(['?', '#']) {
            Some(place) => rest.split_at_checked(place).ok_or(MalformedUri)?,
            None => (rest, ""),
        };
        let (authority, path) = match hierarchy.find('/') {
            Some(place) => hierarchy.split_at_checked(place).ok_or(MalformedUri)?,
            None => (hierarchy, ""),
        };
        if authority.contains('@') {
            return Err(MalformedUri);
        }
        // An IPv6 address has colons of its own, between brackets.
        let (host, port) = match authority
            .rfind(':')
            .filter(|place| authority.get(*place..).is_some_and(|rest| !rest.contains(']')))
        {
            Some(place) => authority.split_at_checked(place).ok_or(MalformedUri)?,
            None => (authority, ":"),
        };
        let port = port.strip_prefix(':').ok_or(MalformedUri)?;
        if host.is_empty() {
            return Err(MalformedUri);
        }
        Ok(Self { is_https, host, port, path, has_more: !more.is_empty() })
    }

    /// Scheme and host in lower case, and the port unless it is the scheme's own
    /// (RFC 3986 sections 6.2.2.1 and 6.2.3).
    fn origin(&self) -> Result<String, MalformedUri> {
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

/// The characters that a URI is made of (RFC 3986 section 2).
const fn is_uri_byte(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'%' | b':'
                | b'/'
                | b'?'
                | b'#'
                | b'['
                | b']'
                | b'@'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}

/// The characters that mean the same encoded and unencoded (RFC 3986 section 2.3).
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether the path starts with a slash and holds nothing that normalization could change.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("/.")
        && path.bytes().all(|byte| byte != b'%' && is_uri_byte(byte))
}

/// The path with its percent-encodings in their one form and without dot segments; `/` for the empty
/// path. None if a percent sign is followed by anything but two hexadecimal digits, or if the path
/// starts with anything but a slash.
fn normalized_path(path: &str) -> Option<Cow<'_, str>> {
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
            b'%' => {
                let (high, low) = (hex_digit(bytes.next()?)?, hex_digit(bytes.next()?)?);
                high << 4 | low
            }
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

fn hex_digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_loopback = |address: std::net::IpAddr| address.is_loopback();
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn urls(urls: &[&str]) -> Vec<PublicUrl> {
        urls.iter().map(|url| url.parse().expect("a public URL")).collect()
    }

    #[test]
    fn htu_is_compared_as_rfc_3986_6_2_says() {
        const YES: Result<Comparison, MalformedUri> = Ok(Comparison::Same);
        const HOST: Result<Comparison, MalformedUri> = Ok(Comparison::OtherOrigin);
        const PATH: Result<Comparison, MalformedUri> = Ok(Comparison::OtherPath);
        const MALFORMED: Result<Comparison, MalformedUri> = Err(MalformedUri);
        let plain: &[&str] = &["https://api.example"];
        let table = [
            (plain, "/notes", "https://api.example/notes", YES, "9449 4.3-9"),
            (plain, "/notes", "https://api.example/notes?a=b", YES, "9449 4.3-9: query"),
            (plain, "/notes", "https://api.example/notes#a", YES, "9449 4.3-9: fragment"),
            (plain, "/notes", "https://api.example/notes?#?/x", YES, "9449 4.3-9"),
            (plain, "/notes", "HTTPS://API.Example/notes", YES, "3986 6.2.2.1"),
            (plain, "/notes", "https://api.example:443/notes", YES, "3986 6.2.3"),
            (plain, "/notes", "https://api.example:/notes", YES, "3986 6.2.3"),
            (plain, "/notes", "https://api.example:0443/notes", YES, "3986 3.2.3"),
            (plain, "/notes", "https://api.example:8443/notes", HOST, "3986 6.2.3"),
            (plain, "/notes", "https://api.example:80/notes", HOST, "3986 6.2.3"),
            (plain, "/notes", "http://api.example/notes", HOST, "9449 4.3-9: scheme"),
            (plain, "/notes", "https://evil.example/notes", HOST, "9449 4.3-9: host"),
            (plain, "/notes", "https://api.example.evil/notes", HOST, "9449 4.3-9: host"),
            (plain, "/notes", "https://api.example/Notes", PATH, "3986 6.2.2.1: path"),
            (plain, "/notes", "https://api.example/notes/", PATH, "9449 4.3-9"),
            (plain, "/notes", "https://api.example//notes", PATH, "9449 4.3-9"),
            (plain, "/notes", "https://api.example/note", PATH, "9449 4.3-9"),
            (plain, "/notes", "https://api.example/%6Eotes", YES, "3986 6.2.2.2"),
            (plain, "/n%6ftes", "https://api.example/notes", YES, "3986 6.2.2.2"),
            (plain, "/a~b", "https://api.example/a%7eb", YES, "3986 6.2.2.2"),
            (plain, "/a%2fb", "https://api.example/a%2Fb", YES, "3986 6.2.2.1"),
            (plain, "/a%2Fb", "https://api.example/a/b", PATH, "3986 2.2: reserved"),
            (plain, "/a/b", "https://api.example/a%2Fb", PATH, "3986 2.2: reserved"),
            (plain, "/a%2541", "https://api.example/a%41", PATH, "3986 2.4: decoded once"),
            (plain, "/notes", "https://api.example/a/../notes", YES, "3986 6.2.2.3"),
            (plain, "/notes", "https://api.example/./notes", YES, "3986 6.2.2.3"),
            (plain, "/notes", "https://api.example/a/%2E%2e/notes", YES, "3986 6.2.2.2-3"),
            (plain, "/notes", "https://api.example/../../notes", YES, "3986 5.2.4"),
            (plain, "/a/../notes", "https://api.example/notes", YES, "3986 6.2.2.3"),
            (plain, "/notes/", "https://api.example/notes/.", YES, "3986 5.2.4"),
            (plain, "/notes/", "https://api.example/notes/a/..", YES, "3986 5.2.4"),
            (plain, "/a.b/.c", "https://api.example/a.b/.c", YES, "3986 5.2.4"),
            (plain, "/", "https://api.example", YES, "3986 6.2.3: empty path"),
            (plain, "/", "https://api.example?x", YES, "3986 6.2.3: empty path"),
            (plain, "/caf\u{e9}", "https://api.example/caf%C3%A9", YES, "3986 2.5"),
            (plain, "/a|b", "https://api.example/a%7Cb", YES, "3986 2.1"),
            (plain, "/%zz", "https://api.example/x", PATH, "3986 2.1"),
            (plain, "*", "https://api.example/*", PATH, "9112 3.2.4"),
            (plain, "/notes", "/notes", MALFORMED, "9449 4.2: absolute"),
            (plain, "/notes", "api.example/notes", MALFORMED, "9449 4.2"),
            (plain, "/notes", "ftp://api.example/notes", MALFORMED, "9449 4.2"),
            (plain, "/notes", "https:///notes", MALFORMED, "9110 4.2.2: empty host"),
            (plain, "/notes", "https://u@api.example/notes", MALFORMED, "9110 4.2.4"),
            (plain, "/notes", "https://api.example:x/notes", MALFORMED, "3986 3.2.3"),
            (plain, "/notes", "https://api.example:+443/notes", MALFORMED, "3986 3.2.3"),
            (plain, "/notes", "https://api.example:99999/notes", MALFORMED, "3986 3.2.3"),
            (plain, "/notes", "https://api.example/not es", MALFORMED, "3986 2"),
            (plain, "/notes", "https://api.example\\notes", MALFORMED, "3986 2"),
            (plain, "/notes", "https://api.example/%4", MALFORMED, "3986 2.1"),
            (plain, "/notes", "https://api.example/n\u{f6}tes", MALFORMED, "3986 2"),
            (plain, "/notes", "", MALFORMED, "9449 4.2"),
            (&["https://api.example/v1/"], "/a", "https://api.example/v1/a", YES, "prefix"),
            (&["https://api.example/v1"], "/a", "https://api.example/v1/x/../a", YES, "prefix"),
            (&["https://api.example/v1"], "/a", "https://api.example/a", PATH, "prefix"),
            (&["https://api.example/v1"], "/a", "https://api.example/v2/a", PATH, "prefix"),
            (&["https://api.example/v1"], "/", "https://api.example/v1/", YES, "prefix"),
            (&["https://a.example", "https://b.example/b"], "/x", "https://b.example/b/x", YES, ""),
            (&["https://a.example", "https://b.example/b"], "/x", "https://b.example/x", PATH, ""),
            (&["http://[::1]:3010"], "/x", "http://[::1]:3010/x", YES, "3986 3.2.2"),
            (&["http://127.0.0.1:3010"], "/x", "http://127.0.0.1:3010/x", YES, ""),
            (&[], "/x", "https://api.example/x", HOST, "no public URL"),
        ];
        for (public, path, htu, expected, section) in table {
            let public_urls = urls(public);
            let target = TargetUri::new(&public_urls, path);
            assert_eq!(target.compare(htu), expected, "RFC {section}: {path} {htu}");
        }
    }

    #[test]
    fn a_public_url_is_https_or_loopback_and_nothing_more_than_a_prefix() {
        use InvalidPublicUrl::{Extra, Malformed, NotHttps};
        let table = [
            ("https://api.example", Ok("https://api.example")),
            ("https://api.example/", Ok("https://api.example")),
            ("HTTPS://API.example:443/V1/", Ok("https://api.example/V1")),
            ("https://api.example:8443/a/../b", Ok("https://api.example:8443/b")),
            ("http://localhost:3010", Ok("http://localhost:3010")),
            ("http://127.0.0.1", Ok("http://127.0.0.1")),
            ("http://[::1]:3010", Ok("http://[::1]:3010")),
            ("http://api.example", Err(NotHttps)),
            ("http://127.0.0.1.evil.example", Err(NotHttps)),
            ("https://api.example?a", Err(Extra)),
            ("https://api.example/#", Err(Extra)),
            ("https://u:p@api.example", Err(Malformed)),
            ("https://", Err(Malformed)),
            ("api.example", Err(Malformed)),
            ("https://api.example/%", Err(Malformed)),
        ];
        for (text, expected) in table {
            let read = text.parse::<PublicUrl>().map(|url| url.to_string());
            assert_eq!(read.as_deref().map_err(|fault| *fault), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_normalized_path_stays_as_it_is(path in "/[a-zA-Z0-9./%~:@!-]{0,24}") {
            if let Some(once) = normalized_path(&path) {
                prop_assert_eq!(normalized_path(&once), Some(once.clone()));
            }
        }

        #[test]
        fn a_target_is_named_by_its_own_uri(path in "/[a-z0-9A-F./%-]{0,24}", text in ".{0,40}") {
            let public_urls = urls(&["https://api.example/v1", "http://localhost:3010"]);
            let target = TargetUri::new(&public_urls, &path);
            for uri in target.uris() {
                prop_assert_eq!(target.compare(&uri), Ok(Comparison::Same), "{}", uri);
            }
            // Whatever a caller writes, it is compared or malformed.
            let _ = target.compare(&text);
            let _ = target.compare(&format!("https://api.example{text}"));
        }
    }
}
