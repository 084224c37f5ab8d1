//! Registered claims of a token.

mod checks;

use super::confirmation::Confirmation;
use super::grants::{GrantClaims, grants};
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
        let [scope, scp] = GrantClaims::DEFAULT_SCOPES;
        let ([roles], [permissions]) =
            (GrantClaims::DEFAULT_ROLES, GrantClaims::DEFAULT_PERMISSIONS);
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
            scopes: read::<Option<OneOrMany>>(&members, scope, "a string or an array of strings")?
                .flatten()
                .or_else(|| members.read(scp).ok().flatten())
                .map(Scopes::from_claim)
                .unwrap_or_default(),
            permissions: grants(&members, permissions),
            roles: grants(&members, roles),
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
    use serde_json::{Value, json};

    use super::*;

    pub(super) const NOW: u64 = 1_700_000_000;

    pub(super) fn parse(claims: &Value) -> Result<RegisteredClaims, InvalidToken> {
        RegisteredClaims::parse(claims.to_string().as_bytes()).map(|(claims, _)| claims)
    }

    pub(super) fn good() -> Value {
        json!({
            "iss": "https://issuer.example/", "sub": "someone", "aud": "https://api.example",
            "exp": NOW + 60, "nbf": NOW, "iat": NOW, "jti": "1", "client_id": "app",
        })
    }

    pub(super) fn with(name: &str, value: Value) -> Value {
        let mut claims = good();
        claims[name] = value;
        claims
    }

    pub(super) fn without(name: &str) -> Value {
        let mut claims = good();
        claims.as_object_mut().expect("an object").remove(name);
        claims
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
    fn permissions_of_another_type_grant_nothing() {
        let read = |value| parse(&with("permissions", value)).map(|claims| claims.permissions);
        assert_eq!(read(json!(["a", "b"])), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read(json!("a b")), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read(json!(7)), Ok(vec![]));
        assert_eq!(read(json!(["a", 1])), Ok(vec![]));
    }

    #[test]
    fn scopes_and_client_are_where_issuers_write_them() {
        let with = |members: &[(&str, Value)]| {
            let mut claims = without("client_id");
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
    }
}
