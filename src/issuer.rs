//! Whose keys? Discovery and key sets, over the network.

mod identifier;

#[cfg(feature = "service")]
pub(crate) use identifier::secure_url;
pub use identifier::{InvalidIssuer, IssuerIdentifier};
