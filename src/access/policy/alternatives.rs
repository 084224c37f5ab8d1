//! Alternative sets of scopes that satisfy a policy, as far as scopes go.

use super::Policy;
use super::requirement::Requirement;

/// The sets of scopes of which a token must grant one, each in the order of the declaration.
///
/// Everything that is not a scope counts as met, so that each set is the least that a client must
/// request. So does the binding of a token if `is_bound`; if not, the sets are those for tokens that
/// are not bound to their sender, and there may be none.
pub(in crate::access) fn alternatives(policy: &Policy, is_bound: bool) -> Vec<Vec<&'static str>> {
    match policy.requirement() {
        Some(requirement) => of(requirement, is_bound),
        None => vec![Vec::new()],
    }
}

/// The disjunctive normal form of a requirement.
fn of(requirement: &Requirement, is_bound: bool) -> Vec<Vec<&'static str>> {
    match requirement {
        Requirement::Scope(scope) => vec![vec![scope.name]],
        Requirement::Bound if !is_bound => Vec::new(),
        Requirement::Permission(_)
        | Requirement::Role(_)
        | Requirement::Rule(_)
        | Requirement::Authentication(_)
        | Requirement::Bound
        | Requirement::Fresh => vec![Vec::new()],
        Requirement::AnyOf(members) => {
            members.iter().flat_map(|member| of(member, is_bound)).collect()
        }
        Requirement::AllOf(members) => {
            let mut combined = vec![Vec::new()];
            for member in *members {
                let choices = of(member, is_bound);
                combined = combined
                    .iter()
                    .flat_map(|before| choices.iter().map(move |choice| join(before, choice)))
                    .collect();
            }
            combined
        }
    }
}

fn join(a: &[&'static str], b: &[&'static str]) -> Vec<&'static str> {
    let mut joined = a.to_vec();
    joined.extend(b.iter().filter(|scope| !a.contains(scope)));
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AnyOf, Authorized, Bound, Claims, Guard, Scoped};

    crate::scopes! { A = "a"; B = "b"; C = "c"; }
    crate::permissions! { P = "p"; }

    #[test]
    fn nested_requirements_become_alternatives() {
        let table = [
            (<Claims>::POLICY, vec![vec![]]),
            (<Scoped<A>>::POLICY, vec![vec!["a"]]),
            (<Scoped<(A, B, A)>>::POLICY, vec![vec!["a", "b"]]),
            (<Scoped<AnyOf<(A, B)>>>::POLICY, vec![vec!["a"], vec!["b"]]),
            (<Scoped<AnyOf<((A, B), C)>>>::POLICY, vec![vec!["a", "b"], vec!["c"]]),
            (<Scoped<(A, AnyOf<(B, C)>)>>::POLICY, vec![vec!["a", "b"], vec!["a", "c"]]),
            (<Authorized<(P, A)>>::POLICY, vec![vec!["a"]]),
            (<Authorized<AnyOf<(P, A)>>>::POLICY, vec![vec![], vec!["a"]]),
        ];
        for (policy, expected) in table {
            assert_eq!(alternatives(&policy, true), expected, "{policy}");
            assert_eq!(alternatives(&policy, false), expected, "{policy}");
        }
    }

    #[test]
    fn what_needs_a_bound_token_is_no_alternative_for_others() {
        type Row = (Policy, Vec<Vec<&'static str>>, Vec<Vec<&'static str>>);
        let table: [Row; 3] = [
            (<Authorized<Bound>>::POLICY, vec![vec![]], vec![]),
            (<Authorized<(Bound, A)>>::POLICY, vec![vec!["a"]], vec![]),
            (
                <Authorized<AnyOf<((Bound, A), B)>>>::POLICY,
                vec![vec!["a"], vec!["b"]],
                vec![vec!["b"]],
            ),
        ];
        for (policy, bound, unbound) in table {
            assert_eq!(alternatives(&policy, true), bound, "{policy}");
            assert_eq!(alternatives(&policy, false), unbound, "{policy}");
        }
    }
}
