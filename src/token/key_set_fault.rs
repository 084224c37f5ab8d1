//! Faults of a key set and of the keys in it.

use derive_more::{Display, Error, From};

use super::algorithm::Algorithm;
use super::json::JsonFault;
use super::printable::Printable;
use super::unusable_key::UnusableKey;

/// Why a document is not a usable key set. The issuer is at fault.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
    /// No key that could verify a token here.
    #[display("the key set has no usable key{}", list(skipped))]
    NoUsableKey {
        /// The keys, each with the reason why it is not usable.
        skipped: Vec<SkippedKey>,
    },
}

/// A key that was skipped.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[display("key {id}: {reason}")]
pub struct SkippedKey {
    /// The `kid` of the key, or its place in the set.
    pub id: Printable,
    /// Why it was skipped.
    pub reason: SkipReason,
}

/// Why a key was skipped.
#[derive(Debug, Display, Error, From, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// Not a JSON object with each member once.
    #[display("it cannot be read: {_0}")]
    #[from]
    Malformed(JsonFault),
    /// A member that is missing, or has another type or encoding.
    #[display("its member {_0} is missing or malformed")]
    BadMember(#[error(not(source))] &'static str),
    /// A `kty` or `crv` that is not supported (RFC 7517 section 5).
    #[display("its type or curve is not supported")]
    UnsupportedType,
    /// A key that is not for verifying signatures by its `use` or `key_ops`, or where these
    /// contradict each other.
    #[display("it is not meant for verifying signatures")]
    NotForSignatures,
    /// `alg` names an algorithm that is not supported.
    #[display("its algorithm is not supported")]
    UnsupportedAlgorithm,
    /// An algorithm that is not on the allow-list.
    #[display("its algorithm {_0} is not allowed")]
    NotAllowed(#[error(not(source))] Algorithm),
    /// A private key. Everyone who can read the set can forge tokens.
    #[display("it is a private key, and must be considered stolen")]
    PrivatePart,
    /// A symmetric key. A published secret is not a secret.
    #[display("it is a shared secret, which does not belong in a key set")]
    SharedSecret,
    /// The same key as another one of the set, with the same `kid`.
    #[display("it is in the set more than once")]
    Duplicate,
    /// Keys after the last one that is read.
    #[display("only the first {limit} usable keys are read")]
    BeyondLimit {
        /// How many keys are read.
        limit: usize,
    },
    /// Further keys that are skipped for reasons of their own.
    #[display("skipped, and not listed one by one")]
    Unlisted,
    /// A key that is invalid or not safe.
    #[from]
    Unusable(UnusableKey),
}

/// A property of a key set that makes it harder to find the key of a token.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySetWarning {
    /// Several keys for one algorithm have the same `kid`.
    #[display(
        "{count} keys for {algorithm} have the kid {id}, so each token may need several signature \
         checks"
    )]
    SharedId {
        /// The `kid`.
        id: Printable,
        /// The algorithm.
        algorithm: Algorithm,
        /// How many keys there are.
        count: usize,
    },
    /// Several keys for one algorithm have no `kid`.
    #[display(
        "{count} keys for {algorithm} have no kid, so each token may need several signature checks"
    )]
    WithoutId {
        /// The algorithm.
        algorithm: Algorithm,
        /// How many keys there are.
        count: usize,
    },
}

fn list(skipped: &[SkippedKey]) -> String {
    skipped.iter().map(|key| format!("; {key}")).collect()
}
