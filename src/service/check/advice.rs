//! How to fix the faults of issuers and of their keys.

use url::Url;

use super::issuer_product::IssuerProduct;
use crate::issuer::{CertificateFault, IssuerFault, ProxyFault};
use crate::token::{JsonFault, KeySetFault, Printable, SkipReason, SkippedKey, UnusableKey};

/// How to fix a fault that keeps an issuer's keys from being obtained.
pub(in crate::service) fn on_fault(fault: &IssuerFault) -> String {
    let text = match fault {
        IssuerFault::Unreachable { .. } => {
            "check the spelling of the host, and whether this machine can reach it: name \
             resolution, firewalls, a proxy in between"
        }
        IssuerFault::Certificate { fault, .. } => on_certificate(fault),
        IssuerFault::ClientCertificate { .. } => {
            "the issuer's server wants a client certificate where metadata and keys are fetched, which \
             this service presents for introspection alone: have the issuer publish them without, \
             or set JWKS_URI to an address that needs none"
        }
        IssuerFault::Proxy { fault, .. } => on_proxy(fault),
        IssuerFault::TimedOut { tried, .. } if tried.contains("the proxy") => {
            "see whether HTTPS_PROXY and HTTP_PROXY name a proxy that answers, and whether it reaches \
             the issuer; NO_PROXY lists hosts that are reached without it"
        }
        IssuerFault::TimedOut { .. } => {
            "check whether the network in between is slow or drops packets; KEY_FETCH_TIMEOUT sets \
             the time limit"
        }
        IssuerFault::Status { status, address, .. } => on_status(*status, address),
        IssuerFault::AnotherIssuer { found, jwks_uri } => {
            return on_another_issuer(found, jwks_uri.as_ref());
        }
        IssuerFault::MetadataIncomplete { member: "jwks_uri" } => {
            "the issuer does not publish its keys in its metadata: set ISSUER and, with it, \
             JWKS_URI or PUBLIC_KEY_FILE. If its tokens are opaque, set INTROSPECTION=opaque"
        }
        IssuerFault::MetadataMalformed { fault: JsonFault::NotAnObject }
        | IssuerFault::MetadataIncomplete { .. } => {
            "this is not the address of an OAuth 2 or OpenID Connect issuer: use curl to see what \
             it returns, at /.well-known/openid-configuration below it"
        }
        IssuerFault::MetadataMalformed { fault } => return on_json("metadata", *fault),
        IssuerFault::IssuerTemplate { .. } => {
            "issuer template; set TENANTS to the IDs of the tenants to accept, or TENANTS=any for every \
             tenant, or set ISSUER_BASE_URL to the issuer of one tenant"
        }
        IssuerFault::InsecureKeySet { .. } => {
            "have the issuer name an https address. The usual cause is a proxy in front of the \
             issuer: the issuer must know that clients reach it by https"
        }
        IssuerFault::KeySet(fault) => return on_key_set(fault),
        IssuerFault::TokenFile { .. } => {
            "see whether KEY_FETCH_TOKEN_FILE names the file of one token, which this service can read"
        }
        IssuerFault::Interrupted => "see the log, and report the bug",
        IssuerFault::TooLarge { .. } => {
            "check the address: metadata and key sets are much smaller. If it is right, raise \
             KEY_MAX_BYTES"
        }
        IssuerFault::Encoded { .. } => {
            "have the issuer, or the proxy in front of it, compress only what the client accepts \
             (Accept-Encoding)"
        }
    };
    text.to_owned()
}

const fn on_proxy(fault: &ProxyFault) -> &'static str {
    match fault {
        ProxyFault::CredentialsNeeded { .. } => {
            "write the user name and password for the proxy into its setting: \
             HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, reserved characters percent-encoded"
        }
        ProxyFault::Refused { .. } => {
            "have the proxy allow connections to the issuer, or add the issuer's host to NO_PROXY if \
             it is reached without the proxy"
        }
        _ => {
            "correct HTTPS_PROXY or HTTP_PROXY, or add the issuer's host to NO_PROXY if it is reached \
             without a proxy"
        }
    }
}

fn on_status(status: u16, address: &str) -> &'static str {
    let is_metadata =
        ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
            .iter()
            .any(|path| address.contains(path));
    match status {
        300..=399 => {
            "redirects are not followed: set the address that this one redirects to; often only a \
             slash, www. or the domain differs"
        }
        429 => "wait: the issuer gets too many requests; find out what else sends it requests",
        400..=499 if is_metadata => {
            "there is no such issuer at this address. With Auth0 it is https://DOMAIN/, with \
             Keycloak https://HOST/realms/REALM, with Okta https://DOMAIN/oauth2/default, with \
             Entra https://login.microsoftonline.com/TENANT/v2.0"
        }
        400..=499 => {
            "the key set is not at this address: check JWKS_URI or, if that is not set, jwks_uri \
             in the issuer's metadata"
        }
        _ => "the issuer has a fault of its own: check its status page, and try again",
    }
}

/// How to fix a server certificate that is not accepted.
const fn on_certificate(fault: &CertificateFault) -> &'static str {
    match fault {
        CertificateFault::UnknownAuthority => {
            "if the issuer uses a private certificate authority or a self-signed certificate, set \
             SSL_CERT_FILE to a PEM file with the authority's certificate (it replaces the root \
             certificates of this machine). If the authority is a public one, the issuer's server \
             does not send its intermediate certificate: have it send the full chain"
        }
        CertificateFault::AuthorityAsServer => {
            "the server presents a certificate with basicConstraints CA:TRUE, as `openssl req \
             -x509` makes them by default. Issue a certificate for the server, signed by that \
             authority or self-signed with CA:FALSE, and set SSL_CERT_FILE to the certificate that \
             signed it"
        }
        CertificateFault::WrongName { .. } => {
            "use the host name that the certificate is for, or have the issuer's server present a \
             certificate whose subjectAltName has this name"
        }
        CertificateFault::Expired => {
            "have the issuer's operator renew the certificate; if it is still valid, set this \
             machine's clock"
        }
        CertificateFault::NotYetValid => {
            "set this machine's clock; if it is right, the issuer's certificate is for later use"
        }
        CertificateFault::WrongPurpose => {
            "have the issuer's server present a certificate whose extended key usage includes \
             serverAuth"
        }
        CertificateFault::Other { .. } => "report it to the operator of the issuer",
    }
}

/// The metadata was obtained below another address than that of the issuer which it names: a user
/// flow of Azure AD B2C, a tenant's name in place of its ID, another domain of the issuer.
fn on_another_issuer(found: &Printable, jwks_uri: Option<&Url>) -> String {
    let name = found.to_string();
    if name.contains('{') {
        return format!(
            "the metadata is a template for the issuers of many tenants. Set ISSUER_BASE_URL to \
             the issuer of your tenant: {name}, with the tenant's ID in place of the braces; or, for \
             many tenants, to the same with common in place of the braces, and set TENANTS"
        );
    }
    match jwks_uri {
        Some(jwks_uri) if IssuerProduct::of(&name) != IssuerProduct::Auth0 => format!(
            "if the tokens name {name} in iss, set ISSUER={name} and JWKS_URI={jwks_uri} in place \
             of ISSUER_BASE_URL"
        ),
        _ => format!(
            "if the tokens name {name} in iss, set ISSUER_BASE_URL={name}. A tenant with a custom \
             domain answers at both domains; its tokens name the one at which they were requested"
        ),
    }
}

/// How to fix a key set that cannot be used.
fn on_key_set(fault: &KeySetFault) -> String {
    let text = match fault {
        KeySetFault::Malformed { fault: JsonFault::NotAnObject } => {
            "this is not the address of a key set: use curl to see what it returns. A key set is a \
             JSON object with an array named keys (RFC 7517 section 5)"
        }
        KeySetFault::Malformed { fault } => return on_json("key set", *fault),
        KeySetFault::NoKeys => {
            "this JSON object is not a key set, which has an array named keys (RFC 7517 section \
             5). Some issuers publish certificates at one address and a key set at another: set \
             JWKS_URI to the key set"
        }
        KeySetFault::NoUsableKey { skipped } => return on_skipped_keys(skipped),
    };
    text.to_owned()
}

fn on_skipped_keys(skipped: &[SkippedKey]) -> String {
    if skipped.is_empty() {
        return "the issuer publishes an empty key set: have it create a signing key".to_owned();
    }
    let mut advice: Vec<String> = Vec::new();
    for key in skipped {
        let line = on_skipped(&key.reason);
        if !advice.contains(&line) {
            advice.push(line);
        }
    }
    advice.join("; ")
}

/// How to fix a key that was skipped.
pub(super) fn on_skipped(reason: &SkipReason) -> String {
    let text = match reason {
        SkipReason::Malformed(fault) => return on_json("key", *fault),
        SkipReason::BadMember(member) => {
            return format!("have the issuer publish the key with a valid member {member}");
        }
        SkipReason::UnsupportedType | SkipReason::UnsupportedAlgorithm => {
            "have the issuer sign with RS256, PS256, ES256, ES384 or EdDSA"
        }
        SkipReason::NotForSignatures => {
            "have the issuer publish a key for signatures (use: sig), not only keys for encryption"
        }
        SkipReason::NotAllowed(algorithm) => {
            return format!("add {algorithm} to TOKEN_SIGNING_ALG, or remove that setting");
        }
        SkipReason::PrivatePart => {
            "tell the operator of the issuer at once: it publishes its private key, so that anyone \
             can forge its tokens. The key must be replaced"
        }
        SkipReason::SharedSecret => {
            "tell the operator of the issuer at once: it publishes a shared secret, so that anyone \
             can forge its tokens. If its tokens are to be verified with a secret, replace the \
             secret, and set ISSUER and SECRET_FILE"
        }
        SkipReason::Duplicate => "have the issuer publish each key once",
        SkipReason::BeyondLimit { .. } | SkipReason::Unlisted => {
            "raise KEY_MAX_COUNT, or have the issuer remove old keys"
        }
        SkipReason::Unusable(UnusableKey::WeakRsa) => {
            "have the issuer create an RSA key of 2048 to 4096 bits with the exponent 65537; if the \
             key is larger, KEY_LARGE_RSA=on accepts it"
        }
        SkipReason::Unusable(_) => {
            "have the issuer create a new key: RSA with at least 2048 bits, or on the curve P-256, \
             P-384 or Ed25519"
        }
    };
    text.to_owned()
}

fn on_json(document: &str, fault: JsonFault) -> String {
    match fault {
        JsonFault::NotUtf8 => format!("have the issuer publish its {document} in UTF-8 (RFC 8259)"),
        JsonFault::NotAnObject => {
            format!("have the issuer publish its {document} as one JSON object")
        }
        JsonFault::DuplicateMember => format!(
            "have the issuer write each member of its {document} once: readers disagree on which \
             of two counts"
        ),
        JsonFault::UnreadableValue => format!(
            "have the issuer write values in its {document} that every reader understands (RFC \
             8259 sections 6, 8.2 and 9)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Algorithm;

    fn no_usable_key(reasons: &[SkipReason]) -> IssuerFault {
        let skipped =
            reasons.iter().map(|reason| SkippedKey { id: Printable::new("key"), reason: *reason });
        IssuerFault::KeySet(KeySetFault::NoUsableKey { skipped: skipped.collect() })
    }

    #[test]
    fn each_fault_of_a_key_set_has_its_own_advice() {
        let of = |fault: KeySetFault| on_fault(&IssuerFault::KeySet(fault));
        let malformed = |fault| of(KeySetFault::Malformed { fault });
        let unusable = |reason| on_fault(&no_usable_key(&[reason]));
        let table = [
            (malformed(JsonFault::NotAnObject), "use curl"),
            (malformed(JsonFault::DuplicateMember), "each member of its key set once"),
            (malformed(JsonFault::NotUtf8), "UTF-8"),
            (of(KeySetFault::NoKeys), "an array named keys"),
            (on_fault(&no_usable_key(&[])), "empty key set"),
            (unusable(SkipReason::NotForSignatures), "use: sig"),
            (unusable(SkipReason::NotAllowed(Algorithm::Es256)), "add ES256 to TOKEN_SIGNING_ALG"),
            (unusable(SkipReason::PrivatePart), "private key"),
            (unusable(SkipReason::SharedSecret), "SECRET_FILE"),
            (unusable(SkipReason::UnsupportedType), "sign with RS256"),
            (unusable(SkipReason::BadMember("n")), "member n"),
            (unusable(SkipReason::Duplicate), "each key once"),
            (unusable(SkipReason::BeyondLimit { limit: 64 }), "KEY_MAX_COUNT"),
            (unusable(SkipReason::Unusable(UnusableKey::WeakRsa)), "KEY_LARGE_RSA=on"),
        ];
        for (advice, text) in &table {
            assert!(advice.contains(text), "{text}: {advice}");
        }
        let distinct: std::collections::BTreeSet<&String> =
            table.iter().map(|(advice, _)| advice).collect();
        assert_eq!(distinct.len(), table.len(), "no two faults have the same advice");
    }

    #[test]
    fn keys_skipped_for_the_same_reason_get_their_advice_once() {
        let reasons = [
            SkipReason::NotForSignatures,
            SkipReason::NotAllowed(Algorithm::Es256),
            SkipReason::NotAllowed(Algorithm::Es256),
        ];
        let advice = on_fault(&no_usable_key(&reasons));
        assert_eq!(advice.matches("ES256").count(), 1, "{advice}");
        assert!(advice.contains("use: sig"), "{advice}");
    }
}
