//! Keys of one issuer, and the search for the key of a token.

mod candidates;
mod reader;
mod signature_checks;

use std::collections::HashMap;

pub(crate) use self::candidates::Candidates;
pub(crate) use self::signature_checks::SignatureChecks;
use super::algorithm::Algorithm;
use super::header::Header;
use super::invalid_token::InvalidToken;
use super::key::VerificationKey;
use super::key_rules::KeyRules;
use super::key_set_fault::{KeySetFault, KeySetWarning, SkippedKey};
use super::printable::Printable;

/// The verification keys of one issuer.
///
/// ```
/// use actix_resource_server::token::{Algorithms, KeySet};
///
/// let json = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","use":"sig",
///     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let (keys, skipped) = KeySet::from_json(json, Algorithms::DEFAULT)?;
/// assert_eq!(keys.len(), 1);
/// assert!(skipped.is_empty());
/// # Ok::<(), actix_resource_server::token::KeySetFault>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
    by_id: HashMap<String, Vec<usize>>,
    without_id: Vec<usize>,
}

impl KeySet {
    /// How many keys are read from a set by default.
    pub const MAX_KEYS: usize = 64;

    /// A set of these keys.
    pub fn new(keys: Vec<VerificationKey>) -> Self {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        let mut without_id = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            match key.id() {
                Some(id) => by_id.entry(id.to_owned()).or_default().push(place),
                None => without_id.push(place),
            }
        }
        Self { keys, by_id, without_id }
    }

    /// Reads a JWK Set (RFC 7517 section 5): its first 64 usable keys, or as many as the rules
    /// allow. The second value lists the skipped keys, each with its reason.
    ///
    /// # Errors
    ///
    /// [`KeySetFault`] if the bytes are not a JWK Set, or contain no usable key. The issuer is at
    /// fault.
    pub fn from_json(
        json: &[u8],
        rules: impl Into<KeyRules>,
    ) -> Result<(Self, Vec<SkippedKey>), KeySetFault> {
        let (keys, skipped) = reader::read_set(json, rules.into())?;
        Ok((Self::new(keys), skipped))
    }

    /// The number of keys.
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether the set has no key.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys in the order of the set.
    pub fn iter(&self) -> impl Iterator<Item = &VerificationKey> {
        self.keys.iter()
    }

    /// Whether a key has this `kid`.
    pub(crate) fn has_id(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// What makes it harder to find the key of a token, without being an error.
    pub fn warnings(&self) -> Vec<KeySetWarning> {
        let mut groups: Vec<(Option<&str>, Algorithm, usize)> = Vec::new();
        for key in &self.keys {
            let group = groups
                .iter_mut()
                .find(|(id, algorithm, _)| *id == key.id() && *algorithm == key.algorithm());
            match group {
                Some((.., count)) => *count = count.saturating_add(1),
                None => groups.push((key.id(), key.algorithm(), 1)),
            }
        }
        let shared = groups.into_iter().filter(|(.., count)| *count > 1);
        shared
            .map(|(id, algorithm, count)| match id.map(Printable::new) {
                Some(id) => KeySetWarning::SharedId { id, algorithm, count },
                None => KeySetWarning::WithoutId { algorithm, count },
            })
            .collect()
    }

    /// The keys that may have signed a token with this header.
    ///
    /// A `kid` selects the keys of this name, or else those without a name. Without a `kid`, every
    /// key for the algorithm may have. `x5t` and `x5t#S256` narrow the choice where they match.
    ///
    /// # Errors
    ///
    /// [`InvalidToken::UnknownKey`] or [`InvalidToken::KeyForAnotherAlgorithm`].
    pub(crate) fn candidates(&self, header: &Header) -> Result<Candidates<'_>, InvalidToken> {
        let algorithm = header.algorithm();
        let at = |places: &'_ [usize]| {
            let keys = places.iter().filter_map(|place| self.keys.get(*place));
            Candidates::among(keys, header)
        };
        let unknown = |id| InvalidToken::UnknownKey { kid: Printable::new(id) };
        let Some(id) = header.key_id() else {
            return Candidates::among(self.keys.iter(), header).ok_or_else(|| unknown("(no kid)"));
        };
        match self.by_id.get(id) {
            Some(named) => at(named).ok_or_else(|| InvalidToken::KeyForAnotherAlgorithm {
                algorithm,
                kid: Printable::new(id),
            }),
            None => at(&self.without_id).ok_or_else(|| unknown(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Algorithm::{Hs256, Hs384, Hs512};

    fn key(id: Option<&str>, algorithm: Algorithm, seed: u8) -> VerificationKey {
        VerificationKey::from_secret(algorithm, &[seed; 64])
            .expect("long enough")
            .with_id(id.map(ToOwned::to_owned))
    }

    fn header(algorithm: &str, kid: Option<&str>) -> Header {
        let kid = kid.map(|kid| format!(",\"kid\":\"{kid}\"")).unwrap_or_default();
        with(algorithm, &kid)
    }

    fn with(algorithm: &str, more: &str) -> Header {
        let text = format!("{{\"alg\":\"{algorithm}\"{more}}}");
        Header::parse(text.as_bytes()).map(|(header, _)| header).expect("a header")
    }

    #[test]
    fn a_key_is_found_by_kid_and_algorithm_together() {
        let keys = KeySet::new(vec![
            key(Some("a"), Hs256, 1),
            key(Some("b"), Hs256, 2),
            key(Some("b"), Hs384, 3),
            key(None, Hs512, 4),
        ]);
        let unknown = |kid| InvalidToken::UnknownKey { kid: Printable::new(kid) };
        let other = |algorithm, kid| InvalidToken::KeyForAnotherAlgorithm {
            algorithm,
            kid: Printable::new(kid),
        };
        let table = [
            (header("HS256", Some("a")), Ok(vec![1])),
            (header("HS256", Some("b")), Ok(vec![2])),
            (header("HS384", Some("b")), Ok(vec![3])),
            (header("HS384", Some("a")), Err(other(Hs384, "a"))),
            (header("HS512", Some("b")), Err(other(Hs512, "b"))),
            (header("HS512", Some("whatever")), Ok(vec![4])),
            (header("HS512", Some("")), Ok(vec![4])),
            (header("HS256", Some("A")), Err(unknown("A"))),
            (header("HS256", Some("")), Err(unknown(""))),
            (header("HS512", None), Ok(vec![4])),
            (header("HS384", None), Ok(vec![3])),
            (header("HS256", None), Ok(vec![1, 2])),
            (header("RS256", None), Err(unknown("(no kid)"))),
        ];
        for (header, expected) in table {
            assert_eq!(found(&keys, &header), expected, "RFC 7515 4.1.4: {header:?}");
        }
    }

    /// The candidates by their numbers, from 1.
    fn found(keys: &KeySet, header: &Header) -> Result<Vec<usize>, InvalidToken> {
        let number = |found: &VerificationKey| {
            keys.iter().position(|key| std::ptr::eq(key, found)).map_or(0, |place| place + 1)
        };
        keys.candidates(header).map(|candidates| candidates.iter().map(number).collect())
    }

    #[test]
    fn keys_with_one_kid_or_without_are_tried_four_at_most() {
        let named = |count: u8| (0..count).map(|seed| key(Some("k"), Hs256, seed));
        let unnamed = |count: u8| (10..10 + count).map(|seed| key(None, Hs256, seed));
        let keys = KeySet::new(named(2).chain(unnamed(3)).collect());
        assert_eq!(found(&keys, &header("HS256", Some("k"))), Ok(vec![1, 2]));
        assert_eq!(found(&keys, &header("HS256", Some("x"))), Ok(vec![3, 4, 5]));
        assert_eq!(found(&keys, &header("HS256", None)), Ok(vec![1, 2, 3, 4]));
        let warnings: Vec<_> = keys.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            [
                "2 keys for HS256 have the kid k, so each token may need several signature checks",
                "3 keys for HS256 have no kid, so each token may need several signature checks",
            ]
        );
        assert!(KeySet::new(vec![key(None, Hs256, 1), key(None, Hs384, 1)]).warnings().is_empty());
    }

    #[test]
    fn a_certificate_hash_selects_among_candidates_only() {
        use crate::token::certificate_hashes::CertificateHashes;
        use crate::token::json::Members;

        let certified = |id, seed, x5t: &str| {
            let text = format!(r#"{{"x5t":"{x5t}"}}"#);
            let members = Members::parse(text.as_bytes()).expect("an object");
            key(id, Hs256, seed).with_certificate(CertificateHashes::of_jwk(&members))
        };
        let keys = KeySet::new(vec![
            certified(Some("a"), 1, "one"),
            certified(Some("b"), 2, "two"),
            certified(Some("b"), 3, "three"),
            key(Some("four"), Hs256, 4),
        ]);
        let table = [
            (r#","x5t":"two""#, Ok(vec![2])),
            (r#","x5t":"four""#, Ok(vec![4])),
            (r#","x5t":"other""#, Ok(vec![1, 2, 3, 4])),
            (r#","kid":"b","x5t":"three""#, Ok(vec![3])),
            (r#","kid":"b","x5t":"one""#, Ok(vec![2, 3])),
            (r#","kid":"a","x5t":"two""#, Ok(vec![1])),
        ];
        for (more, expected) in table {
            assert_eq!(found(&keys, &with("HS256", more)), expected, "RFC 7515 4.1.7: {more}");
        }
        let unknown = InvalidToken::UnknownKey { kid: Printable::new("c") };
        assert_eq!(found(&keys, &with("HS256", r#","kid":"c","x5t":"one""#)), Err(unknown));
    }
}
