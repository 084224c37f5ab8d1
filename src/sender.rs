//! Sender checks: was the token sent by the party it was issued to?
//!
//! This room is pure: header fields arrive as bytes, the time as an argument. It reads the
//! `Authorization` header field; proofs of possession (DPoP, mTLS) belong here too.

mod certificate;
mod credentials;
mod presentation;

pub use certificate::CertificateThumbprint;
pub use credentials::{BearerToken, MalformedCredentials};
pub use presentation::{Credentials, Presentation, Proofs, Scheme};
