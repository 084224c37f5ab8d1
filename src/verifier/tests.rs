//! A verifier that remembers tokens must give the verdicts of one that does not.

mod cached;
mod model;
mod simulation;
mod time;
mod time_model;
mod world;
