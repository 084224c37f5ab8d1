//! Why the sender of a token could not prove that the token was issued to it.

use derive_more::{Display, Error, From};

use super::invalid_proof::InvalidProof;
use crate::token::InvalidToken;

/// Why possession is not proven. The caller is at fault.
#[derive(Debug, Display, Error, From, Clone, PartialEq, Eq)]
pub enum Unproven {
    /// The token does not fit the way it was sent: answer `invalid_token`.
    Token(InvalidToken),
    /// The proof is not valid: answer `invalid_dpop_proof`.
    Proof(InvalidProof),
    /// The proof has no nonce, or one that is no longer valid: answer `use_dpop_nonce`.
    #[display("the DPoP proof has no nonce, or one that is no longer valid")]
    NonceNeeded,
}
