//! Verification with several sources of one issuer's keys, such as a secret beside a key set.

use super::Verifier;
use super::cache::CachedToken;
use super::pending::{Checked, Pending, SeenKeys};
use crate::issuer::IssuerKeys;
use crate::token::{Header, InvalidToken, SignatureChecks, Timestamp, UnverifiedToken};

/// The results of the sources that did not verify the token.
#[derive(Default)]
struct Undecided {
    rejection: Option<InvalidToken>,
    newer: Vec<SeenKeys>,
    without_keys: Option<SeenKeys>,
}

impl Verifier {
    /// Verifies a token, whose header this is, with those of its issuer's key sources that allow its
    /// algorithm, so that a secret and public keys never meet (RFC 8725 section 3.1), and a token under
    /// the secret never causes keys to be fetched.
    pub(super) fn check_with_any(
        &self,
        numbers: &[u32],
        token: &str,
        header: &Header,
        now: Timestamp,
        checks: &mut SignatureChecks,
    ) -> Checked<CachedToken> {
        let algorithm = header.algorithm();
        let names_key = |source: &IssuerKeys| {
            source.reading(self.monotonic(), |held| {
                header.key_id().zip(held).is_some_and(|(id, held)| held.keys.has_id(id))
            })
        };
        let sources = numbers.iter().filter_map(|number| {
            let source = self.0.issuers.numbered(*number)?;
            source.expected.algorithms.contains(algorithm).then_some((*number, source))
        });
        let mut sources: Vec<_> = sources.collect();
        // The source that names the key comes first, so that keys without names do not use up the
        // signature checks.
        sources.sort_by_key(|(_, source)| !names_key(source));
        let mut undecided = Undecided::default();
        for (number, source) in sources {
            let unverified = match UnverifiedToken::parse(token) {
                Ok(unverified) => unverified,
                Err(rejection) => return Ok(Err(rejection)),
            };
            match self.check_with(number, unverified, now, checks) {
                Ok(Ok(verified)) => return Ok(Ok(verified)),
                Ok(Err(rejection)) => {
                    // The token is invalid under any key, or its key is known and does not verify it.
                    if !depends_on_key(&rejection) || names_key(source) {
                        return Ok(Err(rejection));
                    }
                    undecided.rejection.get_or_insert(rejection);
                }
                Err(pending @ (Pending::Time | Pending::Issuer(_) | Pending::Introspection(_))) => {
                    return Err(pending);
                }
                Err(Pending::Keys(source)) => undecided.without_keys = Some(source),
                Err(Pending::NewerKeys(sources, rejection)) => {
                    undecided.newer.extend(sources);
                    undecided.rejection.get_or_insert(rejection);
                }
            }
        }
        undecided.into_result(InvalidToken::AlgorithmNotAllowed { algorithm }, *checks)
    }
}

impl Undecided {
    fn into_result(self, no_source: InvalidToken, checks: SignatureChecks) -> Checked<CachedToken> {
        let Self { rejection, mut newer, without_keys } = self;
        // Sources after this one may have cost more.
        let without_keys = without_keys.map(|keys| SeenKeys { checks, ..keys });
        match (rejection, without_keys) {
            (Some(rejection), without_keys) if !newer.is_empty() => {
                newer.extend(without_keys);
                Err(Pending::NewerKeys(newer, rejection))
            }
            (_, Some(source)) => Err(Pending::Keys(source)),
            (rejection, None) => Ok(Err(rejection.unwrap_or(no_source))),
        }
    }
}

/// Whether another key could lead to another verdict.
fn depends_on_key(rejection: &InvalidToken) -> bool {
    rejection.is_of_the_key() || matches!(rejection, InvalidToken::KeyForAnotherAlgorithm { .. })
}
