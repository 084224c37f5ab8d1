//! Settings of proofs of possession: DPoP and client certificates.

super::group! {
    PUBLIC_URL("public_url", "public-url",
        "URL", "RESOURCE if it is an https URL; on a loopback HOST also that address")
        .description("URLs of this API as callers write them; DPoP proofs must name one").list();
    DPOP("dpop", "dpop", "MODE", "allowed")
        .description("Whether tokens may be bound to a DPoP key: off, allowed or required");
    DPOP_SIGNING_ALG("dpop_signing_alg", "dpop-signing-alg",
        "ALGORITHM", "every supported one with a public key")
        .description("Signature algorithms that DPoP proofs may use").list();
    DPOP_PROOF_MAX_AGE("dpop_proof_max_age", "dpop-proof-max-age", "SECONDS", "60")
        .description("Maximum age of DPoP proofs and nonces, 1 to 3600 seconds");
    DPOP_PROOF_TOLERANCE("dpop_proof_tolerance", "dpop-proof-tolerance", "SECONDS", "10")
        .description("How far in the future a DPoP proof may have been made, 0 to 300 seconds");
    DPOP_NONCE("dpop_nonce", "dpop-nonce", "MODE", "off")
        .description("Whether DPoP proofs need a nonce from this server: off or required");
    DPOP_NONCE_KEY_FILE("dpop_nonce_key_file", "dpop-nonce-key-file", "PATH", "a random key for each process")
        .description("File with the nonce keys that replicas share: one or two lines of 32 bytes in base64");
    DPOP_REPLAY_ENTRIES("dpop_replay_entries", "dpop-replay-entries", "NUMBER", "1000000")
        .description("Maximum number of used DPoP proofs remembered in process");
    CLIENT_CERTIFICATE("client_certificate", "client-certificate", "SOURCE", "off")
        .description("Where client certificates come from: off, tls or header");
    CLIENT_CERTIFICATE_HEADER("client_certificate_header", "client-certificate-header", "NAME", "Client-Cert")
        .description("Header field in which TRUSTED_PROXIES pass the client certificate on");
    CLIENT_CA_FILE("client_ca_file", "client-ca-file",
        "PATH", "any certificate, since its hash binds the token")
        .description("File with the CAs that client certificates must come from");
    SHARED_MEMORY("shared_memory", "", "URL", "in process")
        .description("Redis or Valkey in which replicas remember used DPoP proofs and count for the rate limits")
        .secret();
}
