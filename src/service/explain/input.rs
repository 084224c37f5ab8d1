//! The input of `explain`: a token, or the header of a request.

use serde_json::Value;

use crate::sender::{BearerToken, Credentials, MalformedCredentials, Presentation, Proofs, Scheme};

/// What `explain` explains.
#[derive(Debug)]
pub enum Input {
    /// A token, as it was pasted.
    Token(PastedText),
    /// The `Authorization` header of a request.
    Request {
        /// What a server reads from the header.
        credentials: Result<Option<String>, MalformedCredentials>,
        /// The text after the scheme `Bearer`, if there is any.
        pasted: Option<PastedText>,
        /// The scheme, if it is not `Bearer`.
        scheme: Option<String>,
        /// The rest of a request under the scheme `DPoP`.
        dpop: Option<DpopRequest>,
    },
}

/// What a DPoP proof is compared with, as far as the request was pasted.
#[derive(Debug, Default)]
pub struct DpopRequest {
    /// The method of the request line.
    pub(super) method: String,
    /// The target of the request line.
    pub(super) target: String,
    /// The values of the `DPoP` header fields.
    pub(super) proofs: Vec<String>,
}

/// A text that should be a token.
#[derive(Debug)]
pub struct PastedText {
    /// The text as it was pasted.
    pub(super) text: String,
    /// The token in it.
    pub(super) bare: String,
    /// What surrounds the token, as phrases that complete "remove …".
    pub(super) wrapping: Vec<&'static str>,
}

impl Input {
    /// A token from an argument or a file. White space at the end is ignored, since files and pipes
    /// end with a line break.
    pub fn token(text: &str) -> Self {
        Self::Token(PastedText::new(text.trim_end()))
    }

    /// An `Authorization` header: one line, with or without the field's name, or a whole request.
    pub fn request(text: &str) -> Self {
        let fields = values(text, "authorization:");
        let credentials = Credentials::from_fields(fields.iter().map(|field| field.as_bytes()))
            .map(|found| found.map(|found| found.token.as_str().to_owned()));
        let first = fields.first().copied().unwrap_or_default();
        let (scheme, rest) = first.split_once([' ', '\t']).unwrap_or((first, ""));
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        let is_dpop = scheme.eq_ignore_ascii_case("dpop");
        let has_token = (is_bearer || is_dpop) && !rest.trim().is_empty();
        Self::Request {
            credentials,
            pasted: has_token.then(|| PastedText::new(rest.trim())),
            dpop: is_dpop.then(|| DpopRequest::read(text)),
            scheme: (!is_bearer && !scheme.is_empty()).then(|| scheme.to_owned()),
        }
    }

    /// The same where the token comes in the header field `name` in place of `Authorization`, with or
    /// without the word `Bearer` before it.
    pub fn request_with(text: &str, name: &str) -> Self {
        let prefix = format!("{}:", name.to_ascii_lowercase());
        let mut fields = String::new();
        for value in values(text, &prefix) {
            let scheme = if without_prefix(value, "bearer ").is_some() { "" } else { "Bearer " };
            fields.push_str(&format!("authorization: {scheme}{value}\n"));
        }
        match fields.is_empty() {
            // Never the fields of the request, which are not read.
            true => Self::request("authorization-is-not-read: "),
            false => Self::request(&fields),
        }
    }

    /// The token without its wrapping.
    pub(super) fn bare(&self) -> Option<&str> {
        self.pasted().map(|pasted| pasted.bare.as_str())
    }

    /// The token without its wrapping, if it has any.
    pub(super) fn wrapped(&self) -> Option<&str> {
        let pasted = self.pasted()?;
        (!pasted.wrapping.is_empty()).then_some(&pasted.bare)
    }

    pub(super) const fn pasted(&self) -> Option<&PastedText> {
        match self {
            Self::Token(pasted) => Some(pasted),
            Self::Request { pasted, .. } => pasted.as_ref(),
        }
    }

    /// The text that a server reads as the token.
    pub(super) const fn taken_for_token(&self) -> Option<&PastedText> {
        match self {
            Self::Request { credentials: Err(_), .. } => None,
            _ => self.pasted(),
        }
    }
}

impl DpopRequest {
    /// What the request presents; none if its token has characters that no token has.
    pub(super) fn presentation<'a>(&'a self, token: &'a str) -> Option<Presentation<'a>> {
        let mut credentials = Credentials::from(BearerToken::from_bytes(token.as_bytes())?);
        credentials.scheme = Scheme::Dpop;
        let proofs = Proofs::from_fields(self.proofs.iter().map(|proof| proof.as_bytes()));
        Some(Presentation::new(credentials, &self.method, &self.target).with_proofs(proofs))
    }

    fn read(text: &str) -> Self {
        let proofs = text.lines().filter_map(|line| field(line, "dpop:"));
        let request_line = text.lines().find_map(|line| {
            let mut words = line.trim().trim_start_matches("> ").split(' ');
            let (method, target, version) = (words.next()?, words.next()?, words.next()?);
            version.starts_with("HTTP/").then_some((method, target))
        });
        let (method, target) = request_line.unwrap_or_default();
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            proofs: proofs.map(str::to_owned).collect(),
        }
    }
}

impl PastedText {
    fn new(text: &str) -> Self {
        let mut wrapping = Vec::new();
        let mut bare = text.to_owned();
        // Each round removes one layer. Eight is far more than occurs in practice.
        while wrapping.len() < 8
            && let Some((inner, layer)) = unwrap_once(&bare)
        {
            bare = inner;
            if !wrapping.contains(&layer) {
                wrapping.push(layer);
            }
        }
        Self { text: text.to_owned(), bare, wrapping }
    }
}

fn unwrap_once(text: &str) -> Option<(String, &'static str)> {
    let trimmed = text.trim();
    if trimmed.len() != text.len() {
        return Some((trimmed.to_owned(), "the white space around it"));
    }
    for (prefix, layer) in [
        ("authorization:", "the name of the header field before it"),
        ("bearer ", "the word Bearer before it"),
        ("access_token=", "the name access_token before it"),
    ] {
        if let Some(rest) = without_prefix(text, prefix) {
            return Some((rest.to_owned(), layer));
        }
    }
    if text.starts_with('{')
        && let Ok(Value::Object(answer)) = serde_json::from_str(text)
        && let Some(Value::String(token)) = answer.get("access_token")
    {
        return Some((token.clone(), "the rest of the token endpoint's response"));
    }
    for quote in ['"', '\'', '`', '\u{201c}', '\u{201d}'] {
        let bare = text.trim_matches(quote);
        if bare.len() != text.len() {
            return Some((bare.to_owned(), "the quotation marks around it"));
        }
    }
    if let Some(bare) = text.strip_suffix([',', ';']) {
        return Some((bare.to_owned(), "the comma or semicolon after it"));
    }
    if text.contains(char::is_whitespace) && text.contains('.') {
        return Some((text.split_whitespace().collect(), "the line breaks or spaces inside it"));
    }
    None
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The values of the fields with this name and colon or, if there is none, the text itself if it looks
/// like a value.
fn values<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let mut values: Vec<&str> = text.lines().filter_map(|line| field(line, name)).collect();
    let only = text.trim();
    if values.is_empty() && !only.is_empty() && !only.contains('\n') && !only.contains(": ") {
        values.push(only);
    }
    values
}

/// The value of the field with this name and colon, with or without the prefixes that curl prints or
/// takes.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let line = line.trim().trim_start_matches("> ").trim_start_matches("-H ").trim();
    let line = line.trim_matches(['\'', '"']);
    without_prefix(line, name).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrapping_around_a_token_is_found() {
        let table = [
            ("a.b.c", "a.b.c", ""),
            ("a.b.c\n", "a.b.c", ""),
            ("Bearer a.b.c", "a.b.c", "the word Bearer before it"),
            (" a.b.c", "a.b.c", "the white space around it"),
            ("\"a.b.c\"", "a.b.c", "the quotation marks around it"),
            ("'Bearer a.b.c'", "a.b.c", "the quotation marks around it, the word Bearer before it"),
            ("a.b\n.c", "a.b.c", "the line breaks or spaces inside it"),
            ("two words", "two words", ""),
            (
                r#"{"access_token":"a.b.c","expires_in":60}"#,
                "a.b.c",
                "the rest of the token endpoint's response",
            ),
            (
                "authorization: bearer a.b.c;",
                "a.b.c",
                "the name of the header field before it, the white space around it, the word \
                 Bearer before it, the comma or semicolon after it",
            ),
        ];
        for (text, bare, wrapping) in table {
            let Input::Token(pasted) = Input::token(text) else { panic!("a token") };
            assert_eq!(
                (pasted.bare.as_str(), pasted.wrapping.join(", ").as_str()),
                (bare, wrapping)
            );
        }
    }

    fn credentials(input: Input) -> Result<Option<String>, MalformedCredentials> {
        let Input::Request { credentials, .. } = input else { panic!("{input:?} is no request") };
        credentials
    }

    #[test]
    fn the_token_is_found_in_another_header_field() {
        let table = [
            ("X-Token: a.b.c", Ok(Some("a.b.c"))),
            ("x-token: Bearer a.b.c", Ok(Some("a.b.c"))),
            ("a.b.c", Ok(Some("a.b.c"))),
            ("GET / HTTP/1.1\r\nX-Token: a.b.c\r\nAuthorization: Bearer x\r\n", Ok(Some("a.b.c"))),
            ("GET / HTTP/1.1\r\nAuthorization: Bearer x\r\n", Ok(None)),
            ("Authorization: Bearer x", Ok(None)),
            ("X-Token: a\nX-Token: a", Err(MalformedCredentials::SeveralFields)),
            ("X-Token: DPoP a.b.c", Err(MalformedCredentials::ForbiddenCharacter)),
        ];
        for (text, expected) in table {
            let expected = expected.map(|token| token.map(str::to_owned));
            assert_eq!(credentials(Input::request_with(text, "X-Token")), expected, "{text}");
        }
    }

    #[test]
    fn the_authorization_line_is_found_in_a_request() {
        let table = [
            ("Bearer a.b.c", Ok(Some("a.b.c"))),
            ("Authorization: Bearer a.b.c", Ok(Some("a.b.c"))),
            ("GET / HTTP/1.1\r\nHost: a\r\nauthorization: bearer a.b.c\r\n", Ok(Some("a.b.c"))),
            ("> Host: a\n> Authorization: Bearer a.b.c\n", Ok(Some("a.b.c"))),
            ("-H 'Authorization: Bearer a.b.c'", Ok(Some("a.b.c"))),
            ("GET / HTTP/1.1\nHost: a\n", Ok(None)),
            ("Authorization: Basic YTpi", Ok(None)),
            ("a.b.c", Ok(None)),
            ("", Ok(None)),
            ("Authorization: Bearer", Err(MalformedCredentials::NoToken)),
            ("Authorization: Bearer \"a.b.c\"", Err(MalformedCredentials::Quoted)),
            (
                "Authorization: Bearer a.b.c\nAuthorization: Bearer a.b.c",
                Err(MalformedCredentials::SeveralFields),
            ),
        ];
        for (text, expected) in table {
            let expected = expected.map(|token| token.map(str::to_owned));
            assert_eq!(credentials(Input::request(text)), expected, "RFC 6750 2.1: {text}");
        }
    }
}
