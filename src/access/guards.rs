//! Guards: the extractors that admit or reject a request.

mod authorized;
mod claims;
mod guard;
mod in_role;
mod maybe;
mod permitted;
mod public;
mod scoped;

pub use authorized::Authorized;
pub use claims::Claims;
pub use guard::{Guard, TokenGuard};
pub use in_role::InRole;
pub use maybe::{Maybe, OptionalAdmission};
pub use permitted::Permitted;
pub use public::Public;
pub use scoped::Scoped;
