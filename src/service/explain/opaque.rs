//! Opaque tokens, recognized so that they are not explained as broken JWTs.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A token that only its issuer can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpaqueToken {
    /// What it is, if its prefix is known.
    pub(super) name: Option<&'static str>,
    /// How to obtain a JWT instead, if that depends on the kind of token.
    pub(super) advice: Option<&'static str>,
}

/// Advice for tokens that are accepted by the APIs of their issuer alone.
const OWN_API: &str = "this token is for the issuer's own API alone; send one that an issuer made \
                       for this API";
const GOOGLE: &str = "Google's access tokens are for Google's own APIs; where a Google account is \
                      to be accepted, send an ID token, and set AUDIENCE to the client that it is \
                      made for";
const GITHUB: &str = "GitHub's API alone can judge this token; a workflow can send its job's ID \
                      token instead (permissions: id-token: write)";
const GITLAB: &str = "GitLab's API alone can judge this token; a job can send an ID token instead \
                      (id_tokens: in .gitlab-ci.yml)";
const HYDRA: &str = "have Ory Hydra issue JWTs: strategies.access_token: jwt in its configuration, \
                     or access_token_strategy: jwt for this client";
const REFRESH: &str = "never send a refresh token to an API: exchange it at the token endpoint, and \
                       send the access token from the response";

/// Documented prefixes, longer ones before those that they begin with.
const PREFIXES: [(&str, &str, &str); 27] = [
    ("ya29.", "a Google access token", GOOGLE),
    ("1//", "a Google refresh token", REFRESH),
    ("gho_", "a GitHub OAuth access token", GITHUB),
    ("ghp_", "a GitHub personal access token", GITHUB),
    ("github_pat_", "a GitHub fine-grained personal access token", GITHUB),
    ("ghu_", "a GitHub App user access token", GITHUB),
    ("ghs_", "a GitHub App installation access token", GITHUB),
    ("ghr_", "a GitHub App refresh token", REFRESH),
    ("glpat-", "a GitLab personal, project or group access token", GITLAB),
    ("gldt-", "a GitLab deploy token", GITLAB),
    ("glcbt-", "a GitLab CI/CD job token", GITLAB),
    ("glrt-", "a GitLab runner authentication token", GITLAB),
    ("gloas-", "a GitLab application secret", GITLAB),
    ("xoxb-", "a Slack bot token", OWN_API),
    ("xoxp-", "a Slack user token", OWN_API),
    ("xoxe.", "a Slack rotated token", OWN_API),
    ("xoxe-", "a Slack refresh token", REFRESH),
    ("xoxa-", "a Slack workspace token", OWN_API),
    ("xapp-", "a Slack app-level token", OWN_API),
    ("ory_at_", "an Ory Hydra access token", HYDRA),
    ("ory_rt_", "an Ory Hydra refresh token", REFRESH),
    ("hvs.", "a HashiCorp Vault service token", OWN_API),
    ("hvb.", "a HashiCorp Vault batch token", OWN_API),
    ("npm_", "an npm access token", OWN_API),
    ("shpat_", "a Shopify access token", OWN_API),
    ("v2.public.", "a PASETO, which is not a JWT", OWN_API),
    ("v4.public.", "a PASETO, which is not a JWT", OWN_API),
];

/// Recognizes an opaque token: by its prefix, or because neither of its first two parts holds a JSON
/// object.
pub(super) fn recognize(token: &str) -> Option<OpaqueToken> {
    let known = PREFIXES.iter().find(|(prefix, ..)| token.starts_with(prefix));
    if let Some((_, name, advice)) = known {
        return Some(OpaqueToken { name: Some(name), advice: Some(advice) });
    }
    let is_readable = token.split('.').take(2).any(begins_with_an_object);
    let is_opaque = !token.is_empty() && !is_readable && !token.contains(char::is_whitespace);
    is_opaque.then_some(OpaqueToken { name: None, advice: None })
}

/// Whether base64url text, even if it is cut or padded, decodes to text that begins with `{`.
fn begins_with_an_object(part: &str) -> bool {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    // Four characters are three bytes, whatever follows them.
    let Some(beginning) = part.get(..part.len().min(8)) else { return false };
    let complete = beginning.len() - beginning.len() % 4;
    let decoded = beginning.get(..complete).and_then(|text| LENIENT.decode(text).ok());
    decoded.is_some_and(|bytes| bytes.trim_ascii_start().first() == Some(&b'{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_tokens_are_recognized_and_jwts_are_not() {
        let table = [
            ("ya29.a0AfB_byC-x.y", Some(Some("a Google access token"))),
            ("ya29.c.Ko8BzQ", Some(Some("a Google access token"))),
            ("gho_16C7e42F292c6912E7710c838347Ae178B4a", Some(Some("a GitHub OAuth access token"))),
            ("github_pat_11A_b", Some(Some("a GitHub fine-grained personal access token"))),
            ("glpat-20-Ab.01.1b", Some(Some("a GitLab personal, project or group access token"))),
            ("xoxb-1-2-a", Some(Some("a Slack bot token"))),
            ("ory_at_a.b", Some(Some("an Ory Hydra access token"))),
            ("Uf3cVYNrk0ioFzqJqb1aNT3Ki3qAEWFv", Some(None)),
            ("a.b", Some(None)),
            ("a.b.c", Some(None)),
            ("a.b.c.d.e", Some(None)),
            // {"alg":"RS256"}, alone, with claims, and damaged.
            ("eyJhbGciOiJSUzI1NiJ9", None),
            ("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c", None),
            ("eyJhbGciOiJSUzI1NiJ9==.b.c", None),
            ("AyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c", None),
            // A header that begins with a line break or a space.
            ("Cnsibi.a.b", None),
            ("eyAiYWxnIjoiUlMyNTYifQ.b.c", None),
            ("two words", None),
            ("", None),
        ];
        for (token, expected) in table {
            assert_eq!(recognize(token).map(|found| found.name), expected, "{token}");
        }
    }

    #[test]
    fn a_longer_prefix_is_not_hidden_by_a_shorter_one() {
        for (place, (longer, ..)) in PREFIXES.iter().enumerate() {
            let before = PREFIXES.iter().take(place);
            assert!(!before.clone().any(|(shorter, ..)| longer.starts_with(shorter)), "{longer}");
        }
    }
}
