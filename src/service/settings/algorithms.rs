//! Which algorithms tokens may be signed with, and whether they go together with the keys.

use super::catalogue::tokens::{SECRET, SECRET_FILE, TOKEN_SIGNING_ALG};
use super::issuers::IssuerSettings;
use super::reader::Reader;
use super::secret::Secret;
use crate::token::{Algorithm, Algorithms, Family};

/// Reads the allow-list and holds it against the issuers. `None` when nothing is listed.
pub(super) fn read(reader: &mut Reader, issuers: &[IssuerSettings]) -> Option<Algorithms> {
    let listed = reader.list(&TOKEN_SIGNING_ALG, algorithm);
    let secret = issuers.iter().find_map(secret);
    let has_secret = reader.is_set(&SECRET) || reader.is_set(&SECRET_FILE);
    let has_public_keys = issuers.iter().any(|issuer| self::secret(issuer).is_none());

    for algorithm in &listed {
        let least = least_secret(*algorithm);
        let advice = match (is_symmetric(*algorithm), secret) {
            (true, None) if !has_secret => {
                "it needs a shared secret, and none is configured; issuers with public keys \
                 use algorithms such as RS256 or ES256"
                    .to_owned()
            }
            (true, Some(secret)) if secret.as_bytes().len() < least => {
                let length = secret.as_bytes().len();
                format!("it needs a secret of at least {least} bytes, and this one has {length}")
            }
            (false, Some(_)) if !has_public_keys => {
                "it needs public keys, and the only issuer has a secret, which goes with HS256, \
                 HS384 or HS512"
                    .to_owned()
            }
            _ => continue,
        };
        reader.refuse(&TOKEN_SIGNING_ALG, &algorithm.to_string(), advice);
    }

    let any = |symmetric| listed.iter().any(|algorithm| is_symmetric(*algorithm) == symmetric);
    if any(false) && !any(true) && secret.is_some() && has_public_keys {
        let advice = "it lists no HMAC algorithm (HS256, HS384, HS512), so no token of the issuer \
                      with a secret could pass";
        reader.refuse_beside(&TOKEN_SIGNING_ALG, advice);
    }
    if any(true) && !any(false) && has_public_keys {
        let advice = "it lists only HMAC algorithms, so no token of the issuers with public keys \
                      could pass";
        reader.refuse_beside(&TOKEN_SIGNING_ALG, advice);
    }
    (!listed.is_empty()).then(|| Algorithms::only(listed))
}

/// Those of the `listed` algorithms that this issuer's keys can go with. An algorithm with a
/// public key never meets a secret, nor the other way round (RFC 8725 section 3.1).
pub(super) fn fitting(listed: Option<Algorithms>, issuer: &IssuerSettings) -> Algorithms {
    let secret = secret(issuer);
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
            return "a token without a signature is never accepted, whatever the settings"
                .to_owned();
        }
        let meant = |algorithm: &Algorithm| algorithm.to_string().eq_ignore_ascii_case(name);
        if let Some(meant) = Algorithm::ALL.into_iter().find(meant) {
            return format!("names of algorithms are case-sensitive; did you mean {meant}?");
        }
        let names = Algorithm::ALL.map(|algorithm| algorithm.to_string()).join(", ");
        format!("not supported; the algorithms are {names}")
    })
}

fn secret(issuer: &IssuerSettings) -> Option<&Secret> {
    match issuer {
        IssuerSettings::Secret { secret, .. } => Some(secret),
        _ => None,
    }
}

fn is_symmetric(algorithm: Algorithm) -> bool {
    algorithm.family() == Family::Secret
}

/// The fewest bytes of a secret for this algorithm: the size of its hash (RFC 7518 section 3.2).
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
    fn an_issuer_gets_the_algorithms_its_keys_go_with() -> Result<(), Box<dyn std::error::Error>> {
        let discovered = IssuerSettings::Discovered("https://a.example/".parse()?);
        let with_secret = |length| -> Result<_, Box<dyn std::error::Error>> {
            let secret = Secret::try_from(vec![b'a'; length])?;
            Ok(IssuerSettings::Secret { issuer: "https://b.example/".parse()?, secret })
        };
        let mixed = Algorithms::only([Algorithm::Rs256, Algorithm::Hs256, Algorithm::Hs512]);
        let names = |listed, issuer: &IssuerSettings| {
            let fitting = fitting(listed, issuer).iter().map(|algorithm| algorithm.to_string());
            fitting.collect::<Vec<_>>().join(" ")
        };
        let all = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA";
        assert_eq!(names(None, &discovered), all);
        assert_eq!(names(Some(mixed), &discovered), "RS256");
        assert_eq!(names(None, &with_secret(32)?), "HS256");
        assert_eq!(names(None, &with_secret(48)?), "HS256 HS384");
        assert_eq!(names(None, &with_secret(64)?), "HS256 HS384 HS512");
        assert_eq!(names(Some(mixed), &with_secret(64)?), "HS256 HS512");
        Ok(())
    }
}
