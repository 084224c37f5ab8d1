//! Decisions: whether a policy admits a token, and what is missing if not.

use super::Policy;
use super::authentication::AuthenticationRequirement;
use super::input::PolicyInput;
use super::requirement::Requirement;

/// What a token lacks for a policy. Under `AnyOf` it is what the alternative lacks that lacks least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    missing: Vec<Requirement>,
    authentication: Vec<AuthenticationRequirement>,
}

/// What kind of thing is missing, the easiest to obtain first. The hardest decides the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ShortfallKind {
    /// Only a stronger or more recent sign-in: 401 `insufficient_user_authentication` (RFC 9470).
    Authentication,
    /// A token that is bound to its sender: 401 `invalid_token`.
    Binding,
    /// A scope, permission or role, or a rule is not met: 403 `insufficient_scope`.
    Grant,
}

impl Policy {
    /// Whether a valid token is admitted.
    pub fn admits(&self, input: &PolicyInput<'_>) -> bool {
        self.requirement().is_none_or(|requirement| requirement.is_met(input))
    }

    /// Admits a valid token, or says what it lacks.
    ///
    /// # Errors
    ///
    /// [`Shortfall`] if the token does not meet the policy's requirement.
    pub fn decide(&self, input: &PolicyInput<'_>) -> Result<(), Shortfall> {
        match self.requirement() {
            Some(requirement) if !requirement.is_met(input) => {
                Err(Shortfall::of(requirement, input))
            }
            _ => Ok(()),
        }
    }
}

impl Shortfall {
    /// The single requirements that are not met, in the order of the declaration.
    pub fn missing(&self) -> &[Requirement] {
        &self.missing
    }

    /// What decides the response: the hardest to obtain of what is missing.
    pub fn kind(&self) -> ShortfallKind {
        self.missing.iter().map(kind).max().unwrap_or(ShortfallKind::Grant)
    }

    /// The `acr` values to ask the authorization server for, in order of preference.
    pub fn acr_values(&self) -> Vec<&'static str> {
        let demands = || self.authentication.iter().map(|one| one.acr_values);
        let named = || demands().flatten().copied();
        let suits = |acr: &&str, demand: &[&str]| demand.is_empty() || demand.contains(acr);
        let suits_all = |acr: &&str| demands().all(|demand| suits(acr, demand));
        // Values that meet every demand, or else all that are named.
        let some_suit_all = named().any(|acr| suits_all(&acr));
        let mut values = Vec::new();
        for acr in named().filter(|acr| !some_suit_all || suits_all(acr)) {
            if !values.contains(&acr) {
                values.push(acr);
            }
        }
        values
    }

    /// The longest time since the sign-in that is accepted, in seconds.
    pub fn max_age(&self) -> Option<u32> {
        self.authentication.iter().filter_map(|one| one.max_age).min()
    }

    fn of(requirement: &Requirement, input: &PolicyInput<'_>) -> Self {
        match requirement {
            Requirement::AllOf(members) => {
                let mut all = Self { missing: Vec::new(), authentication: Vec::new() };
                for member in members.iter().map(|member| Self::of(member, input)) {
                    all.missing.extend(member.missing);
                    all.authentication.extend(member.authentication);
                }
                all
            }
            Requirement::AnyOf(members) => members
                .iter()
                .map(|member| Self::of(member, input))
                .min_by_key(|member| (member.missing.len(), member.hardest()))
                .unwrap_or_else(|| Self {
                    missing: vec![*requirement],
                    authentication: Vec::new(),
                }),
            single => Self {
                missing: if single.is_met(input) { Vec::new() } else { vec![*single] },
                // Met requirements count too: the next sign-in must meet them again.
                authentication: match single {
                    Requirement::Authentication(authentication) => vec![*authentication],
                    _ => Vec::new(),
                },
            },
        }
    }

    fn hardest(&self) -> Option<ShortfallKind> {
        self.missing.iter().map(kind).max()
    }
}

fn kind(requirement: &Requirement) -> ShortfallKind {
    match requirement {
        Requirement::Authentication(_) => ShortfallKind::Authentication,
        Requirement::Bound => ShortfallKind::Binding,
        _ => ShortfallKind::Grant,
    }
}
