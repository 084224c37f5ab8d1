//! Properties of parsing the `Authorization` header field.

use actix_resource_server::sender::BearerToken;
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_bytes_are_handled(fields in vec(vec(any::<u8>(), 0..64), 0..3)) {
        let _ = BearerToken::from_fields(fields.iter().map(Vec::as_slice));
    }

    #[test]
    fn any_bytes_after_the_scheme_are_handled(rest in vec(any::<u8>(), 0..64)) {
        let field = [b"Bearer".as_slice(), &rest].concat();
        if let Ok(Some(token)) = BearerToken::from_fields([field.as_slice()]) {
            // RFC 6750 2.1: one or more spaces, then the token and nothing else.
            let text = token.as_str();
            prop_assert!(rest.ends_with(text.as_bytes()));
            prop_assert!(rest[..rest.len() - text.len()].iter().all(|byte| *byte == b' '));
        }
    }

    #[test]
    fn every_token68_is_accepted(
        token in "[A-Za-z0-9._~+/-]{1,64}={0,2}", scheme in "[bB][eE][aA][rR][eE][rR]",
    ) {
        let field = format!("{scheme} {token}");
        let read = BearerToken::from_fields([field.as_bytes()]);
        prop_assert_eq!(read.map(|read| read.map(BearerToken::as_str)), Ok(Some(token.as_str())));
    }
}
