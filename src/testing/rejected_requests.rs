//! Requests that every guard refuses, whatever it is for.

use serde_json::json;

use super::defect::Defect;
use super::signing_key::SigningKey;
use super::token_maker::TokenMaker;

/// One way of asking for what one may not have, and the status that says so.
#[derive(Debug)]
pub(super) struct RejectedRequest {
    /// In words: `no token`, `an opaque token`.
    pub(super) what: String,
    /// The `Authorization` fields.
    pub(super) fields: Vec<String>,
    /// The query.
    pub(super) query: Option<String>,
    /// The status to be answered (RFC 6750 section 3.1).
    pub(super) status: u16,
}

/// Requests without a bearer token: refused unless the policy admits strangers.
pub(super) fn without_token(good: impl Fn() -> TokenMaker) -> Vec<RejectedRequest> {
    let basic = vec!["Basic c29tZWJvZHk6c2VjcmV0".to_owned()];
    // RFC 6750 section 2.3 allows the query; OAuth 2.1 wants it ignored.
    let in_query = Some(format!("access_token={}", good().encode()));
    [
        ("no token", Vec::new(), None),
        ("credentials of another scheme", basic, None),
        ("a good token in the query", Vec::new(), in_query),
    ]
    .map(|(what, fields, query)| RejectedRequest {
        what: what.to_owned(),
        fields,
        query,
        status: 401,
    })
    .into()
}

/// Requests with bearer tokens that are not good: refused by every guard that looks at tokens.
/// `untrusted_key` is a key that the issuer does not have.
pub(super) fn with_bad_token(
    good: impl Fn() -> TokenMaker,
    untrusted_key: &SigningKey,
) -> Vec<RejectedRequest> {
    let mut attempts = vec![
        malformed("`Bearer` and nothing else", ["Bearer".to_owned()]),
        malformed("two tokens", [bearer(good()), bearer(good())]),
        bad("an opaque token", "SlAV32hkKG"),
    ];
    for defect in Defect::ALL {
        let token = good().with_defect(defect);
        let token = match defect {
            // A key that was given without a `kid` goes with any; only its owner can sign with it.
            Defect::UnknownKey => token.signed_by(untrusted_key),
            _ => token,
        };
        attempts.push(bad(&format!("a token that is bad ({defect})"), token));
    }
    let spoilt = [
        ("a token that never expires", good().without_claim("exp")),
        ("a token for nobody", good().without_claim("aud")),
        ("a token signed by somebody else", good().signed_by(untrusted_key)),
        ("a token without a signature", good().without_signature()),
        // RFC 9449 section 7.2: a bound token must not pass for an unbound one.
        ("a token bound to a key", good().claim("cnf", json!({"jkt": "NzbLsXh8uDCcd-6MNwXF4W_"}))),
    ];
    attempts.extend(spoilt.map(|(what, token)| bad(what, token)));
    attempts
}

/// A good token that does not grant what the route needs.
pub(super) fn without_grants(good: TokenMaker) -> RejectedRequest {
    answered(403, "a good token that grants nothing", [bearer(good)])
}

fn malformed(what: &str, fields: impl Into<Vec<String>>) -> RejectedRequest {
    answered(400, what, fields)
}

fn bad(what: &str, token: impl Into<String>) -> RejectedRequest {
    answered(401, what, [bearer(token)])
}

fn answered(status: u16, what: &str, fields: impl Into<Vec<String>>) -> RejectedRequest {
    RejectedRequest { what: what.to_owned(), fields: fields.into(), query: None, status }
}

fn bearer(token: impl Into<String>) -> String {
    format!("Bearer {}", token.into())
}
