//! Claims of an active introspection response, judged like those of a JWT (RFC 7662 section 2.2).

use serde_json::Value;

use super::claims::RegisteredClaims;
use super::confirmation::Confirmation;
use super::expectations::Expectations;
use super::invalid_token::InvalidToken;
use super::json::Members;
use super::jws::{Part, is_media_type};
use super::timestamp::{NumericDate, Timestamp};
use super::verified_token::VerifiedToken;

impl VerifiedToken {
    /// Judges the response `json` about an active token as of `now`.
    ///
    /// `iss` may be missing, because the issuer itself answered. `aud` and `exp` may not. The binding
    /// is not judged: the caller must check [`RegisteredClaims::binding`].
    pub(crate) fn from_introspection(
        json: &str,
        expected: &Expectations,
        now: Timestamp,
    ) -> Result<Self, InvalidToken> {
        let members = members_of(json)?;
        check_kind(&members)?;
        let json = match (members.contains("iss"), json.trim_start().strip_prefix('{')) {
            (false, Some(rest)) => {
                let issuer = Value::from(expected.issuer.as_str());
                format!("{{\"iss\":{issuer},{rest}")
            }
            _ => json.to_owned(),
        };
        let (claims, _) = RegisteredClaims::parse_text(&json)?;
        expected.check_issuer(&claims.issuer, &json)?;
        check_dpop(&members, claims.binding())?;
        claims.check_audience(expected)?;
        claims.check_client(expected)?;
        claims.check_times(expected, now)?;
        Ok(Self::of_claims(claims, json.into_boxed_str(), expected))
    }

    /// Judges the response `json` about this JWT, which is active. Its claims are its own, but the
    /// response may say that it is for others, is over, is not an access token, or is bound to its sender
    /// (RFC 7662 section 2.2, RFC 8705 section 3.2, RFC 9449 section 6.2). Returns when the token expires
    /// by the response.
    pub(crate) fn check_introspection(
        &self,
        json: &str,
        expected: &Expectations,
        now: Timestamp,
    ) -> Result<NumericDate, InvalidToken> {
        let members = members_of(json)?;
        check_kind(&members)?;
        let own = self.claims().binding();
        match Confirmation::of_claims(&members) {
            Some(named) if own != Some(&named) => return Err(InvalidToken::UnprovableBinding),
            _ => check_dpop(&members, own)?,
        }
        let said = self.completed(&members);
        let (said, _) = RegisteredClaims::parse_text(&said)?;
        if said.issuer != self.claims().issuer {
            return Err(InvalidToken::IssuerMismatch);
        }
        said.check_audience(expected)?;
        said.check_times(expected, now)?;
        Ok(said.expires_at)
    }

    /// What the response says of the issuer, the recipients and the times. Whatever it leaves out is as
    /// the JWT says.
    fn completed(&self, members: &Members<'_>) -> String {
        let claims = ["iss", "aud", "exp", "nbf", "iat"].into_iter().filter_map(|name| {
            let said = members.read::<Value>(name).ok().flatten().filter(|said| !said.is_null());
            Some((name.to_owned(), said.or_else(|| self.claim(name))?))
        });
        Value::Object(claims.collect()).to_string()
    }
}

fn members_of(json: &str) -> Result<Members<'_>, InvalidToken> {
    let malformed = |fault| InvalidToken::Malformed { part: Part::Claims, fault };
    Members::parse_whole(json).map_err(malformed)
}

/// A DPoP token whose key is not named cannot be told from a stolen one (RFC 9449 section 6).
fn check_dpop(members: &Members<'_>, binding: Option<&Confirmation>) -> Result<(), InvalidToken> {
    let is_dpop = is_text(members, "token_type", |text| text.eq_ignore_ascii_case("DPoP"));
    let has_key = binding.is_some_and(|binding| binding.key.is_some());
    if is_dpop && !has_key { Err(InvalidToken::BoundToKey) } else { Ok(()) }
}

/// Issuers also know refresh tokens and ID tokens, and call them active. Only some of them say what a
/// token is, each by a member of its own.
fn check_kind(members: &Members<'_>) -> Result<(), InvalidToken> {
    let kinds: [(&str, &[&str]); 3] = [
        ("token_type", &["bearer", "dpop", "access_token"]),
        ("token_use", &["access", "access_token"]),
        ("typ", &["bearer", "dpop", "jwt", "at+jwt"]),
    ];
    for (name, accepted) in kinds {
        let is_accepted = |text: &str| accepted.iter().any(|kind| is_media_type(text, kind));
        let is_said = members.get(name).is_some_and(|said| said.get() != "null");
        if is_said && !is_text(members, name, is_accepted) {
            return Err(InvalidToken::WrongType);
        }
    }
    Ok(())
}

fn is_text(members: &Members<'_>, name: &str, is_accepted: impl Fn(&str) -> bool) -> bool {
    members.text(name).ok().flatten().is_some_and(|text| is_accepted(&text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::token::{Audiences, ClientIds};

    const NOW: u64 = 1_700_000_000;

    fn expected() -> Expectations {
        let audiences = Audiences::new(["https://api.example"]).expect("an audience");
        Expectations::new("https://issuer.example/", audiences)
    }

    fn judge(response: &Value, expected: &Expectations) -> Result<VerifiedToken, InvalidToken> {
        let now = Timestamp::from_seconds(NOW);
        VerifiedToken::from_introspection(&response.to_string(), expected, now)
    }

    fn without(name: &str) -> Value {
        let mut response = active();
        response.as_object_mut().expect("an object").remove(name);
        response
    }

    fn active() -> Value {
        json!({
            "active": true, "iss": "https://issuer.example/", "aud": ["https://api.example"],
            "exp": NOW + 60, "sub": "ann", "username": "ann@example", "scope": "a b",
            "client_id": "app", "token_type": "Bearer",
        })
    }

    #[test]
    fn claims_of_an_active_token_are_available() {
        let token = judge(&active(), &expected()).expect("accepted");
        assert_eq!(token.claims().subject.as_deref(), Some("ann"));
        assert_eq!(token.claims().scopes.as_str(), "a b");
        assert!(token.claim_equals("username", "ann@example"));
    }

    #[test]
    fn a_missing_issuer_is_the_one_that_answered() {
        let token = judge(&without("iss"), &expected()).expect("accepted");
        assert_eq!(token.claims().issuer, "https://issuer.example/");
        assert!(token.claim_equals("iss", "https://issuer.example/"));
    }

    #[test]
    fn claims_are_judged_like_those_of_a_jwt() {
        let missing = |claim| Err(InvalidToken::ClaimMissing { claim });
        let mistyped = |claim, expected| Err(InvalidToken::ClaimMistyped { claim, expected });
        let expired = Err(InvalidToken::Expired { seconds: 6 });
        let table = [
            ("iss", json!("https://other.example/"), Err(InvalidToken::IssuerMismatch)),
            ("iss", json!(1), mistyped("iss", "a string")),
            ("aud", json!("https://other.example"), Err(InvalidToken::AudienceMismatch)),
            ("aud", json!([]), Err(InvalidToken::AudienceMismatch)),
            ("aud", Value::Null, mistyped("aud", "a string or an array of strings")),
            ("exp", json!(NOW - 6), expired),
            ("exp", json!("soon"), mistyped("exp", "a number")),
            ("nbf", json!(NOW + 6), Err(InvalidToken::NotYetValid { seconds: 6 })),
            ("token_type", json!("DPoP"), Err(InvalidToken::BoundToKey)),
            ("token_type", json!("Refresh"), Err(InvalidToken::WrongType)),
            ("token_type", json!(1), Err(InvalidToken::WrongType)),
            ("token_type", json!("bearer"), Ok(())),
            ("token_type", Value::Null, Ok(())),
            ("typ", Value::Null, Ok(())),
            ("token_use", json!("refresh_token"), Err(InvalidToken::WrongType)),
            ("token_use", json!("access_token"), Ok(())),
            ("typ", json!("Refresh"), Err(InvalidToken::WrongType)),
            ("typ", json!("ID"), Err(InvalidToken::WrongType)),
            ("typ", json!("Bearer"), Ok(())),
            ("cnf", json!({"jkt": "x"}), Ok(())),
        ];
        for (name, value, verdict) in table {
            let mut response = active();
            response[name] = value;
            let found = judge(&response, &expected()).map(drop);
            assert_eq!(found, verdict, "RFC 7662 2.2: {response}");
        }
        for claim in ["aud", "exp"] {
            let found = judge(&without(claim), &expected()).map(drop);
            assert_eq!(found, missing(claim), "RFC 7662 2.2");
        }
    }

    #[test]
    fn clients_and_grants_are_judged_as_configured() {
        let mut expected = expected();
        expected.client_ids = ClientIds::new(["other"]).ok();
        assert_eq!(judge(&active(), &expected).map(drop), Err(InvalidToken::ClientMismatch));
        expected.client_ids = ClientIds::new(["app"]).ok();
        expected.grants.scopes = vec!["username".to_owned()];
        let token = judge(&active(), &expected).expect("accepted");
        assert_eq!(token.claims().scopes.as_str(), "ann@example");
    }

    #[test]
    fn a_jwt_is_what_the_issuer_says_it_is_too() {
        const KEY: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        const OTHER: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        let bound = json!({"jkt": KEY});
        let unprovable = Err(InvalidToken::UnprovableBinding);
        // The `cnf` of the JWT, the answer, and the verdict.
        let table = [
            (None, json!({"active": true}), Ok(())),
            (
                None,
                json!({"active": true, "aud": null, "scope": "y", "token_type": "Bearer"}),
                Ok(()),
            ),
            (
                None,
                json!({"active": true, "iss": "https://issuer.example/", "aud": ["https://api.example", "x"], "exp": NOW + 5}),
                Ok(()),
            ),
            (
                None,
                json!({"active": true, "iss": "https://other.example/"}),
                Err(InvalidToken::IssuerMismatch),
            ),
            (None, json!({"active": true, "aud": "x"}), Err(InvalidToken::AudienceMismatch)),
            (
                None,
                json!({"active": true, "exp": NOW - 6}),
                Err(InvalidToken::Expired { seconds: 6 }),
            ),
            (
                None,
                json!({"active": true, "nbf": NOW + 6}),
                Err(InvalidToken::NotYetValid { seconds: 6 }),
            ),
            (
                None,
                json!({"active": true, "token_type": "refresh_token"}),
                Err(InvalidToken::WrongType),
            ),
            (None, json!({"active": true, "token_type": "DPoP"}), Err(InvalidToken::BoundToKey)),
            (None, json!({"active": true, "cnf": bound}), unprovable.clone()),
            (None, json!({"active": true, "cnf": {}}), unprovable.clone()),
            (Some(&bound), json!({"active": true}), Ok(())),
            (Some(&bound), json!({"active": true, "cnf": bound, "token_type": "DPoP"}), Ok(())),
            (Some(&bound), json!({"active": true, "cnf": {"jkt": OTHER}}), unprovable),
        ];
        for (cnf, answer, expected) in table {
            let mut claims = active();
            if let Some(cnf) = cnf {
                claims["cnf"] = Value::clone(cnf);
            }
            let (ours, now) = (self::expected(), Timestamp::from_seconds(NOW));
            let jwt = judge(&claims, &ours).expect("a token");
            let verdict = jwt.check_introspection(&answer.to_string(), &ours, now);
            let verdict = verdict.map(|expires_at| {
                let said = answer["exp"].as_u64().unwrap_or(NOW + 60);
                assert_eq!(expires_at.rest(now).as_secs(), said - NOW, "RFC 7662 4: {answer}");
            });
            assert_eq!(verdict, expected, "RFC 7662 2.2, RFC 9449 6.2, RFC 8705 3.2: {answer}");
        }
    }

    #[test]
    fn a_dpop_token_that_names_no_key_is_rejected_whatever_else_it_is_bound_to() {
        let mut response = active();
        response["token_type"] = json!("DPoP");
        response["cnf"] = json!({"x5t#S256": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"});
        assert_eq!(
            judge(&response, &expected()).map(drop),
            Err(InvalidToken::BoundToKey),
            "RFC 9449 6"
        );
    }

    #[test]
    fn a_bound_token_keeps_its_binding() {
        let mut response = active();
        response["cnf"] = json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"});
        response["token_type"] = json!("DPoP");
        let token = judge(&response, &expected()).expect("RFC 9449 6.2");
        assert!(token.claims().binding().is_some_and(|binding| binding.key.is_some()));
    }
}
