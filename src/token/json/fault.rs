//! Faults of JSON documents.

use derive_more::{Display, Error};

/// Why bytes are not one JSON object. The author of the bytes is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonFault {
    /// The bytes are not UTF-8 (RFC 8725 section 3.7).
    #[display("not UTF-8")]
    NotUtf8,
    /// The text is not one JSON object and nothing else.
    #[display("not one JSON object")]
    NotAnObject,
    /// A member name that occurs twice in one object, at any depth. Readers would disagree on which
    /// value counts.
    #[display("a member name occurs twice")]
    DuplicateMember,
    /// A value that fits the grammar of JSON and that many readers cannot read: half of a surrogate
    /// pair, a number out of range, too deep nesting (RFC 8259 sections 6, 8.2 and 9).
    #[display("a value in it cannot be read")]
    UnreadableValue,
}
