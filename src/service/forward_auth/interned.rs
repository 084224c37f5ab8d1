//! Interned policies: those of policy files live as long as the process, as compiled ones do.
//!
//! Each is kept once, so that loading a file again needs memory only for what is new in it. The total
//! is limited.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Policy;
use crate::access::Requirement;

/// Memory for the policies of all files that are loaded while the process runs, in bytes: some tens of
/// thousands of different rows.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// By their description, which names everything that they are made of. Equality does not: two rules
/// are equal if they have the same name.
#[derive(Debug, Default)]
struct Interned {
    texts: HashMap<String, &'static str>,
    lists: HashMap<String, &'static [&'static str]>,
    requirements: HashMap<String, &'static [Requirement]>,
    policies: HashMap<String, &'static Policy>,
    bytes: usize,
}

static INTERNED: Mutex<Option<Interned>> = Mutex::new(None);

/// Interns a text.
///
/// # Errors
///
/// If the memory is used up.
pub(super) fn text(text: &str) -> Result<&'static str, String> {
    with(|interned| {
        let Interned { texts, bytes, .. } = interned;
        once(texts, bytes, text.to_owned(), text.len(), || Box::leak(text.into()))
    })
}

/// Interns a list of texts. Errors as [`text`].
pub(super) fn texts(list: Vec<&'static str>) -> Result<&'static [&'static str], String> {
    with(|interned| {
        let Interned { lists, bytes, .. } = interned;
        let size = size_of_val(list.as_slice());
        once(lists, bytes, format!("{list:?}"), size, || Vec::leak(list))
    })
}

/// Interns the members of a combination. Errors as [`text`].
pub(super) fn requirements(members: Vec<Requirement>) -> Result<&'static [Requirement], String> {
    with(|interned| {
        let Interned { requirements, bytes, .. } = interned;
        let size = size_of_val(members.as_slice());
        once(requirements, bytes, format!("{members:?}"), size, || Vec::leak(members))
    })
}

/// Interns a policy. Errors as [`text`].
pub(super) fn policy(policy: Policy) -> Result<&'static Policy, String> {
    with(|interned| {
        let Interned { policies, bytes, .. } = interned;
        let size = size_of_val(&policy);
        once(policies, bytes, format!("{policy:?}"), size, || Box::leak(Box::new(policy)))
    })
}

fn with<T>(action: impl FnOnce(&mut Interned) -> T) -> T {
    let mut interned: MutexGuard<'_, _> = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    action(interned.get_or_insert_default())
}

/// What is known under this key, or else a new value of this size.
fn once<T: Copy>(
    known: &mut HashMap<String, T>,
    bytes: &mut usize,
    key: String,
    size: usize,
    new: impl FnOnce() -> T,
) -> Result<T, String> {
    if let Some(value) = known.get(&key) {
        return Ok(*value);
    }
    let sum = bytes.saturating_add(key.len()).saturating_add(size);
    if sum > MAX_BYTES {
        return Err("too many different policies were loaded since the start; restart the service"
            .to_owned());
    }
    *bytes = sum;
    let value = new();
    known.insert(key, value);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{NamedGrant, NamedRule, RuleCondition};

    #[test]
    fn each_value_is_kept_once() {
        let scope = |name| Requirement::Scope(NamedGrant { name, description: "" });
        let one = text("interned-a").unwrap();
        assert!(std::ptr::eq(one, text(&String::from("interned-a")).unwrap()));
        let list = requirements(vec![scope("a"), scope("b")]).unwrap();
        assert!(std::ptr::eq(list, requirements(vec![scope("a"), scope("b")]).unwrap()));
        assert!(!std::ptr::eq(list, requirements(vec![scope("b"), scope("a")]).unwrap()));
        let all = Policy::Requires(Requirement::AllOf(list));
        assert!(std::ptr::eq(policy(all).unwrap(), policy(all).unwrap()));
    }

    #[test]
    fn rules_with_one_name_and_two_conditions_stay_two() {
        let rule = |claim| {
            let condition = RuleCondition::PathEqualsClaim { parameter: "t", claim };
            Policy::Requires(Requirement::Rule(NamedRule {
                name: "Own",
                description: "",
                condition,
            }))
        };
        let (old, new) = (policy(rule("a")).unwrap(), policy(rule("b")).unwrap());
        assert!(!std::ptr::eq(old, new), "a reload would not change the rule");
    }

    #[test]
    fn the_memory_is_limited() {
        let (mut known, mut bytes) = (HashMap::new(), MAX_BYTES - 10);
        let mut add = |key: &str| once(&mut known, &mut bytes, key.to_owned(), 1, || "");
        assert!(add("12345").is_ok());
        assert!(add("1234").is_err());
        assert!(add("12345").is_ok(), "it is known");
    }
}
