//! Tests of the verifier: the cache does not change verdicts, and clock steps do not affect keys.

mod cached;
mod introspected;
mod introspection_model;
mod introspection_world;
mod model;
mod signature_checks;
mod simulation;
mod time;
mod time_model;
mod world;
