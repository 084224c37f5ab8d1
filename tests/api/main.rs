//! The service as a stranger's client meets it: real HTTP, real keys, real signatures.

mod challenges;
mod endpoints;
mod keys;
mod policies;
mod request_body;
mod test_app;
mod tokens;
