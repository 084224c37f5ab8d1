//! Requests that guards must reject.

use serde_json::json;

use super::defect::Defect;
use super::signing_key::SigningKey;
use super::token_maker::TokenMaker;

/// A request that must be rejected, and the expected status.
#[derive(Debug)]
pub(super) struct RejectedRequest {
    /// Description: `no token`, `an opaque token`.
    pub(super) what: String,
    /// `Authorization` fields.
    pub(super) fields: Vec<String>,
    /// Query string.
    pub(super) query: Option<String>,
    /// Expected status (RFC 6750 section 3.1).
    pub(super) status: u16,
}

/// Requests without a bearer token: rejected unless the policy allows anonymous callers.
pub(super) fn without_token(good: impl Fn() -> TokenMaker) -> Vec<RejectedRequest> {
    let basic = vec!["Basic c29tZWJvZHk6c2VjcmV0".to_owned()];
    // RFC 6750 section 2.3 allows tokens in the query; OAuth 2.1 requires ignoring them.
    let in_query = Some(format!("access_token={}", good().encode()));
    [
        ("no token", Vec::new(), None),
        ("credentials of a different scheme", basic, None),
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

/// Requests with invalid bearer tokens: rejected by every guard except `Public`. `untrusted_key` is
/// not a key of the issuer.
pub(super) fn with_bad_token(
    good: impl Fn() -> TokenMaker,
    untrusted_key: &SigningKey,
) -> Vec<RejectedRequest> {
    let mut requests = vec![
        malformed("`Bearer` and nothing else", ["Bearer".to_owned()]),
        malformed("two tokens", [bearer(good()), bearer(good())]),
        bad("an opaque token", "SlAV32hkKG"),
    ];
    for defect in Defect::ALL {
        let token = good().with_defect(defect);
        let token = match defect {
            // A configured key without `kid` matches every `kid`, so the signature must be foreign too.
            Defect::UnknownKey => token.signed_by(untrusted_key),
            _ => token,
        };
        requests.push(bad(&format!("a token with a defect ({defect})"), token));
    }
    let modified = [
        ("a token that never expires", good().without_claim("exp")),
        ("a token without audience", good().without_claim("aud")),
        ("a token signed with a different key", good().signed_by(untrusted_key)),
        ("a token without a signature", good().without_signature()),
        // RFC 9449 section 7.2: a bound token must not be accepted as an unbound one.
        ("a token bound to a key", good().claim("cnf", json!({"jkt": "NzbLsXh8uDCcd-6MNwXF4W_"}))),
    ];
    requests.extend(modified.map(|(what, token)| bad(what, token)));
    requests
}

/// A valid token that does not meet the route's policy.
pub(super) fn violating(status: u16, what: &str, token: String) -> RejectedRequest {
    answered(status, what, [bearer(token)])
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
