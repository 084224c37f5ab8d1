//! The header field that carries the token in place of `Authorization`.

use std::str::FromStr;

use actix_web::http::header::HeaderName;
use derive_more::{Display, Error};

use super::catalog::api::TOKEN_HEADER;
use super::catalog::sender::DPOP;
use super::reader::Reader;

/// Name of a header field in which trusted proxies pass the access token on.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
pub struct TokenHeader(HeaderName);

/// Why a text does not name such a field. The operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidTokenHeader {
    /// No name of a header field (RFC 9110 section 5.1).
    #[display("not the name of a header field; it should look like X-Forwarded-Access-Token")]
    Malformed,
    /// The field that is read anyway.
    #[display("tokens are taken from Authorization unless another field is named; leave it unset")]
    Authorization,
    /// A field that ends at each hop (RFC 9110 section 7.6.1).
    #[display("proxies remove this field, which is for one connection only; name another one")]
    HopByHop,
    /// A field with a meaning of its own.
    #[display("this field has a meaning of its own; name the field that the proxy sets")]
    Taken,
}

impl TokenHeader {
    const HOP_BY_HOP: [&str; 9] = [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];

    const TAKEN: [&str; 16] = [
        "client-cert",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "dpop",
        "expect",
        "forwarded",
        "host",
        "origin",
        "set-cookie",
        "www-authenticate",
        "x-forwarded-for",
        "x-forwarded-method",
        "x-forwarded-uri",
        "x-request-id",
    ];

    /// The name, in lower case.
    pub const fn name(&self) -> &HeaderName {
        &self.0
    }
}

impl FromStr for TokenHeader {
    type Err = InvalidTokenHeader;

    fn from_str(text: &str) -> Result<Self, InvalidTokenHeader> {
        let name = HeaderName::from_str(text).map_err(|_| InvalidTokenHeader::Malformed)?;
        match name.as_str() {
            "authorization" => Err(InvalidTokenHeader::Authorization),
            name if Self::HOP_BY_HOP.contains(&name) => Err(InvalidTokenHeader::HopByHop),
            name if Self::TAKEN.contains(&name) => Err(InvalidTokenHeader::Taken),
            _ => Ok(Self(name)),
        }
    }
}

/// Reads the header field. It needs trusted proxies, since anyone else could send it; and its tokens
/// are bearer tokens, so no proof can be required.
pub(super) fn read(
    reader: &mut Reader,
    has_trusted_proxies: bool,
    requires_dpop: bool,
) -> Option<TokenHeader> {
    let header = reader.optional(&TOKEN_HEADER, TokenHeader::from_str)?;
    if !has_trusted_proxies {
        let advice = "anyone could send the header; set TRUSTED_PROXIES to the proxies that do";
        reader.report_conflict(&TOKEN_HEADER, advice);
    }
    if requires_dpop {
        let advice = "a token from TOKEN_HEADER comes without a proof; unset TOKEN_HEADER, or set \
                      DPOP=off";
        reader.report_conflict(&DPOP, advice);
    }
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_field_without_another_meaning_can_carry_the_token() {
        use InvalidTokenHeader::{Authorization, HopByHop, Malformed, Taken};
        let table = [
            ("Cf-Access-Jwt-Assertion", Ok("cf-access-jwt-assertion")),
            ("x-goog-iap-jwt-assertion", Ok("x-goog-iap-jwt-assertion")),
            ("X-Amzn-Oidc-Accesstoken", Ok("x-amzn-oidc-accesstoken")),
            ("X-Forwarded-Access-Token", Ok("x-forwarded-access-token")),
            ("authorization", Err(Authorization)),
            ("Authorization", Err(Authorization)),
            ("X-Token:", Err(Malformed)),
            ("X Token", Err(Malformed)),
            ("Connection", Err(HopByHop)),
            ("Proxy-Authorization", Err(HopByHop)),
            ("TE", Err(HopByHop)),
            ("Cookie", Err(Taken)),
            ("X-Forwarded-For", Err(Taken)),
            ("DPoP", Err(Taken)),
        ];
        for (text, expected) in table {
            let read = text.parse::<TokenHeader>();
            let read = read.as_ref().map(|header| header.name().as_str()).map_err(|fault| *fault);
            assert_eq!(read, expected, "RFC 9110 5.1, 7.6.1: {text}");
        }
    }
}
