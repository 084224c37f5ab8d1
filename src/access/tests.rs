//! Tests of what several files of this directory do together.

mod credentials;
mod documents;
mod every_way_in;
mod mounted_routes;
mod policies;
mod rejections;
mod requests;
mod values;

use crate::ProtectedResource;
use crate::sender::{DpopMode, DpopPolicy};
use crate::testing::{OfflineIssuer, PUBLIC_URL};

/// A resource with the tokens of this issuer, which takes proofs as `mode` says.
fn with_dpop(issuer: &OfflineIssuer, mode: DpopMode) -> ProtectedResource {
    let mut policy = DpopPolicy::new([PUBLIC_URL.parse().expect("a URL")]);
    policy.mode = mode;
    let builder = issuer.verifier_builder().dpop(policy).proof_memory(100);
    ProtectedResource::new(builder.start().expect("a verifier"))
}
