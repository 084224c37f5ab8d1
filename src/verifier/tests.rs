//! Tests of the verifier: its cache must not change verdicts, and time must not change keys.

mod cached;
mod model;
mod signature_checks;
mod simulation;
mod time;
mod time_model;
mod world;
