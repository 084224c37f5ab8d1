//! HTTP client for introspection, with the client's current credentials.

use std::cell::RefCell;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ClientConfig;

use super::client::ClientAuthentication;
use crate::issuer::guarded_client::GuardedClient;
use crate::issuer::proxies::Proxies;

/// The credentials of this server at the issuer, which can be replaced at any time.
pub(crate) type SharedCredentials = ArcSwap<ClientAuthentication>;

/// Idle connections that are kept to the issuer.
const IDLE_CONNECTIONS: usize = 8;

/// What a call is made with. The HTTP client is made anew when the credentials change, since a
/// connection keeps the certificate it began with.
pub(super) struct Transport {
    tls: Arc<ClientConfig>,
    proxies: Proxies,
    credentials: Arc<SharedCredentials>,
    current: RefCell<Option<(Arc<ClientAuthentication>, GuardedClient)>>,
}

impl Transport {
    pub(super) const fn new(
        tls: Arc<ClientConfig>,
        proxies: Proxies,
        credentials: Arc<SharedCredentials>,
    ) -> Self {
        Self { tls, proxies, credentials, current: RefCell::new(None) }
    }

    /// The current credentials, and a client that presents them where they are a certificate.
    pub(super) fn current(&self) -> (Arc<ClientAuthentication>, GuardedClient) {
        let credentials = self.credentials.load_full();
        let mut current = self.current.borrow_mut();
        if let Some((known, client)) = &*current
            && Arc::ptr_eq(known, &credentials)
        {
            return (credentials, client.clone());
        }
        let tls = match &*credentials {
            ClientAuthentication::Certificate(certificate) => Arc::new(certificate.tls(&self.tls)),
            _ => Arc::clone(&self.tls),
        };
        let client = GuardedClient::new(tls, self.proxies.clone());
        let client = client.keeping_connections(IDLE_CONNECTIONS);
        *current = Some((Arc::clone(&credentials), client.clone()));
        (credentials, client)
    }
}
