//! Parser of JWK Sets: unusable keys are skipped, each with a reason (RFC 7517 section 5).

use serde_json::value::RawValue;

use crate::token::json::{Members, without_byte_order_mark};
use crate::token::json_web_key::{Spelling, read_key};
use crate::token::key::VerificationKey;
use crate::token::key_rules::KeyRules;
use crate::token::key_set_fault::{KeySetFault, SkipReason, SkippedKey};
use crate::token::printable::Printable;

/// How many skipped keys are listed one by one.
const MOST_LISTED: usize = 64;

pub(super) fn read_set(
    json: &[u8],
    rules: KeyRules,
) -> Result<(Vec<VerificationKey>, Vec<SkippedKey>), KeySetFault> {
    let members = Members::parse(without_byte_order_mark(json))
        .map_err(|fault| KeySetFault::Malformed { fault })?;
    let entries: Vec<&RawValue> = members.read("keys").ok().flatten().ok_or(KeySetFault::NoKeys)?;
    let mut keys: Vec<VerificationKey> = Vec::new();
    let mut skipped = Skipped::default();
    for (place, entry) in entries.iter().enumerate() {
        if keys.len() >= rules.max_keys {
            let id = Printable::new(&format!("number {} and later", place.saturating_add(1)));
            let reason = SkipReason::BeyondLimit { limit: rules.max_keys };
            skipped.listed.push(SkippedKey { id, reason });
            break;
        }
        match read_key(entry.get().as_bytes(), rules, Spelling::Lenient) {
            Ok(key) if keys.contains(&key) => skipped.add(entry, place, SkipReason::Duplicate),
            Ok(key) => keys.push(key),
            Err(reason) => skipped.add(entry, place, reason),
        }
    }
    let skipped = skipped.into_list();
    if keys.is_empty() {
        return Err(KeySetFault::NoUsableKey { skipped });
    }
    Ok((keys, skipped))
}

#[derive(Default)]
struct Skipped {
    listed: Vec<SkippedKey>,
    others: usize,
}

impl Skipped {
    fn add(&mut self, entry: &RawValue, place: usize, reason: SkipReason) {
        if self.listed.len() >= MOST_LISTED {
            self.others = self.others.saturating_add(1);
            return;
        }
        let id = Members::parse(entry.get().as_bytes())
            .ok()
            .and_then(|members| members.string("kid").ok().flatten())
            .unwrap_or_else(|| format!("number {}", place.saturating_add(1)));
        self.listed.push(SkippedKey { id: Printable::new(&id), reason });
    }

    fn into_list(mut self) -> Vec<SkippedKey> {
        if self.others > 0 {
            let id = Printable::new(&format!("and {} others", self.others));
            self.listed.push(SkippedKey { id, reason: SkipReason::Unlisted });
        }
        self.listed
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::algorithm::Algorithms;
    use crate::token::json::JsonFault;

    /// RFC 8037 appendix A.2 and RFC 7517 appendix A.1.
    fn ed25519(kid: &str) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": kid,
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    fn p256() -> Value {
        json!({"kty": "EC", "crv": "P-256", "kid": "p",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"})
    }

    fn read(json: &str) -> Result<(usize, Vec<String>), KeySetFault> {
        let (keys, skipped) = read_set(json.as_bytes(), Algorithms::DEFAULT.into())?;
        Ok((keys.len(), skipped.iter().map(ToString::to_string).collect()))
    }

    fn set(keys: Vec<Value>) -> String {
        json!({"keys": keys, "other": 1}).to_string()
    }

    #[test]
    fn unusable_keys_are_skipped_for_their_reasons() {
        let mut encryption = p256();
        encryption["use"] = "enc".into();
        let keys = vec![json!({"kty": "PQC"}), json!(7), p256(), encryption, p256(), ed25519("e")];
        let (count, skipped) = read(&set(keys)).expect("two keys");
        assert_eq!(count, 2, "RFC 7517 5");
        assert_eq!(
            skipped,
            [
                "key number 1: its type or curve is not supported",
                "key number 2: it cannot be read: not one JSON object",
                "key p: it is not meant for verifying signatures",
                "key p: it is in the set more than once",
            ]
        );
    }

    #[test]
    fn a_set_without_a_usable_key_is_a_fault() {
        let malformed = |fault| Err(KeySetFault::Malformed { fault });
        assert_eq!(read("<html>"), malformed(JsonFault::NotAnObject));
        assert_eq!(read(r#"{"keys":[],"keys":[]}"#), malformed(JsonFault::DuplicateMember));
        assert_eq!(read("{}"), Err(KeySetFault::NoKeys));
        assert_eq!(read(r#"{"keys":{}}"#), Err(KeySetFault::NoKeys));
        assert_eq!(read(r#"{"keys":[]}"#), Err(KeySetFault::NoUsableKey { skipped: vec![] }));
    }

    #[test]
    fn the_first_usable_keys_of_a_long_set_are_read() {
        let junk = || json!({"kty": "PQC"});
        let usable = |count: usize| (0..count).map(|n| ed25519(&n.to_string()));
        let after = |junk_first: usize, count: usize| {
            let keys = std::iter::repeat_with(junk).take(junk_first).chain(usable(count));
            read(&set(keys.collect())).map(|(count, skipped)| (count, skipped.len()))
        };
        assert_eq!(after(0, 64), Ok((64, 0)));
        assert_eq!(after(0, 65), Ok((64, 1)));
        assert_eq!(after(0, 500), Ok((64, 1)));
        assert_eq!(after(64, 64), Ok((64, 64)), "unusable keys do not count");
        assert_eq!(after(1000, 1), Ok((1, 65)), "and are not all listed");
        assert!(after(1000, 0).is_err(), "none of them is usable");
        let all = set(usable(65).collect());
        let (keys, _) = read_set(all.as_bytes(), Algorithms::DEFAULT.into()).expect("keys");
        let names: Vec<_> = keys.iter().filter_map(VerificationKey::id).collect();
        assert_eq!((names.first(), names.last()), (Some(&"0"), Some(&"63")), "the first 64");
        let (_, skipped) = read(&set(usable(65).collect())).expect("keys");
        assert_eq!(skipped, ["key number 65 and later: only the first 64 usable keys are read"]);
    }

    #[test]
    fn a_byte_order_mark_before_the_set_is_ignored() {
        let json = set(vec![p256()]);
        assert!(read(&format!("\u{feff}{json}")).is_ok());
        assert!(read(&format!("\u{feff}\u{feff}{json}")).is_err());
        assert!(read(&format!(" \u{feff}{json}")).is_err());
    }

    #[test]
    fn two_keys_with_one_kid_are_both_read() {
        let mut other = p256();
        other["kid"] = "e".into();
        assert_eq!(read(&set(vec![ed25519("e"), other.clone(), other])).map(|(n, _)| n), Ok(2));
    }
}
