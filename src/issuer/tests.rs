//! Tests of small parts: budget, clock, faults, metadata, introspection settings.

mod faults;
mod fetching;
mod keys;
mod metadata;
mod proxied;
mod status;
mod timing;
