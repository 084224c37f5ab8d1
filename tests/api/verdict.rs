//! Exact response of the guarded route to each kind of invalid token.

use std::fmt::Display;

use crate::test_app::TestApp;

/// Accepted, or rejected with this description.
pub(crate) type Verdict = Result<(), &'static str>;

pub(crate) const GOOD: Verdict = Ok(());
pub(crate) const MALFORMED: Verdict = Err("the access token is malformed");
pub(crate) const OPAQUE: Verdict =
    Err("the access token is opaque; request one for this API's audience");
pub(crate) const ENCRYPTED: Verdict = Err("the access token is encrypted; send a signed one");
pub(crate) const UNSIGNED: Verdict = Err("the access token is not signed");
pub(crate) const EXTENSION: Verdict =
    Err("the access token uses an extension that is not supported");
pub(crate) const NOT_ACCEPTED: Verdict =
    Err("the access token is signed with an algorithm that is not accepted");
pub(crate) const NO_ACCESS_TOKEN: Verdict = Err("the token is not an access token");
pub(crate) const UNKNOWN_KEY: Verdict =
    Err("the access token is signed with a key that is not known");
pub(crate) const BAD_SIGNATURE: Verdict = Err("the signature of the access token is not valid");
pub(crate) const LACKS_CLAIM: Verdict = Err("the access token lacks a required claim");
pub(crate) const MISTYPED: Verdict = Err("a claim of the access token has the wrong type");
pub(crate) const OTHER_ISSUER: Verdict =
    Err("the access token is from an issuer that is not accepted");
pub(crate) const OTHER_AUDIENCE: Verdict = Err("the access token is for another audience");
pub(crate) const EXPIRED: Verdict = Err("the access token has expired");
pub(crate) const NOT_YET_VALID: Verdict = Err("the access token is not valid yet");
pub(crate) const FROM_THE_FUTURE: Verdict = Err("the access token was issued in the future");
pub(crate) const BOUND: Verdict =
    Err("the access token is bound to a key and is not a bearer token");
pub(crate) const BOUND_SOMEHOW: Verdict =
    Err("the access token is bound in a way that is not supported");

/// Sends each token to the private endpoint and compares status, error and description.
pub(crate) async fn check<S: Display>(
    app: &TestApp,
    table: impl IntoIterator<Item = (S, String, Verdict)>,
) {
    for (section, token, expected) in table {
        let answer = app.get_with_token("/api/private", &token).await;
        let Err(description) = expected else {
            assert_eq!(answer.status, 200, "{section}: {}", answer.body);
            continue;
        };
        assert_eq!(answer.status, 401, "{section}: {}", answer.body);
        assert_eq!(answer.error().as_deref(), Some("invalid_token"), "RFC 6750 3.1: {section}");
        let challenge = answer.challenge().unwrap_or_default();
        let part = format!(r#"error="invalid_token", error_description="{description}""#);
        assert!(challenge.contains(&part), "{section}: {challenge}");
        assert_eq!(answer.json()["detail"], description, "{section}");
    }
}
