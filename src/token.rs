//! Is this token good? Bytes and a clock in, a verdict out.

mod algorithm;
mod profile;

pub use algorithm::{Algorithm, Algorithms, Family, UnsupportedAlgorithm};
pub use profile::{Profile, UnknownProfile};
