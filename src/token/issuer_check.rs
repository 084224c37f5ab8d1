//! Check of a token's issuer, and of the issuer of its key.

use super::expectations::Expectations;
use super::invalid_token::InvalidToken;
use super::json::Members;
use super::tenants::{IssuerTemplate, Tenants};

/// The claim with the tenant's ID.
const TENANT_CLAIM: &str = "tid";

impl Expectations {
    /// The template of the issuer's names, if it is an issuer of many tenants.
    pub(crate) fn template(&self) -> Option<(IssuerTemplate<'_>, &Tenants)> {
        let tenants = self.tenants.as_ref()?;
        Some((IssuerTemplate::parse(&self.issuer)?, tenants))
    }

    /// Checks `iss`: exactly the issuer or, for an issuer of many tenants, its template filled with the
    /// token's `tid`, which must be accepted.
    pub(crate) fn check_issuer(&self, iss: &str, claims_json: &str) -> Result<(), InvalidToken> {
        let Some((template, tenants)) = self.template() else {
            return if iss == self.issuer { Ok(()) } else { Err(InvalidToken::IssuerMismatch) };
        };
        let named = template.tenant_of(iss).ok_or(InvalidToken::IssuerMismatch)?;
        let claim = TENANT_CLAIM;
        let members = Members::parse(claims_json.as_bytes()).ok();
        let tenant = members.and_then(|members| members.text(claim).transpose());
        match tenant.ok_or(InvalidToken::ClaimMissing { claim })? {
            Ok(tenant) if tenant != named => Err(InvalidToken::TenantMismatch),
            Ok(tenant) if !tenants.contain(&tenant) => Err(InvalidToken::TenantNotAllowed),
            Ok(_) => Ok(()),
            Err(_) => Err(InvalidToken::ClaimMistyped { claim, expected: "a string" }),
        }
    }

    /// Whether a key that was published for `key_issuer`, a name or a template, may sign tokens of
    /// `iss`. Only issuers of many tenants have keys of several issuers in one set.
    pub(crate) fn key_fits(&self, key_issuer: Option<&str>, iss: &str) -> bool {
        let Some(key_issuer) = key_issuer.filter(|_| self.template().is_some()) else {
            return true;
        };
        match IssuerTemplate::parse(key_issuer) {
            Some(template) => template.tenant_of(iss).is_some(),
            None => key_issuer == iss,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Audiences;

    const TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";

    fn expected(issuer: &str, tenants: Option<Tenants>) -> Expectations {
        let audiences = Audiences::new(["api"]).expect("an audience");
        Expectations { tenants, ..Expectations::new(issuer, audiences) }
    }

    #[test]
    fn iss_is_the_template_filled_with_an_accepted_tid() {
        let listed = || Tenants::listed(["t-1", "t-2"]).ok();
        let of = |tenant: &str| TEMPLATE.replace("{tenantid}", tenant);
        let mistyped = Err(InvalidToken::ClaimMistyped { claim: "tid", expected: "a string" });
        let missing = Err(InvalidToken::ClaimMissing { claim: "tid" });
        let (mismatch, not_allowed) =
            (Err(InvalidToken::TenantMismatch), Err(InvalidToken::TenantNotAllowed));
        let other = Err(InvalidToken::IssuerMismatch);
        let v1 = "https://sts.windows.net/{tenantid}/";
        let of_v1 = |tenant: &str| v1.replace("{tenantid}", tenant);
        let table = [
            (TEMPLATE, listed(), of("t-1"), r#"{"tid":"t-1"}"#, Ok(())),
            (TEMPLATE, listed(), of("t-2"), r#"{"tid":"t-2"}"#, Ok(())),
            (TEMPLATE, Some(Tenants::ANY), of("x"), r#"{"tid":"x"}"#, Ok(())),
            (TEMPLATE, listed(), of("t-3"), r#"{"tid":"t-3"}"#, not_allowed.clone()),
            (TEMPLATE, listed(), of("T-1"), r#"{"tid":"T-1"}"#, not_allowed),
            (TEMPLATE, listed(), of("t-1"), r#"{"tid":"t-2"}"#, mismatch.clone()),
            (TEMPLATE, listed(), of("t-1"), r#"{"tid":"t-1/v2.0"}"#, mismatch.clone()),
            (TEMPLATE, Some(Tenants::ANY), of("x"), r#"{"tid":"y/x"}"#, mismatch.clone()),
            (TEMPLATE, Some(Tenants::ANY), of("x"), r#"{"tid":""}"#, mismatch),
            (TEMPLATE, listed(), of("t-1"), "{}", missing),
            (TEMPLATE, listed(), of("t-1"), r#"{"tid":7}"#, mistyped.clone()),
            (TEMPLATE, listed(), of("t-1"), r#"{"tid":["t-1"]}"#, mistyped.clone()),
            (TEMPLATE, listed(), of("t-1"), r#"{"tid":null}"#, mistyped),
            (TEMPLATE, listed(), TEMPLATE.to_owned(), r#"{"tid":"{tenantid}"}"#, other.clone()),
            (TEMPLATE, Some(Tenants::ANY), of("a/b"), r#"{"tid":"a/b"}"#, other.clone()),
            (TEMPLATE, Some(Tenants::ANY), of(".."), r#"{"tid":".."}"#, other.clone()),
            (TEMPLATE, listed(), format!("{}/", of("t-1")), r#"{"tid":"t-1"}"#, other.clone()),
            (TEMPLATE, listed(), of_v1("t-1"), r#"{"tid":"t-1"}"#, other.clone()),
            (v1, listed(), of_v1("t-1"), r#"{"tid":"t-1"}"#, Ok(())),
            (v1, listed(), of("t-1"), r#"{"tid":"t-1"}"#, other.clone()),
            // An issuer of one tenant, whatever the setting for others is.
            ("https://issuer.example/", listed(), "https://issuer.example/".into(), "{}", Ok(())),
            ("https://issuer.example/", None, of("t-1"), r#"{"tid":"t-1"}"#, other.clone()),
            (TEMPLATE, None, of("t-1"), r#"{"tid":"t-1"}"#, other),
        ];
        for (issuer, tenants, iss, json, verdict) in table {
            assert_eq!(expected(issuer, tenants).check_issuer(&iss, json), verdict, "{iss} {json}");
        }
    }

    #[test]
    fn a_key_is_for_the_issuer_or_the_template_it_was_published_for() {
        let of = |tenant: &str| TEMPLATE.replace("{tenantid}", tenant);
        let many = expected(TEMPLATE, Some(Tenants::ANY));
        let one = expected("https://issuer.example/", None);
        let table = [
            (&many, None, "t", true),
            (&many, Some(TEMPLATE.to_owned()), "t", true),
            (&many, Some(of("t")), "t", true),
            (&many, Some(of("other")), "t", false),
            (&many, Some("https://sts.windows.net/{tenantid}/".to_owned()), "t", false),
            (&many, Some(String::new()), "t", false),
            (&one, Some(of("other")), "t", true),
        ];
        for (expected, key, tenant, fits) in table {
            assert_eq!(expected.key_fits(key.as_deref(), &of(tenant)), fits, "{key:?}");
        }
    }
}
