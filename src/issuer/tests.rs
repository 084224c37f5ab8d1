//! Tests of small parts: keys and their status, faults, metadata, proxies, introspection settings.

mod faults;
mod fetching;
mod keys;
mod metadata;
mod proxied;
mod status;
