//! The `Authorization` field, read by its grammar.

use super::MalformedCredentials::{
    ForbiddenCharacter, NoScheme, NoToken, Quoted, SchemeTwice, SeveralFields, TrailingWhitespace,
};
use super::*;

#[test]
fn the_field_is_read_by_the_grammar_of_rfc_6750_2_1() {
    type Row = (&'static [&'static str], Result<Option<&'static str>, MalformedCredentials>);
    let table: [Row; 39] = [
        (&[], Ok(None)),
        (&[""], Ok(None)),
        (&["Basic YTpi"], Ok(None)),
        (&["Bear"], Ok(None)),
        (&["BearerToken abc"], Ok(None)),
        (&["Bearer-2 abc"], Ok(None)),
        (&["DPoP abc"], Ok(None)),
        (&["Bearer abc"], Ok(Some("abc"))),
        (&["bearer abc"], Ok(Some("abc"))),
        (&["BEARER abc"], Ok(Some("abc"))),
        (&["bEaReR    abc"], Ok(Some("abc"))),
        (&["Bearer aZ09-._~+/=="], Ok(Some("aZ09-._~+/=="))),
        (&["Bearer"], Err(NoToken)),
        (&["Bearer "], Err(NoToken)),
        (&["Bearer    "], Err(NoToken)),
        (&["Bearer\tabc"], Err(ForbiddenCharacter)),
        (&["Bearer \tabc"], Err(ForbiddenCharacter)),
        (&["Bearer a b"], Err(ForbiddenCharacter)),
        (&["Bearer a,Bearer b"], Err(ForbiddenCharacter)),
        (&["Bearer \"abc\""], Err(Quoted)),
        (&["Bearer 'abc'"], Err(Quoted)),
        (&["Bearer \"abc"], Err(Quoted)),
        (&["Bearer Bearer abc"], Err(SchemeTwice)),
        (&["bearer bearer  abc"], Err(SchemeTwice)),
        (&["Bearer Bearer: abc"], Err(SchemeTwice)),
        (&["Bearer Bearer"], Ok(Some("Bearer"))),
        (&["Bearer DPoP abc"], Err(ForbiddenCharacter)),
        (&["Bearer abc\r"], Err(TrailingWhitespace)),
        (&["Bearer abc== "], Err(TrailingWhitespace)),
        (&["Bearer a\rb"], Err(ForbiddenCharacter)),
        (&["eyJhbGciOiJFUzI1NiJ9.e30.AA"], Err(NoScheme)),
        (&["eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d"], Err(NoScheme)),
        (&["eyJhbGciOiJFUzI1NiJ9"], Ok(None)),
        (&["JWT eyJhbGciOiJFUzI1NiJ9.e30.AA"], Ok(None)),
        (&["abcdef.e30.AA"], Ok(None)),
        (&["Bearer abç"], Err(ForbiddenCharacter)),
        (&["Bearer =="], Err(ForbiddenCharacter)),
        (&["Bearer a=b"], Err(ForbiddenCharacter)),
        (&["Bearer a", "Bearer a"], Err(SeveralFields)),
    ];
    for (fields, expected) in table {
        let read = BearerToken::from_fields(fields.iter().map(|field| field.as_bytes()));
        assert_eq!(read.map(|token| token.map(BearerToken::as_str)), expected, "{fields:?}");
    }
}

#[test]
fn both_schemes_are_read_alike_as_rfc_9449_7_1_says() {
    let (bearer, dpop) = (Some(Scheme::Bearer), Some(Scheme::Dpop));
    let table = [
        ("", Ok(None), None),
        ("Basic YTpi", Ok(None), None),
        ("Bearer abc", Ok(Some((Scheme::Bearer, "abc"))), bearer),
        ("DPoP abc", Ok(Some((Scheme::Dpop, "abc"))), dpop),
        ("dpop   abc==", Ok(Some((Scheme::Dpop, "abc=="))), dpop),
        ("DPoPs abc", Ok(None), None),
        ("DPoP", Err(MalformedCredentials::NoDpopToken), dpop),
        ("DPoP  ", Err(MalformedCredentials::NoDpopToken), dpop),
        ("DPoP\tabc", Err(ForbiddenCharacter), dpop),
        ("DPoP \"abc\"", Err(Quoted), dpop),
        ("DPoP abc, Bearer abc", Err(ForbiddenCharacter), dpop),
        ("Bearer abc, DPoP abc", Err(ForbiddenCharacter), bearer),
    ];
    for (field, expected, scheme) in table {
        let read = Credentials::from_fields([field.as_bytes()]);
        let read = read.map(|read| read.map(|read| (read.scheme, read.token.as_str())));
        assert_eq!(read, expected, "{field}");
        assert_eq!(Scheme::of_fields([field.as_bytes()]), scheme, "{field}");
    }
    let two = [b"Bearer abc".as_slice(), b"DPoP abc".as_slice()];
    assert_eq!(Credentials::from_fields(two).map(drop), Err(SeveralFields), "RFC 9449 7.2");
    assert_eq!(Scheme::of_fields(two), None);
}

#[test]
fn the_characters_are_those_of_token68_and_no_others() {
    const TOKEN68: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    for byte in 0..=u8::MAX {
        for place in [0, 1, 63, 64, 99] {
            let mut token = [b'a'; 100];
            token[place] = byte;
            // At the end of a token, `=` is padding and allowed.
            let expected = TOKEN68.as_bytes().contains(&byte) || (byte, place) == (b'=', 99);
            let accepted = BearerToken::from_bytes(&token).is_some();
            assert_eq!(accepted, expected, "RFC 9110 11.2: {byte:#x} at {place}");
        }
    }
}

#[test]
fn the_debug_text_hides_the_token() {
    let token = BearerToken::from_bytes(b"secret.token.here").expect("token68");
    assert_eq!(format!("{token:?}"), "BearerToken(17 characters)");
}
