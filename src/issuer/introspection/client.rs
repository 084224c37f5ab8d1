//! Client authentication at the introspection endpoint (RFC 7662 section 2.1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::client_certificate::ClientCertificate;
use super::client_key::ClientKey;
use super::fault::IntrospectionFault;
use crate::token::Timestamp;

/// The client that this server is at the issuer.
#[derive(Debug, Clone)]
pub struct IntrospectionClient {
    /// The client id.
    pub id: String,
    /// How the client proves its identity.
    pub authentication: ClientAuthentication,
}

/// How the client proves its identity.
#[derive(Clone, derive_more::Debug)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// A secret, sent as `client_secret_basic`, or as `client_secret_post` if the issuer's metadata
    /// lists only that (RFC 6749 section 2.3.1).
    #[debug("Secret(…)")]
    Secret(String),
    /// A key that signs assertions: `private_key_jwt` (RFC 7523 section 2.2).
    #[debug("Key(…)")]
    Key(ClientKey),
    /// A certificate, presented in the TLS handshake: `tls_client_auth` or
    /// `self_signed_tls_client_auth` (RFC 8705 section 2). The endpoint must be https; one among the
    /// metadata's `mtls_endpoint_aliases` is preferred (section 5).
    #[debug("Certificate(…)")]
    Certificate(ClientCertificate),
}

/// The authentication of one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Authenticated {
    /// The `Authorization` field.
    pub(super) authorization: Option<String>,
    /// The form: the token and the client's parameters.
    pub(super) form: String,
}

impl IntrospectionClient {
    /// A client with a secret.
    pub fn with_secret(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), authentication: ClientAuthentication::Secret(secret.into()) }
    }

    /// A client with a signing key.
    pub fn with_key(id: impl Into<String>, key: ClientKey) -> Self {
        Self { id: id.into(), authentication: ClientAuthentication::Key(key) }
    }

    /// A client with a certificate.
    pub fn with_certificate(id: impl Into<String>, certificate: ClientCertificate) -> Self {
        let authentication = ClientAuthentication::Certificate(certificate);
        Self { id: id.into(), authentication }
    }
}

impl ClientAuthentication {
    /// The form for `token`, authenticated as the client `id`. `methods` are those that the issuer's metadata lists.
    pub(super) fn authenticate(
        &self,
        id: &str,
        token: &str,
        issuer: &str,
        methods: &[String],
        now: Timestamp,
    ) -> Result<Authenticated, IntrospectionFault> {
        const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

        let mut form = Serializer::new(String::new());
        form.append_pair("token", token).append_pair("token_type_hint", "access_token");
        let mut authorization = None;
        match self {
            Self::Secret(secret) if post_only(methods) => {
                form.append_pair("client_id", id).append_pair("client_secret", secret);
            }
            Self::Secret(secret) => authorization = Some(basic(id, secret)),
            Self::Key(key) => {
                let assertion = key.assertion(id, issuer, now);
                let assertion = assertion.ok_or(IntrospectionFault::NotSigned)?;
                form.append_pair("client_id", id)
                    .append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", &assertion);
            }
            // RFC 8705 section 2: the client id says whose certificate it is.
            Self::Certificate(_) => {
                form.append_pair("client_id", id);
            }
        }
        Ok(Authenticated { authorization, form: form.finish() })
    }
}

/// `client_secret_basic`: both parts form-encoded before they are joined (RFC 6749 section 2.3.1).
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

fn post_only(methods: &[String]) -> bool {
    let has = |name: &str| methods.iter().any(|method| method == name);
    has("client_secret_post") && !has("client_secret_basic")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authenticate(client: &IntrospectionClient, methods: &[&str]) -> Authenticated {
        let methods: Vec<String> = methods.iter().map(ToString::to_string).collect();
        let now = Timestamp::from_seconds(1_700_000_000);
        client
            .authentication
            .authenticate(&client.id, "a+b/c=", "https://issuer.example/", &methods, now)
            .expect("a form")
    }

    #[test]
    fn secrets_are_sent_as_the_metadata_asks() {
        const TOKEN: &str = "token=a%2Bb%2Fc%3D&token_type_hint=access_token";
        let client = IntrospectionClient::with_secret("api:1", "s e%c");
        // RFC 6749 2.3.1: `api:1` and `s e%c`, form-encoded, then base64.
        let basic = Some(format!("Basic {}", STANDARD.encode("api%3A1:s+e%25c")));
        for methods in [&[] as &[&str], &["client_secret_basic", "client_secret_post"]] {
            let sent = authenticate(&client, methods);
            assert_eq!(sent.authorization, basic, "{methods:?}");
            assert_eq!(sent.form, TOKEN);
        }
        let sent = authenticate(&client, &["client_secret_post", "private_key_jwt"]);
        assert_eq!(sent.authorization, None);
        assert_eq!(sent.form, format!("{TOKEN}&client_id=api%3A1&client_secret=s+e%25c"));
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let client = IntrospectionClient::with_secret("api", "top-secret");
        let text = format!("{client:?}");
        assert!(!text.contains("top-secret") && text.contains("Secret(…)"), "{text}");
    }
}
