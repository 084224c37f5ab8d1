//! Tokens that are parsed and verified, and those that are rejected.

use super::*;
use crate::token::tests::{expected, secret_key, signed, unsigned};
use crate::token::{Algorithm, Algorithms, GrantClaims, Printable};

fn rejected(token: &str) -> Option<InvalidToken> {
    UnverifiedToken::parse(token).err()
}

#[test]
fn other_forms_are_rejected_for_their_reasons() {
    let long = "a".repeat(MAX_TOKEN_LENGTH + 1);
    let table = [
        (long.as_str(), InvalidToken::TooLong { length: 16_385, limit: 16_384 }),
        ("opaque-token", InvalidToken::Opaque),
        ("", InvalidToken::Opaque),
        ("a.b.c.d.e", InvalidToken::Encrypted),
        ("a.b", InvalidToken::WrongPartCount { parts: 2 }),
        ("a.b.c.d", InvalidToken::WrongPartCount { parts: 4 }),
        ("a.b.c=", InvalidToken::ForbiddenCharacter),
        ("a+.b.c", InvalidToken::ForbiddenCharacter),
        ("{\"alg\":\"RS256\"}.b.c", InvalidToken::ForbiddenCharacter),
        ("a.b.c", InvalidToken::NotBase64Url { part: Part::Header }),
    ];
    for (token, reason) in table {
        assert_eq!(rejected(token), Some(reason), "RFC 8725 3.15: {token:.40}");
    }
}

#[test]
fn each_part_must_be_canonical_base64url() {
    let token = unsigned(r#"{"alg":"RS256"}"#, r#"{"iss":"a","aud":"b","exp":1}"#);
    assert!(rejected(&token).is_none());
    let without_signature = token.strip_suffix("AA").expect("its signature");
    // `AB` has bits set after its only byte: another text for the same signature.
    let other_form = rejected(&format!("{without_signature}AB"));
    assert_eq!(other_form, Some(InvalidToken::NotBase64Url { part: Part::Signature }));
    let short = rejected(&token.replace(".AA", "AA.AA"));
    assert_eq!(short, Some(InvalidToken::NotBase64Url { part: Part::Claims }), "RFC 7515 2");
}

#[test]
fn a_claim_in_the_header_must_have_the_same_value() {
    let claims = r#"{"iss":"a","aud":["b"],"exp":1}"#;
    let table = [
        (r#"{"alg":"RS256","iss":"a"}"#, None),
        (r#"{"alg":"RS256","aud":["b"]}"#, None),
        (r#"{"alg":"RS256","iss":"x"}"#, Some("iss")),
        (r#"{"alg":"RS256","aud":"b"}"#, Some("aud")),
        (r#"{"alg":"RS256","sub":"s"}"#, Some("sub")),
    ];
    for (header, differs) in table {
        let reason = differs.map(|claim| InvalidToken::ReplicatedClaimDiffers { claim });
        assert_eq!(rejected(&unsigned(header, claims)), reason, "RFC 7519 5.3: {header}");
    }
}

#[test]
fn an_algorithm_off_the_allow_list_is_rejected_even_if_a_key_fits() {
    let keys = KeySet::new(vec![secret_key()]);
    let token = unsigned(r#"{"alg":"HS256"}"#, r#"{"iss":"a","aud":"b","exp":9999999999}"#);
    let default = Expectations { algorithms: Algorithms::DEFAULT, ..expected() };
    let verify = |expected: &Expectations| {
        let unverified = UnverifiedToken::parse(&token).expect("well-formed");
        unverified.verify(&keys, expected, Timestamp::from_seconds(1)).map(drop)
    };
    let algorithm = Algorithm::Hs256;
    assert_eq!(verify(&default), Err(InvalidToken::AlgorithmNotAllowed { algorithm }), "8725 3.1");
    let kid = Printable::new("(no kid)");
    assert_eq!(verify(&expected()), Err(InvalidToken::SignatureInvalid { kid }), "RFC 7515 5.2");
}

#[test]
fn what_needs_no_key_is_checked_before_the_key() {
    let keys = KeySet::new(Vec::new());
    let expected = Expectations { algorithms: Algorithms::DEFAULT, ..expected() };
    let unknown = InvalidToken::UnknownKey { kid: Printable::new("k") };
    let table = [
        (r#"{"iss":"a","aud":"b","exp":9999999999}"#, unknown),
        (r#"{"iss":"x","aud":"b","exp":9999999999}"#, InvalidToken::IssuerMismatch),
        (r#"{"iss":"a","aud":"x","exp":9999999999}"#, InvalidToken::AudienceMismatch),
        (r#"{"iss":"a","aud":"b","exp":1}"#, InvalidToken::Expired { seconds: 99 }),
        (r#"{"iss":"a","aud":"b","exp":9999999999,"cnf":{}}"#, InvalidToken::BoundToKey),
    ];
    for (claims, reason) in table {
        let token = unsigned(r#"{"alg":"RS256","kid":"k"}"#, claims);
        let token = UnverifiedToken::parse(&token).expect("well-formed");
        let verified = token.verify(&keys, &expected, Timestamp::from_seconds(100));
        assert_eq!(verified, Err(reason), "{claims}");
    }
}

/// A token with these claims after those that every token has, verified under `expected`.
fn verified(claims: &str, expected: &Expectations) -> Result<VerifiedToken, InvalidToken> {
    let claims = format!(r#"{{"iss":"a","exp":9999999999{claims}}}"#);
    let token = signed(r#"{"alg":"HS256"}"#, &claims);
    let keys = KeySet::new(vec![secret_key()]);
    UnverifiedToken::parse(&token)?.verify(&keys, expected, Timestamp::from_seconds(1))
}

#[test]
fn grants_come_from_the_configured_claims() {
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let read = |claims: &str, grants: GrantClaims| {
        let expected = Expectations { grants, ..expected() };
        let token = verified(&format!(r#","aud":"b",{claims}"#), &expected).expect("valid");
        let claims = token.claims().clone();
        (claims.scopes.as_str().to_owned(), claims.roles, claims.permissions)
    };
    let everywhere = r#""scope":"s","roles":["r"],"permissions":["p"],"cognito:groups":["g"],
        "realm_access":{"roles":["k"]},"https://acme.example/roles":"n m""#;
    let default = ("s".to_owned(), list(&["r"]), list(&["p"]));
    assert_eq!(read(everywhere, GrantClaims::default()), default);
    let roles = |names: &[&str]| {
        let grants = GrantClaims { roles: list(names), ..GrantClaims::default() };
        let (scopes, roles, permissions) = read(everywhere, grants);
        assert_eq!((scopes, permissions), (default.0.clone(), default.2.clone()));
        roles
    };
    assert_eq!(roles(&["realm_access.roles"]), ["k"]);
    assert_eq!(roles(&["cognito:groups"]), ["g"]);
    assert_eq!(roles(&["https://acme.example/roles"]), ["n", "m"]);
    assert_eq!(roles(&["/https:~1~1acme.example~1roles"]), ["n", "m"]);
    assert_eq!(roles(&["absent", "roles"]), ["r"]);
    assert!(roles(&["realm_access"]).is_empty(), "an object grants nothing");
    let scopes = GrantClaims {
        scopes: list(&["cognito:groups"]),
        permissions: list(&["absent"]),
        ..GrantClaims::default()
    };
    assert_eq!(read(everywhere, scopes), ("g".to_owned(), list(&["r"]), Vec::new()));
}

#[test]
fn an_id_token_is_rejected_where_only_the_client_is_known() {
    let clients = crate::token::ClientIds::new(["app"]).expect("a client");
    let algorithms = Algorithms::only([Algorithm::Hs256]);
    let expected = Expectations { algorithms, ..Expectations::for_clients("a", clients) };
    let wrong = Err(InvalidToken::WrongTokenUse);
    let table = [
        (r#","client_id":"app""#, Ok(())),
        (r#","client_id":"app","token_use":"access""#, Ok(())),
        (r#","client_id":"app","token_use":"id""#, wrong.clone()),
        (r#","client_id":"app","token_use":["access"]"#, wrong.clone()),
        (r#","client_id":"app","token_use":null"#, wrong),
        (r#","client_id":"x","token_use":"access""#, Err(InvalidToken::ClientMismatch)),
        (r#","token_use":"access""#, Err(InvalidToken::ClientMismatch)),
        (r#","client_id":"app","aud":"app""#, Err(InvalidToken::AudienceMismatch)),
    ];
    for (claims, verdict) in table {
        assert_eq!(verified(claims, &expected).map(drop), verdict, "RFC 8725 3.11: {claims}");
    }
}

#[test]
fn the_key_of_a_tenants_token_must_be_published_for_its_issuer() {
    use crate::token::Tenants;
    let key = |issuer: Option<&str>| secret_key().with_issuer(issuer.map(str::to_owned));
    let template = "https://i.example/{tenantid}/";
    let issuer = template.to_owned();
    let expected = Expectations { issuer, tenants: Some(Tenants::ANY), ..expected() };
    let claims = r#"{"iss":"https://i.example/t/","tid":"t","aud":"b","exp":9999999999}"#;
    let token = signed(r#"{"alg":"HS256"}"#, claims);
    let (own, other) = (Some("https://i.example/t/"), Some("https://i.example/u/"));
    let table: [(&[Option<&str>], bool); 7] = [
        (&[None], true),
        (&[own], true),
        (&[Some(template)], true),
        (&[other], false),
        (&[Some("")], false),
        (&[other, own], true),
        (&[other, other], false),
    ];
    for (issuers, is_valid) in table {
        let keys = KeySet::new(issuers.iter().map(|issuer| key(*issuer)).collect());
        let token = UnverifiedToken::parse(&token).expect("well-formed");
        let verified = token.verify(&keys, &expected, Timestamp::from_seconds(1)).map(drop);
        let result = if is_valid { Ok(()) } else { Err(InvalidToken::KeyOfAnotherIssuer) };
        assert_eq!(verified, result, "{issuers:?}");
    }
}

#[test]
fn a_token_knows_the_dpop_mode_of_its_issuer() {
    use crate::token::DpopMode::{Off, Required};
    for mode in [None, Some(Off), Some(Required)] {
        let expected = Expectations { dpop: mode, ..expected() };
        let token = verified(r#","aud":"b""#, &expected);
        match mode {
            Some(Required) => assert_eq!(token, Err(InvalidToken::ProofRequired), "RFC 9449 7.1"),
            mode => assert_eq!(token.map(|token| token.dpop()), Ok(mode)),
        }
    }
}
