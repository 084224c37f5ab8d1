//! Name of this program in requests.

/// Name and version: some firewalls in front of issuers reject requests without (RFC 9110 section
/// 10.1.5).
pub(super) const PRODUCT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
