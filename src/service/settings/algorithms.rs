//! The signature algorithms that are allowed, checked against the keys.

use super::catalog::tokens::TOKEN_SIGNING_ALG;
use super::key_origin::{self, KeyOrigin};
use super::reader::Reader;
use super::secret::Secret;
use crate::token::{Algorithm, Algorithms, Family};

/// Reads the allow-list and checks it against the issuers' keys. `None` if nothing is listed.
pub(super) fn read<'a>(
    reader: &mut Reader,
    keys: impl IntoIterator<Item = &'a KeyOrigin>,
) -> Option<Algorithms> {
    let listed = reader.list(&TOKEN_SIGNING_ALG, algorithm);
    let keys: Vec<&KeyOrigin> = keys.into_iter().collect();
    let secrets = keys.iter().filter_map(|keys| keys.secret());
    let secret = secrets.max_by_key(|secret| secret.as_bytes().len());
    let has_secret = key_origin::has_secret(reader);
    let has_public_keys = keys.iter().any(|keys| keys.secret().is_none());

    for algorithm in &listed {
        let least = least_secret(*algorithm);
        let advice = match (is_symmetric(*algorithm), secret) {
            (true, None) if !has_secret => {
                "requires a shared secret, and none is configured; issuers with public keys use \
                 algorithms such as RS256 or ES256"
                    .to_owned()
            }
            (true, Some(secret)) if secret.as_bytes().len() < least => {
                let length = secret.as_bytes().len();
                format!("requires a secret of at least {least} bytes; this one has {length}")
            }
            (false, Some(_)) if !has_public_keys => {
                "requires public keys, and only a secret is configured, which fits HS256, HS384 or \
                 HS512"
                    .to_owned()
            }
            _ => continue,
        };
        reader.report_invalid(&TOKEN_SIGNING_ALG, &algorithm.to_string(), advice);
    }

    let any = |symmetric| listed.iter().any(|algorithm| is_symmetric(*algorithm) == symmetric);
    if any(false) && !any(true) && secret.is_some() && has_public_keys {
        let advice = "lists no HMAC algorithm (HS256, HS384, HS512), so the secret would never be \
                      used";
        reader.report_conflict(&TOKEN_SIGNING_ALG, advice);
    }
    if any(true) && !any(false) && has_public_keys {
        let advice = "lists only HMAC algorithms, so the public keys would never be used";
        reader.report_conflict(&TOKEN_SIGNING_ALG, advice);
    }
    (!listed.is_empty()).then(|| Algorithms::only(listed))
}

/// The `listed` algorithms that fit one of the issuer's keys.
pub(super) fn fitting_any(listed: Option<Algorithms>, keys: &[KeyOrigin]) -> Algorithms {
    let fitting = keys.iter().map(|keys| fitting(listed, keys.secret()));
    fitting.fold(Algorithms::only([]), Algorithms::union)
}

/// The `listed` algorithms that fit the secret or, if there is none, public keys. A secret is never
/// used with a public-key algorithm, nor the other way round (RFC 8725 section 3.1).
pub(super) fn fitting(listed: Option<Algorithms>, secret: Option<&Secret>) -> Algorithms {
    if listed.is_none() && secret.is_none() {
        return Algorithms::DEFAULT;
    }
    Algorithms::only(Algorithm::ALL.into_iter().filter(|algorithm| {
        let fits = match secret {
            Some(secret) => {
                is_symmetric(*algorithm) && secret.as_bytes().len() >= least_secret(*algorithm)
            }
            None => !is_symmetric(*algorithm),
        };
        fits && listed.is_none_or(|listed| listed.contains(*algorithm))
    }))
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    name.parse().map_err(|_| {
        if name.eq_ignore_ascii_case("none") {
            return "unsigned tokens are never accepted".to_owned();
        }
        let meant = |algorithm: &Algorithm| algorithm.to_string().eq_ignore_ascii_case(name);
        if let Some(meant) = Algorithm::ALL.into_iter().find(meant) {
            return format!("algorithm names are case-sensitive; did you mean {meant}?");
        }
        let names = Algorithm::ALL.map(|algorithm| algorithm.to_string()).join(", ");
        format!("not supported; supported are {names}")
    })
}

fn is_symmetric(algorithm: Algorithm) -> bool {
    algorithm.family() == Family::Secret
}

/// The minimum secret length for this algorithm: the size of its hash (RFC 7518 section 3.2).
const fn least_secret(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Hs384 => 48,
        Algorithm::Hs512 => 64,
        _ => Secret::LEAST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_gets_the_algorithms_that_fit_its_keys() -> Result<(), Box<dyn std::error::Error>> {
        let mixed = Algorithms::only([Algorithm::Rs256, Algorithm::Hs256, Algorithm::Hs512]);
        let with_secret = |length| Secret::try_from(vec![b'a'; length]);
        let names = |listed, secret: Option<&Secret>| {
            let fitting = fitting(listed, secret).iter().map(|algorithm| algorithm.to_string());
            fitting.collect::<Vec<_>>().join(" ")
        };
        let all = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA";
        assert_eq!(names(None, None), all);
        assert_eq!(names(Some(mixed), None), "RS256");
        assert_eq!(names(None, Some(&with_secret(32)?)), "HS256");
        assert_eq!(names(None, Some(&with_secret(48)?)), "HS256 HS384");
        assert_eq!(names(None, Some(&with_secret(64)?)), "HS256 HS384 HS512");
        assert_eq!(names(Some(mixed), Some(&with_secret(64)?)), "HS256 HS512");
        Ok(())
    }
}
