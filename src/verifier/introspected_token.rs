//! Verdicts on tokens that the issuer is asked about: opaque ones, and JWTs to be confirmed.

use std::sync::Arc;

use super::Verifier;
use super::cache::{CachedToken, TokenDigest};
use super::introspection::{Asked, Freshness, Introspection, REJECTED_FOR, RETRY_AFTER};
use super::pending::{Checked, Pending};
use super::verification_error::VerificationError;
use crate::issuer::{
    Answer, ClientAuthentication, IntrospectionMode, IntrospectionStatus, Priority, judge,
};
use crate::token::{InvalidToken, MAX_TOKEN_LENGTH, VerifiedToken, is_jwt};

impl Verifier {
    /// Verifies a token, and has its issuer confirm that it is active now (RFC 7662).
    ///
    /// # Errors
    ///
    /// [`VerificationError`], also if the issuer has no introspection.
    pub async fn verify_fresh(&self, token: &str) -> Result<Arc<VerifiedToken>, VerificationError> {
        self.verify_bearer(token, Freshness::Now).await
    }

    /// The issuer with introspection, its mode, and the calls so far; `None` without introspection.
    pub fn introspection_status(&self) -> Option<(&str, IntrospectionMode, IntrospectionStatus)> {
        let introspection = self.0.introspection.as_ref()?;
        let Introspection { issuer, introspector, .. } = introspection;
        let status = introspector.gate.status();
        Some((issuer.identifier.as_str(), introspector.settings.mode, status))
    }

    /// Uses these credentials for introspection from now on, and returns whether there is an issuer
    /// with introspection. Calls under way end with the old ones.
    pub fn replace_introspection_credentials(&self, credentials: ClientAuthentication) -> bool {
        let Some(introspection) = &self.0.introspection else { return false };
        introspection.introspector.replace_credentials(credentials);
        true
    }

    /// Whether the token is not a JWT and there is an issuer to ask about it.
    pub(crate) fn is_to_be_introspected(&self, token: &str) -> bool {
        self.0.introspection.is_some() && !is_jwt(token) && token.len() <= MAX_TOKEN_LENGTH
    }

    /// The verdict on an opaque token that is not in the cache, or on a JWT that is valid otherwise, if
    /// it was rejected a moment ago.
    pub(super) fn unconfirmed(
        &self,
        token: &str,
        jwt: Option<CachedToken>,
        freshness: Freshness,
    ) -> Checked<Arc<VerifiedToken>> {
        match self.recently_rejected(token, freshness) {
            Some(reason) => Ok(Err(reason)),
            None => Err(Pending::Introspection(jwt)),
        }
    }

    /// The reason for which a token was rejected a moment ago, if an answer in the cache is enough.
    fn recently_rejected(&self, token: &str, freshness: Freshness) -> Option<InvalidToken> {
        let introspection = self.0.introspection.as_ref()?;
        if freshness == Freshness::Now {
            return None;
        }
        let digest = introspection.digests.digest(token)?;
        introspection.rejected(&digest, self.monotonic())
    }

    /// The verdict on an opaque token from the cache.
    pub(super) fn check_opaque_again(
        &self,
        known: &CachedToken,
        freshness: Freshness,
    ) -> Checked<Arc<VerifiedToken>> {
        if freshness == Freshness::Now || self.monotonic() >= known.active_until {
            return Err(Pending::Introspection(Some(known.clone())));
        }
        let expected = match self.0.issuers.numbered(known.issuer) {
            Some(issuer) => &issuer.expected,
            None => return Ok(Err(InvalidToken::IssuerMismatch)),
        };
        let times = known.token.claims().check_times(expected, self.now());
        Ok(times.map(|()| Arc::clone(&known.token)))
    }

    /// Whether a JWT whose signature and claims are valid must also be introspected.
    pub(super) fn must_confirm(&self, known: &CachedToken, freshness: Freshness) -> bool {
        if freshness == Freshness::Now {
            return true;
        }
        let Some(introspection) = &self.0.introspection else { return false };
        introspection.is_always()
            && self.monotonic() >= known.active_until
            && self.is_of(known, introspection)
    }

    /// Whether the token is of the issuer with introspection, under keys of any source.
    fn is_of(&self, known: &CachedToken, introspection: &Introspection) -> bool {
        known.issuer == introspection.number
            || self
                .0
                .issuers
                .numbered(known.issuer)
                .is_some_and(|issuer| issuer.identifier == introspection.issuer.identifier)
    }

    /// Asks the issuer about a token: an opaque one, or a JWT that is valid otherwise.
    pub(super) async fn introspect(
        &self,
        token: &str,
        known: Option<CachedToken>,
        freshness: Freshness,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        let introspection = self.0.introspection.as_ref().filter(|introspection| {
            known.as_ref().is_none_or(|known| self.is_of(known, introspection))
        });
        let introspection = introspection.ok_or(VerificationError::NoIntrospection)?;
        let digest = introspection.digests.digest(token).ok_or_else(unavailable)?;
        let is_known = known.as_ref().is_some_and(|known| known.was_active());
        let priority = if is_known { Priority::Known } else { Priority::Unknown };
        let asked = introspection.ask(token, digest, freshness, priority, &*self.0.clock).await;
        match asked {
            Ok(asked) => self.settle(introspection, token, digest, known, &asked),
            Err(retry_after) => known
                .filter(|_| freshness == Freshness::Cached && is_known)
                .and_then(|known| self.stale(introspection, &known))
                .ok_or(VerificationError::IntrospectionUnavailable { retry_after }),
        }
    }

    /// Turns an answer into a verdict, and remembers it.
    fn settle(
        &self,
        introspection: &Introspection,
        token: &str,
        digest: TokenDigest,
        known: Option<CachedToken>,
        asked: &Asked,
    ) -> Result<Arc<VerifiedToken>, VerificationError> {
        let now = self.now();
        let endpoint = introspection.issuer.introspection.get();
        let mut expected = introspection.issuer.expected.clone();
        if let Some(endpoint) = endpoint {
            expected.issuer.clone_from(&endpoint.issuer);
        }
        let jwt = known.filter(|known| known.key.is_some());
        let verdict = match (&*asked.answer, &jwt) {
            // The claims of a JWT are its own; the answer confirms it.
            (Answer::Active(json), Some(jwt)) => {
                // Another source of the issuer's keys may be for other recipients.
                let source = self.0.issuers.numbered(jwt.issuer);
                let expected = source.map_or(&expected, |source| &source.expected);
                let expires_at = jwt.token.check_introspection(json, expected, now);
                expires_at.map(|expires_at| (Arc::clone(&jwt.token), expires_at))
            }
            (answer, _) => judge(answer, &expected, now).map(|verified| {
                let expires_at = verified.claims().expires_at;
                (Arc::new(verified), expires_at)
            }),
        };
        let cache = self.0.cache.as_ref();
        let cache = cache.and_then(|cache| Some((cache, cache.digest(token)?)));
        match verdict {
            Ok((verified, expires_at)) => {
                let rest = expires_at.rest(now);
                let lifetime = introspection.introspector.settings.cache.min(rest);
                let active_until = asked.started_at.plus(lifetime);
                if let Some((cache, cached_as)) = cache {
                    let (key, generation, issuer) = match jwt {
                        Some(jwt) => (jwt.key, jwt.generation, jwt.issuer),
                        None => (None, 0, introspection.number),
                    };
                    let token = Arc::clone(&verified);
                    let cached = CachedToken { token, key, issuer, generation, active_until };
                    cache.keep(cached_as, cached);
                    // A rejection meanwhile has removed the token, but perhaps before this.
                    if introspection.rejected_since(&digest, asked.started_at) {
                        cache.forget(&cached_as);
                    }
                }
                Ok(verified)
            }
            Err(reason) => {
                let until = asked.started_at.plus(REJECTED_FOR);
                introspection.rejected.insert(digest, (reason.clone(), until));
                if let Some((cache, cached_as)) = cache {
                    cache.forget(&cached_as);
                }
                Err(reason.into())
            }
        }
    }

    /// An older active answer, if the settings allow it.
    fn stale(
        &self,
        introspection: &Introspection,
        known: &CachedToken,
    ) -> Option<Arc<VerifiedToken>> {
        let settings = &introspection.introspector.settings;
        if self.monotonic() >= known.active_until.plus(settings.stale) {
            return None;
        }
        let expected = &introspection.issuer.expected;
        known.token.claims().check_times(expected, self.now()).ok()?;
        introspection.introspector.gate.used_stale();
        Some(Arc::clone(&known.token))
    }
}

const fn unavailable() -> VerificationError {
    VerificationError::IntrospectionUnavailable { retry_after: RETRY_AFTER }
}
