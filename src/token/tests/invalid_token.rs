//! Texts and keys of reasons for which a token is rejected.

use crate::token::{InvalidToken, Printable};

#[test]
fn a_reason_about_a_key_names_it() {
    let kid = || Printable::new("k");
    let table = [
        (InvalidToken::UnknownKey { kid: kid() }, true),
        (InvalidToken::SignatureInvalid { kid: kid() }, true),
        (InvalidToken::Expired { seconds: 1 }, false),
        (InvalidToken::AmbiguousKey, false),
    ];
    for (reason, names_key) in table {
        assert_eq!(reason.kid().is_some_and(|named| *named == kid()), names_key, "{reason:?}");
    }
}

#[test]
fn callers_are_told_the_kind_of_fault() {
    let table = [
        (InvalidToken::Expired { seconds: 1 }, "the access token has expired"),
        (InvalidToken::AudienceMismatch, "the access token is for another audience"),
        (InvalidToken::NotBound, "the access token is not bound to a DPoP key"),
    ];
    for (reason, description) in table {
        assert_eq!(reason.description(), description, "RFC 6750 3");
    }
}
