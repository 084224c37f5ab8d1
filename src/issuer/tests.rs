//! Tests of small parts: budget, clock, faults, metadata, introspection settings.

mod faults;
mod metadata;
mod timing;
