//! Verification of a token with what is held: cached tokens and current keys.

use std::sync::Arc;

use super::Verifier;
use super::cache::CachedToken;
use super::introspection::Freshness;
use super::pending::{Checked, Pending, SeenKeys};
use super::resolver::known_issuers::Known;
use super::trusted_issuers::TrustedIssuers;
use crate::issuer::IssuerKeys;
use crate::sender::BearerToken;
use crate::token::{
    Expectations, InvalidToken, MonotonicTime, SignatureChecks, Timestamp, UnverifiedToken,
    VerifiedToken,
};

impl Verifier {
    /// Verifies a token with the current keys and an answer of the issuer that is this fresh, or returns
    /// what to wait for.
    ///
    /// For a token that was verified with the current keys, only the time is checked. If the keys
    /// have changed since, everything is checked again except a signature under a key that is still
    /// there. What the token is bound to is not checked here.
    pub(crate) fn check_for(
        &self,
        token: &str,
        freshness: Freshness,
    ) -> Checked<Arc<VerifiedToken>> {
        self.check_after(token.as_bytes(), freshness, None)
    }

    /// [`check_for`](Self::check_for) for the token of a request.
    pub(crate) fn check_bearer_token(
        &self,
        token: BearerToken<'_>,
        freshness: Freshness,
    ) -> Checked<Arc<VerifiedToken>> {
        self.check_after(token.as_bytes(), freshness, None)
    }

    /// [`check_for`](Self::check_for) for a token that was checked before with other keys.
    pub(super) fn check_after(
        &self,
        token: &[u8],
        freshness: Freshness,
        before: Option<&SignatureChecks>,
    ) -> Checked<Arc<VerifiedToken>> {
        let now = self.now();
        if now == Timestamp::UNKNOWN {
            return Err(Pending::Time);
        }
        let cache = self.0.cache.as_ref();
        let place = cache.and_then(|cache| Some((cache, cache.digest(token)?)));
        let known = place.as_ref().and_then(|(cache, digest)| cache.find(digest));
        if let Some(known) = &known
            && let Some(checked) = self.check_known(token, known, freshness, now)
        {
            return checked;
        }
        let token = text(token);
        if known.is_none() && self.is_to_be_introspected(token) {
            return self.unconfirmed(token, None, freshness);
        }
        let signed_by = known.as_ref().and_then(|known| known.key);
        let mut checks = before.copied().unwrap_or(SignatureChecks::known(signed_by));
        match self.check_now(token, now, &mut checks) {
            Ok(Ok(mut new)) => {
                if let Some(known) = &known {
                    new.active_until = known.active_until;
                }
                if let Some((cache, digest)) = place {
                    cache.keep(digest, new.clone());
                }
                if self.must_confirm(&new, freshness) {
                    return self.unconfirmed(token, Some(new), freshness);
                }
                Ok(Ok(new.token))
            }
            refused => {
                if let (Some((cache, digest)), Some(_)) = (place, known) {
                    cache.forget(&digest);
                }
                refused.map(|verdict| verdict.map(|new| new.token))
            }
        }
    }

    /// The verdict on a cached token, unless its issuer's keys have changed.
    fn check_known(
        &self,
        token: &[u8],
        known: &CachedToken,
        freshness: Freshness,
        now: Timestamp,
    ) -> Option<Checked<Arc<VerifiedToken>>> {
        if known.key.is_none() {
            return Some(self.check_opaque_again(known, freshness));
        }
        let checked = self.check_again(known, now)?;
        if matches!(checked, Ok(Ok(_))) && self.must_confirm(known, freshness) {
            return Some(self.unconfirmed(text(token), Some(known.clone()), freshness));
        }
        Some(checked)
    }

    /// The verdict on a token that was valid before, unless its issuer's keys have changed.
    fn check_again(
        &self,
        known: &CachedToken,
        now: Timestamp,
    ) -> Option<Checked<Arc<VerifiedToken>>> {
        let issuer = self.0.issuers.numbered(known.issuer)?;
        let judged = |expected: &Expectations| {
            let times = known.token.claims().check_times(expected, now);
            times.map(|()| Arc::clone(&known.token))
        };
        issuer.reading(self.monotonic(), |held| match held {
            None => Some(match judged(&issuer.expected) {
                Ok(_) => Err(Pending::Keys(SeenKeys {
                    source: Arc::clone(issuer),
                    seen: None,
                    checks: SignatureChecks::known(known.key),
                })),
                Err(rejection) => Ok(Err(rejection)),
            }),
            Some(held) if held.generation == known.generation => Some(Ok(judged(&held.expected))),
            Some(_) => None,
        })
    }

    /// Verifies a token, without the signature checks that were made before.
    fn check_now(
        &self,
        token: &str,
        now: Timestamp,
        checks: &mut SignatureChecks,
    ) -> Checked<CachedToken> {
        let unverified = match UnverifiedToken::parse(token) {
            Ok(unverified) => unverified,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match self.0.issuers.sources(&unverified.unverified_claims().issuer) {
            [] => self.check_resolved(unverified, now, checks),
            [number] => self.check_with(*number, unverified, now, checks),
            numbers => self.check_with_any(numbers, token, unverified.header(), now, checks),
        }
    }

    /// Verifies a token of an issuer that is not configured.
    fn check_resolved(
        &self,
        unverified: UnverifiedToken<'_>,
        now: Timestamp,
        checks: &mut SignatureChecks,
    ) -> Checked<CachedToken> {
        let Some(resolved) = &self.0.resolved else { return Ok(Err(InvalidToken::IssuerMismatch)) };
        let iss = &unverified.unverified_claims().issuer;
        match resolved.find(iss, self.monotonic()) {
            // Without a number, a cached token is verified again each time, except for its signature.
            Known::Trusted(issuer) => {
                let number = TrustedIssuers::NO_NUMBER;
                self.check_with_keys(number, &issuer.keys, unverified, now, checks)
            }
            Known::Untrusted => Ok(Err(InvalidToken::IssuerMismatch)),
            Known::Unavailable | Known::Nothing => Err(Pending::Issuer(iss.clone())),
        }
    }

    /// Verifies a token with one source of its issuer's keys.
    pub(super) fn check_with(
        &self,
        number: u32,
        unverified: UnverifiedToken<'_>,
        now: Timestamp,
        checks: &mut SignatureChecks,
    ) -> Checked<CachedToken> {
        let Some(issuer) = self.0.issuers.numbered(number) else {
            return Ok(Err(InvalidToken::IssuerMismatch));
        };
        self.check_with_keys(number, issuer, unverified, now, checks)
    }

    fn check_with_keys(
        &self,
        number: u32,
        issuer: &Arc<IssuerKeys>,
        unverified: UnverifiedToken<'_>,
        now: Timestamp,
        checks: &mut SignatureChecks,
    ) -> Checked<CachedToken> {
        issuer.reading(self.monotonic(), |held| {
            let Some(held) = held else {
                return match unverified.check_without_key(&issuer.expected, now) {
                    Ok(()) => Err(Pending::Keys(SeenKeys {
                        source: Arc::clone(issuer),
                        seen: None,
                        checks: *checks,
                    })),
                    Err(rejection) => Ok(Err(rejection)),
                };
            };
            let header = unverified.header();
            let names_key = header.key_id().is_some_and(|id| held.keys.has_id(id));
            match unverified.verify_of_any_binding(&held.keys, &held.expected, now, checks) {
                Ok((token, key)) => {
                    let (token, generation) = (Arc::new(token), held.generation);
                    let (key, active_until) = (Some(key), MonotonicTime::default());
                    Ok(Ok(CachedToken { token, key, issuer: number, generation, active_until }))
                }
                Err(rejection)
                    if issuer.is_refreshed && !names_key && rejection.is_of_the_key() =>
                {
                    let (source, seen) = (Arc::clone(issuer), Some(held.generation));
                    Err(Pending::NewerKeys(
                        vec![SeenKeys { source, seen, checks: *checks }],
                        rejection,
                    ))
                }
                Err(rejection) => Ok(Err(rejection)),
            }
        })
    }
}

/// A token as text. It comes from a text or is ASCII, and to check that again is a noticeable part of
/// the cost of a cached token, which needs none.
fn text(token: &[u8]) -> &str {
    std::str::from_utf8(token).unwrap_or_default()
}
