//! Results of lookups, remembered within bounds. Pure: times in.

use std::collections::{HashMap, VecDeque};

use super::ResolverLimits;
use crate::token::MonotonicTime;

/// What is known about an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known<T> {
    Trusted(T),
    Untrusted,
    /// The last lookup failed recently.
    Unavailable,
    /// It must be looked up.
    Nothing,
}

/// Results of lookups by `iss`. What is not trusted never displaces what is.
#[derive(Debug)]
pub(super) struct KnownIssuers<T> {
    limits: ResolverLimits,
    trusted: HashMap<String, Trusted<T>>,
    others: HashMap<String, Other>,
    /// The others in the order in which they came; some are gone or came again.
    order: VecDeque<(u64, String)>,
    /// Counts uses and entries.
    turn: u64,
}

#[derive(Debug)]
struct Trusted<T> {
    issuer: T,
    until: MonotonicTime,
    /// The turn of its last use.
    used: u64,
}

#[derive(Debug)]
struct Other {
    is_failure: bool,
    until: MonotonicTime,
    turn: u64,
}

impl<T: Clone> KnownIssuers<T> {
    pub(super) fn new(limits: ResolverLimits) -> Self {
        let order = VecDeque::new();
        Self { limits, trusted: HashMap::new(), others: HashMap::new(), order, turn: 0 }
    }

    pub(super) fn get(&mut self, iss: &str, now: MonotonicTime) -> Known<T> {
        self.turn = self.turn.wrapping_add(1);
        if let Some(known) = self.trusted.get_mut(iss)
            && now < known.until
        {
            known.used = self.turn;
            return Known::Trusted(known.issuer.clone());
        }
        match self.others.get(iss) {
            Some(other) if now < other.until && other.is_failure => Known::Unavailable,
            Some(other) if now < other.until => Known::Untrusted,
            _ => Known::Nothing,
        }
    }

    /// The trusted issuer, even past its lifetime.
    pub(super) fn last(&self, iss: &str) -> Option<T> {
        self.trusted.get(iss).map(|known| known.issuer.clone())
    }

    /// Remembers the result of a lookup: an issuer, none, or that it failed.
    pub(super) fn put(&mut self, iss: String, result: Result<Option<T>, ()>, now: MonotonicTime) {
        self.turn = self.turn.wrapping_add(1);
        let limits = self.limits;
        match result {
            Ok(Some(issuer)) => {
                self.others.remove(&iss);
                if !self.trusted.contains_key(&iss) && self.trusted.len() >= limits.trusted {
                    self.forget_least_used();
                }
                let until = now.plus(limits.trusted_lifetime);
                let known = Trusted { issuer, until, used: self.turn };
                if limits.trusted > 0 {
                    self.trusted.insert(iss, known);
                }
            }
            Ok(None) => {
                self.trusted.remove(&iss);
                self.put_other(iss, false, now.plus(limits.untrusted_lifetime));
            }
            // Past its lifetime, the issuer is not trusted until the resolver says so again.
            Err(()) => self.put_other(iss, true, now.plus(limits.failure_pause)),
        }
    }

    fn put_other(&mut self, iss: String, is_failure: bool, until: MonotonicTime) {
        let turn = self.turn;
        self.order.push_back((turn, iss.clone()));
        self.others.insert(iss, Other { is_failure, until, turn });
        while self.order.len() > self.limits.untrusted {
            let Some((turn, oldest)) = self.order.pop_front() else { return };
            if self.others.get(&oldest).is_some_and(|other| other.turn == turn) {
                self.others.remove(&oldest);
            }
        }
    }

    fn forget_least_used(&mut self) {
        let least = self.trusted.iter().min_by_key(|(_, known)| known.used);
        if let Some(least) = least.map(|(iss, _)| iss.clone()) {
            self.trusted.remove(&least);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::token::at;

    fn known_issuers<T: Clone>() -> KnownIssuers<T> {
        KnownIssuers::new(ResolverLimits {
            trusted: 2,
            trusted_lifetime: Duration::from_secs(10),
            untrusted: 3,
            untrusted_lifetime: Duration::from_secs(5),
            failure_pause: Duration::from_secs(1),
            ..ResolverLimits::default()
        })
    }

    #[test]
    fn results_are_known_for_their_lifetimes() {
        let mut known = known_issuers();
        known.put("a".to_owned(), Ok(Some(1)), at(0));
        known.put("b".to_owned(), Ok(None), at(0));
        known.put("c".to_owned(), Err(()), at(0));
        let table = [
            ("a", 9, Known::Trusted(1)),
            ("a", 10, Known::Nothing),
            ("b", 4, Known::Untrusted),
            ("b", 5, Known::Nothing),
            ("c", 0, Known::Unavailable),
            ("c", 1, Known::Nothing),
            ("d", 0, Known::Nothing),
        ];
        for (iss, now, expected) in table {
            assert_eq!(known.get(iss, at(now)), expected, "{iss} at {now}");
        }
        assert_eq!(known.last("a"), Some(1), "to be used again if nothing changed");
    }

    #[test]
    fn an_issuer_that_is_no_longer_trusted_is_forgotten_at_once() {
        let mut known = known_issuers();
        known.put("a".to_owned(), Ok(Some(1)), at(0));
        known.put("a".to_owned(), Ok(None), at(10));
        assert_eq!((known.get("a", at(10)), known.last("a")), (Known::Untrusted, None));
        known.put("a".to_owned(), Ok(Some(2)), at(15));
        assert_eq!(known.get("a", at(15)), Known::Trusted(2));
    }

    #[test]
    fn made_up_names_displace_each_other_and_nothing_else() {
        let mut known = known_issuers();
        known.put("a".to_owned(), Ok(Some(1)), at(0));
        known.put("b".to_owned(), Ok(Some(2)), at(0));
        for made_up in 0..1000 {
            known.put(format!("x{made_up}"), Ok(None), at(0));
        }
        assert_eq!(known.get("x999", at(0)), Known::Untrusted);
        assert_eq!(known.get("x996", at(0)), Known::Nothing);
        assert_eq!((known.others.len(), known.order.len()), (3, 3));
        assert_eq!(known.get("a", at(0)), Known::Trusted(1));
        known.put("c".to_owned(), Ok(Some(3)), at(0));
        assert_eq!(known.get("b", at(0)), Known::Nothing, "unused for the longest time");
        assert_eq!(known.get("a", at(0)), Known::Trusted(1));
    }

    /// The same in a list that forgets nothing but what is said here.
    #[derive(Default)]
    struct Model {
        entries: Vec<(String, Result<Option<u8>, ()>, u64)>,
    }

    impl Model {
        fn get(&self, iss: &str, now: u64) -> Known<u8> {
            match self.entries.iter().rfind(|(name, ..)| name == iss) {
                Some((_, Ok(Some(issuer)), since)) if now < since + 10 => Known::Trusted(*issuer),
                Some((_, Ok(None), since)) if now < since + 5 => Known::Untrusted,
                Some((_, Err(()), since)) if now < since + 1 => Known::Unavailable,
                _ => Known::Nothing,
            }
        }
    }

    proptest! {
        /// A result is never invented or outlived, and the bounds hold; within them nothing is lost.
        #[test]
        fn nothing_is_known_that_a_lookup_did_not_say(
            steps in prop::collection::vec((0_u8..6, 0_u8..3, 0_u64..4), 1..80),
        ) {
            let mut known = known_issuers();
            let (mut model, mut now) = (Model::default(), 0);
            for (name, result, pause) in steps {
                now += pause;
                let iss = format!("i{name}");
                let before = known.get(&iss, at(now));
                let expected = model.get(&iss, now);
                prop_assert!(before == expected || before == Known::Nothing, "{before:?} {expected:?}");
                // Only what is not known is looked up.
                if before == Known::Nothing {
                    let result = match result {
                        0 => Ok(Some(name)),
                        1 => Ok(None),
                        _ => Err(()),
                    };
                    known.put(iss.clone(), result, at(now));
                    model.entries.push((iss.clone(), result, now));
                    prop_assert_eq!(known.get(&iss, at(now)), model.get(&iss, now));
                }
                prop_assert!(known.trusted.len() <= 2 && known.others.len() <= 3);
                prop_assert!(known.order.len() <= 3);
            }
        }
    }
}
