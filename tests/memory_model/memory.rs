//! The module `memory` of the crate, with checked locks.

#[path = "../../src/memory/local.rs"]
#[expect(dead_code, unreachable_pub, reason = "part of the crate, compiled by itself here")]
pub mod local;

mod sync {
    pub(super) use loom::sync::Mutex;
}
