//! Issuers of many tenants: a template for their names, and the tenants that are accepted.

use derive_more::{Display, Error};

/// What a tenant's ID takes the place of in a template, as Microsoft Entra ID writes it.
const PLACEHOLDER: &str = "{tenantid}";

/// The tenants whose tokens are accepted, of an issuer whose name is a template such as
/// `https://login.microsoftonline.com/{tenantid}/v2.0`. For any other issuer they mean nothing.
///
/// ```
/// use actix_resource_server::token::Tenants;
///
/// let tenants = Tenants::listed(["72f988bf-86f1-41af-91ab-2d7cd011db47"])?;
/// assert!(tenants.contain("72f988bf-86f1-41af-91ab-2d7cd011db47"));
/// assert!(!tenants.contain("00000000-0000-0000-0000-000000000000"));
/// # Ok::<(), actix_resource_server::token::InvalidTenant>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenants(Option<Vec<String>>);

/// A tenant's ID is not one segment of a path, or there is none. The operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("a tenant ID consists of letters, digits, dots, hyphens and underscores")]
pub struct InvalidTenant;

impl Tenants {
    /// Every tenant. Anyone can have a tenant at most issuers, so rules must decide who may call.
    pub const ANY: Self = Self(None);

    /// These tenants, compared by code point.
    ///
    /// # Errors
    ///
    /// [`InvalidTenant`] if there is none, or one is not an ID.
    pub fn listed<T: Into<String>>(
        ids: impl IntoIterator<Item = T>,
    ) -> Result<Self, InvalidTenant> {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        if ids.is_empty() || !ids.iter().all(|id| is_tenant_id(id)) {
            return Err(InvalidTenant);
        }
        Ok(Self(Some(ids)))
    }

    /// Whether tokens of this tenant are accepted.
    pub fn contain(&self, id: &str) -> bool {
        self.0.as_ref().is_none_or(|ids| ids.iter().any(|listed| listed == id))
    }

    /// The listed tenants; none for every tenant.
    pub fn ids(&self) -> Option<&[String]> {
        self.0.as_deref()
    }
}

/// A name of an issuer with a placeholder for the tenant's ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IssuerTemplate<'a> {
    before: &'a str,
    after: &'a str,
}

impl<'a> IssuerTemplate<'a> {
    /// Reads a template; none if the text has no placeholder, or several.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let place = text.to_ascii_lowercase().find(PLACEHOLDER)?;
        let (before, rest) = text.split_at_checked(place)?;
        let (_, after) = rest.split_at_checked(PLACEHOLDER.len())?;
        let is_only = !after.contains(['{', '}']) && !before.contains(['{', '}']);
        is_only.then_some(Self { before, after })
    }

    /// The tenant whose issuer has this name, if it is one of the template.
    pub(crate) fn tenant_of(self, issuer: &'a str) -> Option<&'a str> {
        let tenant = issuer.strip_prefix(self.before)?.strip_suffix(self.after)?;
        is_tenant_id(tenant).then_some(tenant)
    }
}

/// Whether the name differs from `base` in one segment of its path, as that of a tenant differs from
/// the address at which the metadata of all tenants is published (`…/common/v2.0`).
pub(crate) fn may_be_of_tenant(base: &str, issuer: &str) -> bool {
    if let Some(template) = IssuerTemplate::parse(base) {
        return template.tenant_of(issuer).is_some();
    }
    // Scheme, an empty part and the host come before the path.
    const BEFORE_PATH: usize = 3;
    let parts = |text: &str| -> Vec<String> {
        text.strip_suffix('/').unwrap_or(text).split('/').map(str::to_owned).collect()
    };
    let (base, issuer) = (parts(base), parts(issuer));
    if base.len() != issuer.len() {
        return false;
    }
    let differing = || (0..).zip(base.iter().zip(&issuer)).filter(|(_, (one, other))| one != other);
    differing().count() == 1
        && differing().all(|(place, (_, part))| place >= BEFORE_PATH && is_tenant_id(part))
}

/// Whether the text is one segment of a path that no reader takes for anything else.
fn is_tenant_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && text.len() <= 128 && text.bytes().all(is_plain) && !text.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";

    #[test]
    fn listed_tenants_can_be_read_again() {
        let listed = Tenants::listed(["a", "b"]).expect("tenants");
        assert_eq!(listed.ids(), Some(&["a".to_owned(), "b".to_owned()][..]));
        assert_eq!(Tenants::ANY.ids(), None);
    }

    #[test]
    fn a_name_may_be_that_of_a_tenant_if_one_segment_differs() {
        let table = [
            ("https://a.example/common/v2.0", "https://a.example/t/v2.0", true),
            ("https://a.example/common/v2.0", "https://a.example/t/v2.0/", true),
            ("https://a.example/common/", "https://a.example/t/", true),
            (TEMPLATE, "https://login.microsoftonline.com/t/v2.0", true),
            ("https://a.example/common/v2.0", "https://a.example/common/v2.0", false),
            ("https://a.example/common/v2.0", "https://b.example/common/v2.0", false),
            ("https://a.example/common/v2.0", "http://a.example/common/v2.0", false),
            ("https://a.example/common/v2.0", "https://a.example/t/v1.0", false),
            ("https://a.example/common/v2.0", "https://a.example/t", false),
            ("https://a.example/common/v2.0", "https://a.example/t?x/v2.0", false),
            ("https://a.example", "https://b.example", false),
            ("", "", false),
            ("a", "b", false),
        ];
        for (base, issuer, expected) in table {
            assert_eq!(may_be_of_tenant(base, issuer), expected, "{base} {issuer}");
        }
    }

    #[test]
    fn a_template_has_one_placeholder_and_a_list_has_ids() {
        let is_template = |text| IssuerTemplate::parse(text).is_some();
        assert!(is_template("https://a.example/{TenantId}/") && is_template("{tenantid}"));
        for text in ["https://a.example/", "{tenantid}{tenantid}", "{x}/{tenantid}", "{tid}", ""] {
            assert!(!is_template(text), "{text}");
        }
        for ids in [&[][..], &[""], &["a", ""], &["a/b"], &["a b"], &[".."], &["{tenantid}"]] {
            assert_eq!(Tenants::listed(ids.iter().copied()), Err(InvalidTenant), "{ids:?}");
        }
    }
}
