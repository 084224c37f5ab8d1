//! What can be wrong with a key set, and with each key in it.

use derive_more::{Display, Error, From};

use super::algorithm::Algorithm;
use super::json::JsonFault;
use super::key::UnusableKey;
use super::printable::Printable;

/// Why a document is not a usable key set. The issuer is to blame.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
pub enum KeySetFault {
    /// Not one JSON object.
    #[display("the key set cannot be used: {fault}")]
    Malformed {
        /// What is wrong with it.
        fault: JsonFault,
    },
    /// No array named `keys` (RFC 7517 section 5.1).
    #[display("the key set has no array named keys")]
    NoKeys,
    /// More keys than are read.
    #[display("the key set holds {count} keys; the limit is {limit}")]
    TooManyKeys {
        /// How many there are.
        count: usize,
        /// How many may be.
        limit: usize,
    },
    /// Not one key that could verify a token here.
    #[display("the key set holds no usable key{}", list(skipped))]
    NoUsableKey {
        /// Each key with the reason why it cannot be used.
        skipped: Vec<SkippedKey>,
    },
}

/// A key that was left out, and why.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[display("key {id}: {reason}")]
pub struct SkippedKey {
    /// The key's `kid`, made safe to print, or its place in the set.
    pub id: Printable,
    /// Why it was left out.
    pub reason: SkipReason,
}

/// Why a key was left out of its set.
#[derive(Debug, Display, Error, From, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// Not a JSON object with each member once.
    #[display("it cannot be read: {_0}")]
    Malformed(JsonFault),
    /// A member is missing or of the wrong type or encoding.
    #[display("its member {_0} is missing or malformed")]
    #[from(ignore)]
    BadMember(#[error(not(source))] &'static str),
    /// A `kty` or `crv` that this server does not know (RFC 7517 section 5: ignore it).
    #[display("its type or curve is not supported")]
    UnsupportedType,
    /// `use` or `key_ops` say that it is not for verifying signatures.
    #[display("it is not meant for verifying signatures")]
    NotForSignatures,
    /// `alg` names nothing this server can verify.
    #[display("its algorithm is not supported")]
    UnsupportedAlgorithm,
    /// Its algorithm is not on the allow-list.
    #[display("its algorithm {_0} is not allowed")]
    #[from(ignore)]
    NotAllowed(#[error(not(source))] Algorithm),
    /// It holds its private part: whoever can read the set can forge tokens.
    #[display("it holds its private part and must be considered stolen")]
    PrivatePart,
    /// A symmetric key: a secret has no place in a key set.
    #[display("it is a shared secret, which has no place in a key set")]
    SharedSecret,
    /// Another key before it has the same `kid` and algorithm.
    #[display("another key has the same kid and algorithm")]
    Duplicate,
    /// Its numbers are no safe key.
    #[display("{_0}")]
    Unusable(UnusableKey),
}

fn list(skipped: &[SkippedKey]) -> String {
    skipped.iter().map(|key| format!("; {key}")).collect()
}
