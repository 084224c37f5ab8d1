//! Registered claims of a token.

mod checks;

use super::confirmation::Confirmation;
use super::grants::grants;
use super::invalid_token::InvalidToken;
use super::json::{JsonFault, Members, OneOrMany};
use super::jws::Part;
use super::scopes::Scopes;
use super::timestamp::NumericDate;

/// The claims with a meaning in RFC 7519, RFC 9068 or Auth0's RBAC.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RegisteredClaims {
    /// `iss`: who issued the token.
    pub issuer: String,
    /// `sub`: the user, or the client that acts for itself.
    pub subject: Option<String>,
    /// `aud`: the APIs that the token is for.
    pub audience: Vec<String>,
    /// `exp`: when the token stops being valid.
    pub expires_at: NumericDate,
    /// `nbf`: when the token starts being valid.
    pub not_before: Option<NumericDate>,
    /// `iat`: when the token was issued.
    pub issued_at: Option<NumericDate>,
    /// `jti`: the identifier of the token.
    pub token_id: Option<String>,
    /// The client that requested the token: `client_id` (RFC 9068 section 2.2), else `azp`, `cid` or
    /// `appid`.
    pub client_id: Option<String>,
    /// The scopes that the token grants: `scope`, else `scp`, or the configured claim.
    pub scopes: Scopes,
    /// The permissions that the token grants: `permissions`, as Auth0's RBAC has them, or the
    /// configured claim.
    pub permissions: Vec<String>,
    /// The roles of the subject: `roles`, or the configured claim.
    pub roles: Vec<String>,
    has_audience: bool,
    has_client_id: bool,
    confirmation: Option<Confirmation>,
}

impl RegisteredClaims {
    #[cfg(any(test, feature = "service"))]
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Self, Members<'_>), InvalidToken> {
        let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::NotUtf8);
        Self::parse_text(text.map_err(malformed)?)
    }

    /// Reads claims that are known to be UTF-8.
    pub(crate) fn parse_text(json: &str) -> Result<(Self, Members<'_>), InvalidToken> {
        let members = Members::parse_whole(json).map_err(malformed)?;
        let audience = match read(&members, "aud", "a string or an array of strings")? {
            // Whether it may be missing depends on the issuer.
            None => Vec::new(),
            Some(OneOrMany::One(audience)) => vec![audience],
            Some(OneOrMany::Many(audiences)) => audiences,
        };
        let claims = Self {
            issuer: text(&members, "iss")?.ok_or(InvalidToken::ClaimMissing { claim: "iss" })?,
            subject: text(&members, "sub")?,
            audience,
            expires_at: date(&members, "exp")?
                .ok_or(InvalidToken::ClaimMissing { claim: "exp" })?,
            not_before: date(&members, "nbf")?,
            issued_at: date(&members, "iat")?,
            token_id: text(&members, "jti")?,
            has_audience: members.contains("aud"),
            has_client_id: members.contains("client_id"),
            client_id: text(&members, "client_id")?.or_else(|| client(&members)),
            // Some issuers write null where there are no scopes.
            scopes: read::<Option<OneOrMany>>(
                &members,
                "scope",
                "a string or an array of strings",
            )?
            .flatten()
            .or_else(|| members.read("scp").ok().flatten())
            .map(Scopes::from_claim)
            .unwrap_or_default(),
            permissions: grants(&members, "permissions"),
            roles: grants(&members, "roles"),
            confirmation: Confirmation::of_claims(&members),
        };
        Ok((claims, members))
    }

    /// Whether the token has `aud`, even an empty one.
    #[cfg(feature = "service")]
    pub(crate) const fn has_audience(&self) -> bool {
        self.has_audience
    }

    /// What the token is bound to (`cnf`, RFC 7800); `None` for a bearer token.
    pub const fn binding(&self) -> Option<&Confirmation> {
        self.confirmation.as_ref()
    }
}

const fn malformed(fault: JsonFault) -> InvalidToken {
    InvalidToken::Malformed { part: Part::Claims, fault }
}

fn read<'a, T: serde::Deserialize<'a>>(
    members: &Members<'a>,
    claim: &'static str,
    expected: &'static str,
) -> Result<Option<T>, InvalidToken> {
    members.read(claim).map_err(|_| InvalidToken::ClaimMistyped { claim, expected })
}

fn text(members: &Members<'_>, claim: &'static str) -> Result<Option<String>, InvalidToken> {
    members.string(claim).map_err(|_| InvalidToken::ClaimMistyped { claim, expected: "a string" })
}

/// The client in the claims of issuers that have no `client_id`: OpenID Connect, Okta, Entra.
fn client(members: &Members<'_>) -> Option<String> {
    ["azp", "cid", "appid"].into_iter().find_map(|claim| members.string(claim).ok().flatten())
}

fn date(members: &Members<'_>, claim: &'static str) -> Result<Option<NumericDate>, InvalidToken> {
    Ok(read::<f64>(members, claim, "a number")?.and_then(NumericDate::from_seconds))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::token::expectations::{Audiences, ClockTolerance, Expectations};
    use crate::token::profile::Profile;
    use crate::token::timestamp::Timestamp;

    const NOW: u64 = 1_700_000_000;

    fn parse(claims: &Value) -> Result<RegisteredClaims, InvalidToken> {
        RegisteredClaims::parse(claims.to_string().as_bytes()).map(|(claims, _)| claims)
    }

    fn good() -> Value {
        json!({
            "iss": "https://issuer.example/", "sub": "someone", "aud": "https://api.example",
            "exp": NOW + 60, "nbf": NOW, "iat": NOW, "jti": "1", "client_id": "app",
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = good();
        claims[name] = value;
        claims
    }

    fn expected() -> Expectations {
        let audiences = Audiences::new(["https://api.example", "https://old.example"]);
        Expectations::new("https://issuer.example/", audiences.expect("two audiences"))
    }

    fn check(claims: &Value, expected: &Expectations) -> Result<(), InvalidToken> {
        let claims = parse(claims)?;
        claims.check(expected, Timestamp::from_seconds(NOW))?;
        claims.check_binding()
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_rejected() {
        const TEXT: &str = "a string";
        const NUMBER: &str = "a number";
        const LIST: &str = "a string or an array of strings";
        let table = [
            ("iss", json!(["https://issuer.example/"]), TEXT, "7519 4.1.1"),
            ("iss", json!(null), TEXT, "7519 4.1.1"),
            ("sub", json!(7), TEXT, "7519 4.1.2"),
            ("sub", json!(null), TEXT, "7519 4.1.2"),
            ("aud", json!(1), LIST, "7519 4.1.3"),
            ("aud", json!({"a": "https://api.example"}), LIST, "7519 4.1.3"),
            ("aud", json!(["https://api.example", 1]), LIST, "7519 4.1.3"),
            ("exp", json!("1700000060"), NUMBER, "7519 4.1.4"),
            ("exp", json!(true), NUMBER, "7519 4.1.4"),
            ("exp", json!(null), NUMBER, "7519 4.1.4"),
            ("nbf", json!("0"), NUMBER, "7519 4.1.5"),
            ("iat", json!([1]), NUMBER, "7519 4.1.6"),
            ("jti", json!(1), TEXT, "7519 4.1.7"),
            ("client_id", json!(["app"]), TEXT, "9068 2.2"),
            ("scope", json!(1), LIST, "8693 4.2"),
            ("scope", json!({}), LIST, "8693 4.2"),
        ];
        for (claim, value, wanted, section) in table {
            let reason = InvalidToken::ClaimMistyped { claim, expected: wanted };
            let claims = with(claim, value);
            assert_eq!(parse(&claims).map(drop), Err(reason), "RFC {section}: {claims}");
        }
    }

    #[test]
    fn ambiguous_claims_are_rejected() {
        let twice = r#"{"iss":"a","aud":"b","exp":1,"sub":"x","sub":"y"}"#;
        let fault = JsonFault::DuplicateMember;
        let reason = InvalidToken::Malformed { part: Part::Claims, fault };
        let parsed = RegisteredClaims::parse(twice.as_bytes()).map(drop);
        assert_eq!(parsed, Err(reason), "RFC 7519 4");
        let huge = r#"{"iss":"a","aud":"b","exp":1e999}"#;
        assert!(RegisteredClaims::parse(huge.as_bytes()).is_err(), "RFC 7519 2");
    }

    #[test]
    fn times_are_checked_with_the_tolerance_and_to_the_second() {
        let now = i64::try_from(NOW).expect("small");
        let table = [
            ("exp", json!(now + 1), Ok(())),
            ("exp", json!(now - 4), Ok(())),
            ("exp", json!(now - 5), Err(InvalidToken::Expired { seconds: 5 })),
            ("exp", json!(now - 3600), Err(InvalidToken::Expired { seconds: 3600 })),
            ("exp", json!(1_699_999_995.5), Ok(())),
            ("exp", json!(-1), Err(InvalidToken::Expired { seconds: NOW + 1 })),
            ("exp", json!(1e300), Ok(())),
            ("nbf", json!(now + 5), Ok(())),
            ("nbf", json!(now + 6), Err(InvalidToken::NotYetValid { seconds: 6 })),
            ("nbf", json!(-1e300), Ok(())),
            ("iat", json!(now + 6), Ok(())),
            ("iat", json!(now + 60), Ok(())),
            ("iat", json!(now + 300), Ok(())),
            ("iat", json!(now + 301), Err(InvalidToken::IssuedInTheFuture { seconds: 301 })),
            ("iat", json!(now + 3600), Err(InvalidToken::IssuedInTheFuture { seconds: 3600 })),
        ];
        for (claim, value, verdict) in table {
            let claims = with(claim, value);
            assert_eq!(check(&claims, &expected()), verdict, "RFC 7519 4.1.4-6: {claims}");
        }
    }

    #[test]
    fn nothing_is_accepted_while_the_time_is_not_known() {
        let claims = parse(&json!({"iss": "https://issuer.example/", "aud": "https://api.example",
            "exp": 1}));
        let claims = claims.expect("well-formed");
        let at = |now| claims.check(&expected(), now);
        assert_eq!(at(Timestamp::UNKNOWN), Err(InvalidToken::TimeUnknown), "RFC 7519 4.1.4");
        assert_eq!(at(Timestamp::from_milliseconds(1)), Ok(()));
    }

    #[test]
    fn a_token_without_scopes_may_say_so() {
        for (scope, expected) in
            [(json!(null), ""), (json!(""), ""), (json!([]), ""), (json!("a b"), "a b")]
        {
            let scopes = parse(&with("scope", scope.clone())).map(|claims| claims.scopes);
            assert_eq!(scopes.map(|scopes| scopes.as_str().to_owned()), Ok(expected.to_owned()));
        }
        for scope in [json!([null]), json!(false)] {
            assert!(parse(&with("scope", scope)).is_err(), "RFC 8693 4.2");
        }
    }

    #[test]
    fn the_maximum_age_counts_from_iat_and_needs_it() {
        let strict = Expectations {
            max_token_age: Some(Duration::from_secs(100)),
            clock_tolerance: ClockTolerance::NONE,
            ..expected()
        };
        assert_eq!(check(&with("iat", json!(NOW - 99)), &strict), Ok(()));
        let old = check(&with("iat", json!(NOW - 100)), &strict);
        assert_eq!(old, Err(InvalidToken::TooOld { seconds: 100 }));
        let mut claims = good();
        claims.as_object_mut().expect("an object").remove("iat");
        assert_eq!(check(&claims, &strict), Err(InvalidToken::ClaimMissing { claim: "iat" }));
    }

    #[test]
    fn one_of_our_audiences_must_be_in_aud() {
        let table = [
            (json!("https://api.example"), true),
            (json!(["https://other.example", "https://old.example"]), true),
            (json!("https://api.example/"), false),
            (json!("HTTPS://API.example"), false),
            (json!(""), false),
            (json!([]), false),
            (json!(["https://other.example"]), false),
        ];
        for (audience, accepted) in table {
            let verdict = check(&with("aud", audience.clone()), &expected());
            let wanted = if accepted { Ok(()) } else { Err(InvalidToken::AudienceMismatch) };
            assert_eq!(verdict, wanted, "RFC 7519 4.1.3: {audience}");
        }
    }

    #[test]
    fn the_required_claims_depend_on_the_profile() {
        let strict = Expectations { profile: Profile::Rfc9068, ..expected() };
        assert_eq!(check(&good(), &strict), Ok(()));
        for claim in ["iss", "aud", "exp", "sub", "client_id", "iat", "jti"] {
            let mut claims = good();
            claims.as_object_mut().expect("an object").remove(claim);
            let missing = Err(InvalidToken::ClaimMissing { claim });
            assert_eq!(check(&claims, &strict), missing, "RFC 9068 2.2");
            let lenient = if ["iss", "aud", "exp"].contains(&claim) { missing } else { Ok(()) };
            assert_eq!(check(&claims, &expected()), lenient, "RFC 7519 4.1");
        }
    }

    #[test]
    fn a_bound_token_is_not_a_bearer_token() {
        for binding in [json!({"jkt": "x"}), json!({"unknown": 1}), json!({}), json!(null)] {
            let verdict = check(&with("cnf", binding.clone()), &expected());
            assert_eq!(verdict, Err(InvalidToken::BoundToKey), "RFC 7800 3.1: {binding}");
        }
    }

    #[test]
    fn permissions_of_another_type_grant_nothing() {
        let read = |value| parse(&with("permissions", value)).map(|claims| claims.permissions);
        assert_eq!(read(json!(["a", "b"])), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read(json!("a b")), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read(json!(7)), Ok(vec![]));
        assert_eq!(read(json!(["a", 1])), Ok(vec![]));
    }
    #[test]
    fn scopes_and_client_are_where_issuers_write_them() {
        let bare = || {
            let mut claims = good();
            claims.as_object_mut().expect("an object").remove("client_id");
            claims
        };
        let with = |members: &[(&str, Value)]| {
            let mut claims = bare();
            for (name, value) in members {
                claims[*name] = value.clone();
            }
            let claims = parse(&claims).expect("well-formed");
            (claims.scopes.as_str().to_owned(), claims.client_id)
        };
        let scopes = [
            (vec![("scope", json!("a")), ("scp", json!("b"))], "a"),
            (vec![("scope", json!("")), ("scp", json!("b"))], ""),
            (vec![("scope", json!(null)), ("scp", json!("b"))], "b"),
            (vec![("scp", json!("a b"))], "a b"),
            (vec![("scp", json!(["a", "b"]))], "a b"),
            (vec![("scp", json!(7))], ""),
            (vec![("scp", json!(null))], ""),
        ];
        for (members, expected) in scopes {
            assert_eq!(with(&members).0, expected, "{members:?}");
        }
        let clients = [
            (vec![("client_id", json!("a")), ("azp", json!("b"))], Some("a")),
            (vec![("azp", json!("b")), ("cid", json!("c"))], Some("b")),
            (vec![("cid", json!("c")), ("appid", json!("d"))], Some("c")),
            (vec![("appid", json!("d"))], Some("d")),
            (vec![("azp", json!(7)), ("appid", json!("d"))], Some("d")),
            (vec![], None),
        ];
        for (members, expected) in clients {
            assert_eq!(with(&members).1.as_deref(), expected, "{members:?}");
        }
        let strict = Expectations { profile: Profile::Rfc9068, ..expected() };
        let mut other = bare();
        other["azp"] = json!("b");
        let missing = InvalidToken::ClaimMissing { claim: "client_id" };
        assert_eq!(check(&other, &strict), Err(missing), "RFC 9068 2.2");
    }

    #[test]
    fn a_token_without_audience_is_accepted_for_listed_clients_only() {
        use crate::token::expectations::ClientIds;

        let clients = ClientIds::new(["app", "other"]).expect("clients");
        let without_audience =
            Expectations::for_clients("https://issuer.example/", clients.clone());
        let both = Expectations { client_ids: Some(clients), ..expected() };
        let nobody = Expectations { audiences: Audiences::NONE, ..expected() };
        let token = |client: Value, audience: Option<Value>| {
            let mut claims = good();
            claims["client_id"] = client;
            match audience {
                Some(audience) => claims["aud"] = audience,
                None => drop(claims.as_object_mut().expect("an object").remove("aud")),
            }
            claims
        };
        let ours = || Some(json!("https://api.example"));
        let missing = || Err(InvalidToken::ClaimMissing { claim: "aud" });
        let foreign = || Err(InvalidToken::AudienceMismatch);
        let other_client = || Err(InvalidToken::ClientMismatch);
        let table = [
            (&without_audience, token(json!("app"), None), Ok(())),
            (&without_audience, token(json!("other"), None), Ok(())),
            (&without_audience, token(json!("stranger"), None), other_client()),
            (&without_audience, token(json!("App"), None), other_client()),
            (&without_audience, token(json!("app"), ours()), foreign()),
            (&without_audience, token(json!("app"), Some(json!([]))), foreign()),
            (&both, token(json!("app"), ours()), Ok(())),
            (&both, token(json!("stranger"), ours()), other_client()),
            (&both, token(json!("app"), None), missing()),
            (&both, token(json!("app"), Some(json!("x"))), foreign()),
            (&expected(), token(json!("app"), None), missing()),
            (&nobody, token(json!("app"), None), foreign()),
            (&nobody, token(json!("app"), ours()), foreign()),
        ];
        for (expected, claims, verdict) in table {
            assert_eq!(check(&claims, expected), verdict, "RFC 8725 3.9: {claims}");
        }
    }
}
