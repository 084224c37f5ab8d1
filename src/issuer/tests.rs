//! Tests of small parts: budget, clock, faults, metadata, introspection settings.

mod faults;
mod keys;
mod metadata;
mod status;
mod timing;
