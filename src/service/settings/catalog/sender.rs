//! Settings of proofs of possession: DPoP and client certificates.

use super::Setting;

super::group! {
    PUBLIC_URL = Setting::new("public_url", "public-url", &["PUBLIC_URL"])
        .value_name("URL")
        .description("URLs of this API as callers write them; DPoP proofs must name one")
        .default_text("RESOURCE if it is an https URL; on a loopback HOST also that address")
        .list();
    DPOP = Setting::new("dpop", "dpop", &["DPOP"])
        .value_name("MODE")
        .description("Whether tokens may be bound to a DPoP key: off, allowed or required")
        .default_text("allowed");
    DPOP_SIGNING_ALG = Setting::new("dpop_signing_alg", "dpop-signing-alg", &["DPOP_SIGNING_ALG"])
        .value_name("ALGORITHM")
        .description("Signature algorithms that DPoP proofs may use")
        .default_text("every supported one with a public key")
        .list();
    DPOP_PROOF_MAX_AGE = Setting::new("dpop_proof_max_age", "dpop-proof-max-age", &["DPOP_PROOF_MAX_AGE"])
        .value_name("SECONDS")
        .description("Maximum age of DPoP proofs and nonces")
        .default_text("60");
    DPOP_PROOF_TOLERANCE = Setting::new("dpop_proof_tolerance", "dpop-proof-tolerance", &["DPOP_PROOF_TOLERANCE"])
        .value_name("SECONDS")
        .description("How far in the future a DPoP proof may have been made")
        .default_text("10");
    DPOP_NONCE = Setting::new("dpop_nonce", "dpop-nonce", &["DPOP_NONCE"])
        .value_name("MODE")
        .description("Whether DPoP proofs need a nonce of this server: off or required")
        .default_text("off");
    DPOP_NONCE_KEY_FILE = Setting::new("dpop_nonce_key_file", "dpop-nonce-key-file", &["DPOP_NONCE_KEY_FILE"])
        .value_name("PATH")
        .description("File with the nonce keys that replicas share: one or two lines of 32 bytes in base64")
        .default_text("a random key for each process");
    DPOP_REPLAY_ENTRIES = Setting::new("dpop_replay_entries", "dpop-replay-entries", &["DPOP_REPLAY_ENTRIES"])
        .value_name("NUMBER")
        .description("Used DPoP proofs remembered in process")
        .default_text("1000000");
    CLIENT_CERTIFICATE = Setting::new("client_certificate", "client-certificate", &["CLIENT_CERTIFICATE"])
        .value_name("SOURCE")
        .description("Where client certificates come from: off, tls or header")
        .default_text("off");
    CLIENT_CERTIFICATE_HEADER = Setting::new("client_certificate_header", "client-certificate-header", &["CLIENT_CERTIFICATE_HEADER"])
        .value_name("NAME")
        .description("Header field in which TRUSTED_PROXIES pass the client certificate on")
        .default_text("Client-Cert");
    CLIENT_CA_FILE = Setting::new("client_ca_file", "client-ca-file", &["CLIENT_CA_FILE"])
        .value_name("PATH")
        .description("File with the CAs that client certificates must come from")
        .default_text("any certificate, since its hash binds the token");
    SHARED_MEMORY = Setting::new("shared_memory", "", &["SHARED_MEMORY"])
        .value_name("URL")
        .description("Redis or Valkey that replicas remember used DPoP proofs and rate limits in")
        .default_text("in process")
        .secret();
}
