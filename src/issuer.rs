//! Whose keys? Discovery and key sets, over the network.

mod identifier;

pub use identifier::{InvalidIssuer, IssuerIdentifier};
