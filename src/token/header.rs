//! JOSE header of a token.

use std::borrow::Cow;

use super::algorithm::Algorithm;
use super::certificate_hashes::CertificateHashes;
use super::invalid_token::InvalidToken;
use super::json::Members;
use super::jws::{JwsFault, header_algorithm, header_members, is_media_type};
use super::profile::Profile;

/// The header of a token, parsed strictly (RFC 7515 section 4, RFC 8725).
///
/// `jwk`, `jku`, `x5u` and `x5c` are ignored: a token does not bring its own key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    algorithm: Algorithm,
    key_id: Option<String>,
    certificate: CertificateHashes,
    /// `typ` is `at+jwt` (RFC 9068 section 2.1), and not `JWT`, `JOSE` or absent.
    is_access_token: bool,
}

impl Header {
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Self, Members<'_>), InvalidToken> {
        let members = header_members(bytes)?;
        let algorithm = header_algorithm(&members)?;
        if optional(&members, "cty")?.is_some_and(|cty| is_media_type(&cty, "jwt")) {
            return Err(InvalidToken::Nested);
        }
        let typ = optional(&members, "typ")?;
        let is = |subtype| typ.as_deref().is_some_and(|typ| is_media_type(typ, subtype));
        let is_access_token = is("at+jwt");
        if typ.is_some() && !is_access_token && !is("jwt") && !is("jose") {
            return Err(InvalidToken::WrongType);
        }
        let key_id = optional(&members, "kid")?.map(Cow::into_owned);
        let certificate = CertificateHashes::of_header(&members);
        Ok((Self { algorithm, key_id, certificate, is_access_token }, members))
    }

    /// The header of a signed introspection response; `None` if `typ` says that it is not one
    /// (RFC 9701 section 5).
    pub(crate) fn of_introspection_response(bytes: &[u8]) -> Result<Option<Self>, JwsFault> {
        let members = header_members(bytes)?;
        let algorithm = header_algorithm(&members)?;
        let text = |name: &'static str| {
            let mistyped = |_| JwsFault::HeaderParameterMistyped { name };
            members.string(name).map_err(mistyped)
        };
        let is_response =
            text("typ")?.is_some_and(|typ| is_media_type(&typ, "token-introspection+jwt"));
        let key_id = text("kid")?;
        let certificate = CertificateHashes::of_header(&members);
        let header = Self { algorithm, key_id, certificate, is_access_token: false };
        Ok(is_response.then_some(header))
    }

    /// The algorithm in `alg`.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The `kid`, not verified and not safe to print.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The hashes of the certificate of the key, which select among several keys.
    pub(super) const fn certificate(&self) -> &CertificateHashes {
        &self.certificate
    }

    pub(crate) fn check_profile(&self, profile: Profile) -> Result<(), InvalidToken> {
        match profile {
            Profile::Rfc9068 if !self.is_access_token => Err(InvalidToken::WrongType),
            Profile::Any | Profile::Rfc9068 => Ok(()),
        }
    }
}

fn optional<'a>(
    members: &Members<'a>,
    name: &'static str,
) -> Result<Option<Cow<'a, str>>, InvalidToken> {
    members.text(name).map_err(|_| InvalidToken::HeaderParameterMistyped { name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::json::JsonFault;
    use crate::token::jws::Part;
    use crate::token::printable::Printable;

    fn rejected(text: &str) -> Option<InvalidToken> {
        Header::parse(text.as_bytes()).err()
    }

    #[test]
    fn a_header_is_rejected_for_each_violation_of_a_standard() {
        use InvalidToken::{CriticalExtension, Nested, UnencodedPayload, Unsigned, WrongType};
        let mistyped = |name| InvalidToken::HeaderParameterMistyped { name };
        let malformed = |fault| InvalidToken::Malformed { part: Part::Header, fault };
        let unsupported =
            |name| InvalidToken::UnsupportedAlgorithm { algorithm: Printable::new(name) };
        let table = [
            (r#"{"alg":"RS256","alg":"none"}"#, malformed(JsonFault::DuplicateMember), "7515 4"),
            (r#"["alg","RS256"]"#, malformed(JsonFault::NotAnObject), "7515 4"),
            (r"{}", mistyped("alg"), "7515 4.1.1"),
            (r#"{"alg":256}"#, mistyped("alg"), "7515 4.1.1"),
            (r#"{"alg":null}"#, mistyped("alg"), "7515 4.1.1"),
            (r#"{"alg":["RS256"]}"#, mistyped("alg"), "7515 4.1.1"),
            (r#"{"alg":"none"}"#, Unsigned, "8725 3.2"),
            (r#"{"alg":"nOnE"}"#, Unsigned, "8725 3.2"),
            (r#"{"alg":"rs256"}"#, unsupported("rs256"), "7515 4.1.1"),
            (r#"{"alg":"Ed448"}"#, unsupported("Ed448"), "9864 2.2"),
            (r#"{"alg":"RS256","crit":["exp"],"exp":1}"#, CriticalExtension, "7515 4.1.11"),
            (r#"{"alg":"RS256","crit":[]}"#, CriticalExtension, "7515 4.1.11"),
            (r#"{"alg":"RS256","b64":false}"#, UnencodedPayload, "7797 7"),
            (r#"{"alg":"RS256","b64":true}"#, UnencodedPayload, "7797 7"),
            (r#"{"alg":"RS256","cty":"JWT"}"#, Nested, "7519 5.2"),
            (r#"{"alg":"RS256","kid":1}"#, mistyped("kid"), "7515 4.1.4"),
            (r#"{"alg":"RS256","kid":null}"#, mistyped("kid"), "7515 4.1.4"),
            (r#"{"alg":"RS256","typ":1}"#, mistyped("typ"), "7515 4.1.9"),
            (r#"{"alg":"RS256","typ":"dpop+jwt"}"#, WrongType, "8725 3.11"),
            (r#"{"alg":"RS256","typ":"logout+jwt"}"#, WrongType, "8725 3.11"),
            (r#"{"alg":"RS256","typ":"secevent+jwt"}"#, WrongType, "8725 3.11"),
            (r#"{"alg":"RS256","typ":"Bearer"}"#, WrongType, "8725 3.11"),
            (r#"{"alg":"RS256","typ":""}"#, WrongType, "8725 3.11"),
            (r#"{"alg":"RS256","typ":"JOSE+JSON"}"#, WrongType, "7515 4.1.9"),
            (r#"{"alg":"RS256","typ":"text/jwt"}"#, WrongType, "7515 4.1.9"),
            (r#"{"alg":"RS256","typ":"at+jwt "}"#, WrongType, "8725 3.11"),
        ];
        for (text, reason, section) in table {
            assert_eq!(rejected(text), Some(reason), "RFC {section}: {text}");
        }
    }

    #[test]
    fn the_profile_decides_whether_typ_is_required() {
        let table = [
            (r#"{"alg":"RS256"}"#, false),
            (r#"{"alg":"RS256","typ":"JWT"}"#, false),
            (r#"{"alg":"RS256","typ":"jwt"}"#, false),
            (r#"{"alg":"RS256","typ":"application/jwt"}"#, false),
            (r#"{"alg":"RS256","typ":"Application/JWT"}"#, false),
            (r#"{"alg":"RS256","typ":"JOSE"}"#, false),
            (r#"{"alg":"RS256","typ":"jose"}"#, false),
            (r#"{"alg":"RS256","typ":"at+jwt"}"#, true),
            (r#"{"alg":"RS256","typ":"AT+JWT"}"#, true),
            (r#"{"alg":"RS256","typ":"application/at+jwt"}"#, true),
            (r#"{"alg":"RS256","typ":"Application/AT+jwt"}"#, true),
        ];
        for (text, explicit) in table {
            let (header, _) = Header::parse(text.as_bytes()).expect(text);
            assert!(header.check_profile(Profile::Any).is_ok(), "{text}");
            let strict = header.check_profile(Profile::Rfc9068).is_ok();
            assert_eq!(strict, explicit, "RFC 9068 4: {text}");
        }
    }

    #[test]
    fn members_that_bring_a_key_are_ignored() {
        let text = r#"{"alg":"RS256","kid":"k","jwk":{"kty":"oct"},"jku":"https://evil.example",
            "x5u":7,"x5c":[],"unknown":{}}"#;
        let (header, _) = Header::parse(text.as_bytes()).expect("RFC 7515 4: others are ignored");
        assert_eq!(header.key_id(), Some("k"));
    }
}
