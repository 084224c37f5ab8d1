//! Introspection endpoint of an issuer, from the configuration or from the issuer's metadata.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use url::Url;

/// What issuer metadata says about introspection (RFC 8414 section 2, RFC 9701 section 7).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IntrospectionMetadata {
    /// `introspection_endpoint`, if it is safe to use.
    pub(crate) endpoint: Option<Url>,
    /// The same among `mtls_endpoint_aliases` (RFC 8705 section 5).
    pub(crate) mtls_endpoint: Option<Url>,
    /// `introspection_endpoint_auth_methods_supported`.
    pub(crate) methods: Vec<String>,
    /// Whether signed responses are offered: `introspection_signing_alg_values_supported`.
    pub(crate) is_signed: bool,
}

/// An endpoint and how to call it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IntrospectionEndpoint {
    /// Where tokens are posted to.
    pub(crate) url: Url,
    /// Where clients with a certificate post them to, if that differs.
    pub(crate) mtls_url: Option<Url>,
    /// The issuer as it writes itself.
    pub(crate) issuer: String,
    /// Client authentication methods that the metadata lists; empty if it lists none.
    pub(crate) methods: Vec<String>,
    /// Whether signed responses are asked for.
    pub(crate) is_signed: bool,
}

/// The endpoint as all threads share it. A configured URL wins over that of the metadata.
#[derive(Debug, Default)]
pub(crate) struct SharedEndpoint {
    /// Whether the issuer is asked about tokens.
    is_used: bool,
    configured: Option<Url>,
    current: ArcSwapOption<IntrospectionEndpoint>,
}

impl SharedEndpoint {
    /// The endpoint of `issuer`, at `configured` or where its metadata will say.
    pub(crate) fn new(configured: Option<Url>, issuer: &str) -> Self {
        let endpoint = Self { is_used: true, configured, current: ArcSwapOption::empty() };
        endpoint.learn(issuer, &IntrospectionMetadata::default());
        endpoint
    }

    /// Takes over what the metadata of `issuer` says.
    pub(crate) fn learn(&self, issuer: &str, metadata: &IntrospectionMetadata) {
        let announced = metadata.endpoint.as_ref().or(metadata.mtls_endpoint.as_ref());
        let Some(url) = self.configured.as_ref().or(announced).cloned() else {
            self.current.store(None);
            return;
        };
        let mtls_url = metadata.mtls_endpoint.clone().filter(|_| self.configured.is_none());
        self.current.store(Some(Arc::new(IntrospectionEndpoint {
            url,
            mtls_url,
            issuer: issuer.to_owned(),
            methods: metadata.methods.clone(),
            is_signed: metadata.is_signed,
        })));
    }

    /// Whether the issuer can be asked about tokens, with this metadata.
    pub(crate) fn is_usable_with(&self, metadata: &IntrospectionMetadata) -> bool {
        let is_announced = metadata.endpoint.is_some() || metadata.mtls_endpoint.is_some();
        self.is_used && (self.configured.is_some() || is_announced)
    }

    /// The endpoint, if it is known.
    pub(crate) fn get(&self) -> Option<Arc<IntrospectionEndpoint>> {
        self.current.load_full()
    }
}
