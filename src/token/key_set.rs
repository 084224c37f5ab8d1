//! The keys of one issuer, and how a token's key is found among them.

use std::collections::HashMap;

use super::algorithm::{Algorithm, Algorithms};
use super::header::Header;
use super::invalid_token::InvalidToken;
use super::json_web_key;
use super::key::VerificationKey;
use super::key_set_fault::{KeySetFault, SkippedKey};
use super::printable::Printable;

/// The verification keys of one issuer.
///
/// ```
/// use actix_resource_server::token::{Algorithms, KeySet};
///
/// let json = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","use":"sig",
///     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let (keys, skipped) = KeySet::from_json(json, Algorithms::ASYMMETRIC)?;
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
    /// How many keys a set may hold, unless another number is given.
    pub const MOST_KEYS: usize = 64;

    /// The keys given. Of several with the same `kid` and algorithm the first is used.
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

    /// Reads a JWK Set of at most 64 keys (RFC 7517 section 5). Keys are read one by one: those that cannot be used
    /// here are skipped, each with its reason, and the others stay usable.
    ///
    /// # Errors
    ///
    /// [`KeySetFault`] if the bytes are no JWK Set, hold too many keys, or none that can be used.
    /// The issuer is to blame.
    pub fn from_json(
        json: &[u8],
        allowed: Algorithms,
    ) -> Result<(Self, Vec<SkippedKey>), KeySetFault> {
        Self::from_json_of(json, allowed, Self::MOST_KEYS)
    }

    /// Reads a JWK Set of at most `most` keys.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json).
    pub fn from_json_of(
        json: &[u8],
        allowed: Algorithms,
        most: usize,
    ) -> Result<(Self, Vec<SkippedKey>), KeySetFault> {
        let (keys, skipped) = json_web_key::read_set(json, allowed, most)?;
        Ok((Self::new(keys), skipped))
    }

    /// How many keys there are.
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key at all.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys in the order of the set.
    pub fn iter(&self) -> impl Iterator<Item = &VerificationKey> {
        self.keys.iter()
    }

    /// The one key that a token with this header must verify under.
    ///
    /// A key without a `kid` of its own, a PEM file's for instance, goes with any `kid`; a token
    /// without a `kid` is accepted where a single key fits.
    ///
    /// # Errors
    ///
    /// [`InvalidToken::UnknownKey`], [`InvalidToken::KeyForAnotherAlgorithm`] or [`InvalidToken::AmbiguousKey`].
    pub(crate) fn find(&self, header: &Header) -> Result<&VerificationKey, InvalidToken> {
        let algorithm = header.algorithm();
        let Some(id) = header.key_id() else {
            return self.only(0..self.keys.len(), algorithm, None);
        };
        let Some(named) = self.by_id.get(id) else {
            return self.only(self.without_id.iter().copied(), algorithm, Some(id));
        };
        let mut named = named.iter().filter_map(|place| self.keys.get(*place));
        named.find(|key| key.algorithm() == algorithm).ok_or_else(|| {
            InvalidToken::KeyForAnotherAlgorithm { algorithm, kid: Printable::new(id) }
        })
    }

    fn only(
        &self,
        places: impl Iterator<Item = usize>,
        algorithm: Algorithm,
        id: Option<&str>,
    ) -> Result<&VerificationKey, InvalidToken> {
        let mut fitting = places
            .filter_map(|place| self.keys.get(place))
            .filter(|key| key.algorithm() == algorithm);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(InvalidToken::AmbiguousKey),
            (None, _) => {
                Err(InvalidToken::UnknownKey { kid: Printable::new(id.unwrap_or("(no kid)")) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: Option<&str>, algorithm: Algorithm, seed: u8) -> VerificationKey {
        VerificationKey::from_secret(algorithm, &[seed; 64])
            .expect("long enough")
            .with_id(id.map(ToOwned::to_owned))
    }

    fn header(algorithm: &str, kid: Option<&str>) -> Header {
        let kid = kid.map(|kid| format!(",\"kid\":\"{kid}\"")).unwrap_or_default();
        let text = format!("{{\"alg\":\"{algorithm}\"{kid}}}");
        Header::parse(text.as_bytes()).map(|(header, _)| header).expect("a header")
    }

    #[test]
    fn a_key_is_found_by_kid_and_algorithm_together() {
        use Algorithm::{Hs256, Hs384, Hs512};
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
            (header("HS256", Some("a")), Ok(1)),
            (header("HS256", Some("b")), Ok(2)),
            (header("HS384", Some("b")), Ok(3)),
            (header("HS384", Some("a")), Err(other(Hs384, "a"))),
            (header("HS512", Some("b")), Err(other(Hs512, "b"))),
            (header("HS512", Some("whatever")), Ok(4)),
            (header("HS256", Some("A")), Err(unknown("A"))),
            (header("HS256", Some("")), Err(unknown(""))),
            (header("HS512", None), Ok(4)),
            (header("HS384", None), Ok(3)),
            (header("HS256", None), Err(InvalidToken::AmbiguousKey)),
            (header("RS256", None), Err(unknown("(no kid)"))),
        ];
        for (header, expected) in table {
            let found = keys.find(&header).map(|found| {
                keys.iter().position(|key| std::ptr::eq(key, found)).map_or(0, |place| place + 1)
            });
            assert_eq!(found, expected, "{header:?}");
        }
    }
}
