//! The memory of used proofs, which is not public, compiled once more.

#[path = "../../../src/memory/local.rs"]
pub(crate) mod local;

mod sync {
    pub(super) use std::sync::Mutex;
}
