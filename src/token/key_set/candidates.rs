//! Candidate keys for one token.

use super::signature_checks::{SignatureChecks, Tried};
use crate::token::header::Header;
use crate::token::invalid_token::InvalidToken;
use crate::token::key::VerificationKey;
use crate::token::printable::Printable;

/// Keys that may have signed a token: at least one, all for its algorithm.
#[derive(Debug)]
pub(crate) struct Candidates<'a> {
    keys: [Option<&'a VerificationKey>; Candidates::MOST],
    are_all: bool,
}

impl<'a> Candidates<'a> {
    /// No more keys than may be tried.
    pub(crate) const MOST: usize = SignatureChecks::MOST;

    /// The keys that fit the header; `None` if no key does.
    pub(super) fn among(
        keys: impl Iterator<Item = &'a VerificationKey> + Clone,
        header: &Header,
    ) -> Option<Self> {
        let fitting = keys.filter(|key| key.algorithm() == header.algorithm());
        let certificate = header.certificate();
        if !certificate.is_empty() {
            let is_selected =
                |key: &&VerificationKey| certificate.select(key.certificate(), key.id());
            if let Some(selected) = Self::first(fitting.clone().filter(is_selected)) {
                return Some(selected);
            }
        }
        Self::first(fitting)
    }

    fn first(mut fitting: impl Iterator<Item = &'a VerificationKey>) -> Option<Self> {
        let mut keys = [None; Self::MOST];
        for place in &mut keys {
            *place = fitting.next();
        }
        let [first, ..] = keys;
        first.map(|_| Self { keys, are_all: fitting.next().is_none() })
    }

    /// The candidates in the order of the set.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a VerificationKey> {
        self.keys.iter().copied().flatten()
    }

    /// The candidate that signed `message`. If the signature is known to be good under a key that
    /// is still a candidate, it is not checked again.
    ///
    /// # Errors
    ///
    /// [`InvalidToken::SignatureInvalid`]; [`InvalidToken::AmbiguousKey`] if more keys fit than are
    /// tried.
    pub(crate) fn signer(
        &self,
        message: &[u8],
        signature: &[u8],
        checks: &mut SignatureChecks,
        header: &Header,
    ) -> Result<&'a VerificationKey, InvalidToken> {
        if let Some(known) = self.iter().find(|key| checks.is_known(key)) {
            return Ok(known);
        }
        for key in self.iter() {
            match checks.try_key(key, message, signature) {
                Tried::Good => return Ok(key),
                Tried::Bad => {}
                Tried::Exhausted => return Err(InvalidToken::AmbiguousKey),
            }
        }
        Err(self.rejection(header))
    }

    fn rejection(&self, header: &Header) -> InvalidToken {
        if !self.are_all {
            return InvalidToken::AmbiguousKey;
        }
        let mut ids = self.iter().map(VerificationKey::id);
        let only = ids.next().flatten().filter(|_| ids.next().is_none());
        let kid = header.key_id().or(only).unwrap_or("(no kid)");
        InvalidToken::SignatureInvalid { kid: Printable::new(kid) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Algorithm, KeySet};

    #[test]
    fn no_more_than_four_signatures_are_checked() {
        use aws_lc_rs::hmac;

        let header = Header::parse(br#"{"alg":"HS256"}"#).expect("a header").0;
        let signature = |seed| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[seed; 32]), b"message")
                .as_ref()
                .to_vec()
        };
        let keys = |count: u8| {
            let key = |seed| VerificationKey::from_secret(Algorithm::Hs256, &[seed; 32]);
            KeySet::new((1..=count).map(|seed| key(seed).expect("a key")).collect())
        };
        let signer = |count, seed, known: Option<u8>| {
            let keys = keys(count);
            let known = known.and_then(|place| keys.iter().nth(usize::from(place) - 1));
            let known = known.map(VerificationKey::fingerprint);
            let candidates = keys.candidates(&header).expect("keys that fit");
            let mut checks = SignatureChecks::known(known);
            candidates.signer(b"message", &signature(seed), &mut checks, &header).map(drop)
        };
        let invalid = InvalidToken::SignatureInvalid { kid: Printable::new("(no kid)") };
        for seed in 1..=4 {
            assert_eq!(signer(4, seed, None), Ok(()), "{seed} of 4");
            assert_eq!(signer(5, seed, None), Ok(()), "{seed} of 5");
        }
        assert_eq!(signer(4, 9, None), Err(invalid));
        assert_eq!(signer(5, 5, None), Err(InvalidToken::AmbiguousKey), "it would be the fifth");
        assert_eq!(signer(4, 9, Some(4)), Ok(()), "known to be good");
    }
}
