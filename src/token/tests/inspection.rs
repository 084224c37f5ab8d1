//! Faults of a token that is explained.

use super::unsigned as token;
use crate::token::{Inspection, InvalidToken, MAX_TOKEN_LENGTH};

#[test]
fn of_a_token_that_is_too_long_nothing_is_read() {
    let claims =
        format!(r#"{{"iss":"a","aud":"b","exp":1,"x":"{}"}}"#, "x".repeat(MAX_TOKEN_LENGTH));
    let found = Inspection::of(&token(r#"{"alg":"RS256"}"#, &claims));
    assert!(matches!(found.shape, Some(InvalidToken::TooLong { .. })));
    assert!(found.header_json.is_none() && found.claims_json.is_none() && found.signed.is_none());
}

#[test]
fn a_mistyped_algorithm_does_not_hide_other_faults_or_add_one() {
    let found = Inspection::of(&token(
        r#"{"alg":7,"typ":"logout+jwt"}"#,
        r#"{"iss":"a","aud":"b","exp":1}"#,
    ));
    let mistyped = InvalidToken::HeaderParameterMistyped { name: "alg" };
    assert_eq!(found.header_faults, [mistyped, InvalidToken::WrongType], "RFC 7515 4.1.1");
}
