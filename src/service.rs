//! The runnable API.

pub mod logging;
pub mod settings;
