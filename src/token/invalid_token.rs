//! Reasons for which a token is rejected.

use derive_more::{Display, Error};

use super::algorithm::Algorithm;
use super::json::JsonFault;
use super::jws::Part;
use super::printable::Printable;

/// Why a token is rejected. The response is 401 with `invalid_token` (RFC 6750 section 3.1).
///
/// `Display` is the text for the operator: complete, and without the value of any claim.
/// [`InvalidToken::description`] is the text for the caller: safe, short, and in the characters of
/// `error_description`. [`InvalidToken::reason`] is a stable code for metrics and logs.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidToken {
    /// Longer than [`MAX_TOKEN_LENGTH`](super::MAX_TOKEN_LENGTH).
    #[display("the token is {length} bytes long; the limit is {limit}")]
    TooLong {
        /// Length of the token in bytes.
        length: usize,
        /// Limit in bytes.
        limit: usize,
    },
    /// One part: a reference that only the issuer can read. The client did not request an audience,
    /// or the issuer does not issue JWTs.
    #[display(
        "the token is opaque, not a JWT; the client may have requested it without an audience"
    )]
    Opaque,
    /// Five parts: a JWE, which only the owner of its key can read.
    #[display("the token is encrypted (a JWE); only signed tokens are accepted")]
    Encrypted,
    /// A number of parts other than one, three or five (RFC 7519 section 7.2).
    #[display("the token has {parts} parts, and a signed JWT has three")]
    WrongPartCount {
        /// The number of parts.
        parts: usize,
    },
    /// A character outside the alphabet of a compact JWS (RFC 7515 section 2).
    #[display("the token contains a character that is neither base64url nor a dot")]
    ForbiddenCharacter,
    /// A part that is not base64url without padding, in its canonical form.
    #[display("the {part} of the token is not base64url")]
    NotBase64Url {
        /// The part.
        part: Part,
    },
    /// Header or claims that are not one JSON object with unique member names.
    #[display("the {part} of the token cannot be read: {fault}")]
    Malformed {
        /// The part.
        part: Part,
        /// The fault.
        fault: JsonFault,
    },
    /// A header parameter that is not a string, or `alg` missing.
    #[display("the header parameter {name} of the token is missing or not a string")]
    HeaderParameterMistyped {
        /// The name of the parameter.
        name: &'static str,
    },
    /// The header has `crit` (RFC 7515 section 4.1.11). No extension is supported.
    #[display("the header of the token has crit, and no extension is supported")]
    CriticalExtension,
    /// The header has `b64`, which a JWT must not use (RFC 7797 section 7).
    #[display("the header of the token has b64, which a JWT must not use")]
    UnencodedPayload,
    /// The payload is another JWT by its `cty` (RFC 7519 section 5.2).
    #[display("the token contains another token; nested tokens are not supported")]
    Nested,
    /// `alg` is `none`: the token has no signature.
    #[display("the token is not signed: its alg is none")]
    Unsigned,
    /// `alg` names an algorithm that is not supported.
    #[display("the alg of the token is {algorithm}, which is not supported")]
    UnsupportedAlgorithm {
        /// The name, safe to print.
        algorithm: Printable,
    },
    /// `alg` is not on the allow-list for this issuer (RFC 8725 section 3.1).
    #[display("the alg of the token is {algorithm}, which is not on the allow-list of its issuer")]
    AlgorithmNotAllowed {
        /// The algorithm in the header.
        algorithm: Algorithm,
    },
    /// `typ` is that of another kind of token, such as a logout token (RFC 8725 section 3.11,
    /// RFC 9068 section 4).
    #[display("the typ of the token is not that of an access token")]
    WrongType,
    /// No key of the issuer has this `kid`, or no key fits at all.
    #[display("the issuer has no key {kid} for this token")]
    UnknownKey {
        /// The `kid`, safe to print.
        kid: Printable,
    },
    /// More keys fit than are tried, and the signature does not verify under these.
    #[display(
        "more than four keys of the issuer fit the header of the token, and it was not signed with \
         one of the first four"
    )]
    AmbiguousKey,
    /// The key is for another algorithm than the header names (RFC 8725 section 3.1).
    #[display("the alg of the token is {algorithm}, and the key {kid} is for another algorithm")]
    KeyForAnotherAlgorithm {
        /// The algorithm in the header.
        algorithm: Algorithm,
        /// The `kid`, safe to print.
        kid: Printable,
    },
    /// The signature does not verify: the token is forged or damaged, or was signed with another key.
    #[display("the signature of the token does not verify with the key {kid}")]
    SignatureInvalid {
        /// The `kid`, safe to print.
        kid: Printable,
    },
    /// A required claim is missing.
    #[display("the token has no claim {claim}")]
    ClaimMissing {
        /// The name of the claim.
        claim: &'static str,
    },
    /// A claim has the wrong type.
    #[display("the claim {claim} of the token is not {expected}")]
    ClaimMistyped {
        /// The name of the claim.
        claim: &'static str,
        /// The right type.
        expected: &'static str,
    },
    /// A claim is also in the header, with another value (RFC 7519 section 5.3).
    #[display("the header and the claims of the token have different values of {claim}")]
    ReplicatedClaimDiffers {
        /// The name of the claim.
        claim: &'static str,
    },
    /// `iss` is not exactly a configured issuer.
    #[display("the issuer of the token is not a configured one")]
    IssuerMismatch,
    /// `iss` and `tid` name different tenants.
    #[display("the token names different tenants in iss and tid")]
    TenantMismatch,
    /// The tenant of the token is not a configured one.
    #[display("the tenant of the token (tid) is not a configured one (TENANTS)")]
    TenantNotAllowed,
    /// The key that signed the token was published for another issuer (its member `issuer`).
    #[display("the key of the token was published for another issuer than the token names")]
    KeyOfAnotherIssuer,
    /// `aud` contains no audience of this server.
    #[display("the token is for another audience: aud contains no audience of this server")]
    AudienceMismatch,
    /// The token is not of a configured client.
    #[display("the client of the token is not a configured one (CLIENT_IDS)")]
    ClientMismatch,
    /// `token_use` is not `access`, where clients are configured.
    #[display("the token_use of the token is not access")]
    WrongTokenUse,
    /// `exp` is in the past by more than the tolerance.
    #[display("the token expired {seconds} s ago")]
    Expired {
        /// Whole seconds since `exp`.
        seconds: u64,
    },
    /// `nbf` is in the future by more than the tolerance.
    #[display("the token is not valid for another {seconds} s: nbf is in the future")]
    NotYetValid {
        /// Whole seconds until `nbf`.
        seconds: u64,
    },
    /// `iat` is more than five minutes in the future.
    #[display("the token was issued {seconds} s in the future: iat is ahead of this clock")]
    IssuedInTheFuture {
        /// Whole seconds until `iat`.
        seconds: u64,
    },
    /// Issued longer ago than `MAX_TOKEN_AGE`, whatever `exp` is.
    #[display("the token was issued {seconds} s ago, more than the maximum age")]
    TooOld {
        /// Whole seconds since `iat`.
        seconds: u64,
    },
    /// The clock of this machine is not set, so no date can be checked.
    #[display("the clock of this server is not set, so the dates of the token cannot be checked")]
    TimeUnknown,
    /// `cnf` binds the token to a key, and it was sent as a bearer token (RFC 7800 section 3.1,
    /// RFC 9449 section 7.2).
    #[display("the token is bound to a key (cnf) and was sent as a bearer token")]
    BoundToKey,
    /// The issuer says that the token is not active: expired, revoked, or not one of its own
    /// (RFC 7662 section 2.2).
    #[display("the issuer says that the token is not active")]
    Inactive,
    /// `cnf` has no member that can be proven here (RFC 7800 section 3.1).
    #[display("the token is bound (cnf) in a way that this server cannot check")]
    UnprovableBinding,
    /// The token needs a DPoP proof and was sent as a bearer token (RFC 9449 section 7.1).
    #[display("the token was sent as a bearer token, and DPoP is required")]
    ProofRequired,
    /// The token came under the `DPoP` scheme, which is off for its issuer.
    #[display("the token was sent with DPoP, which is off for its issuer")]
    DpopOff,
    /// The token is not bound to a key, and came under the `DPoP` scheme, or where a bound one is
    /// required (RFC 9449 sections 6 and 7.1).
    #[display("the token is not bound to a DPoP key: it has no cnf.jkt")]
    NotBound,
    /// The proof came from another key than the token is bound to (RFC 9449 section 7.1).
    #[display("the token is bound to another key (cnf.jkt) than that of the DPoP proof")]
    OtherKey,
    /// The token is bound to a certificate, and the client sent none (RFC 8705 section 3).
    #[display("the token is bound to a client certificate (cnf x5t#S256), and none was sent")]
    CertificateMissing,
    /// The client's certificate is not the one that the token is bound to (RFC 8705 section 3).
    #[display("the token is bound to another client certificate (cnf x5t#S256)")]
    OtherCertificate,
    /// The claims do not fit the type that the handler declares.
    #[display("the claims of the token do not fit the type that the handler declares")]
    ClaimsDoNotFit,
}

impl InvalidToken {
    /// The text for the caller: what to fix, in the characters of `error_description` (RFC 6750
    /// section 3), without anything from the token.
    pub const fn description(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "the access token is too long",
            Self::Opaque => "the access token is opaque; request one for this API's audience",
            Self::Encrypted => "the access token is encrypted; send a signed one",
            Self::WrongPartCount { .. }
            | Self::ForbiddenCharacter
            | Self::NotBase64Url { .. }
            | Self::Malformed { .. }
            | Self::HeaderParameterMistyped { .. }
            | Self::Nested
            | Self::ReplicatedClaimDiffers { .. } => "the access token is malformed",
            Self::CriticalExtension | Self::UnencodedPayload => {
                "the access token uses an extension that is not supported"
            }
            Self::Unsigned => "the access token is not signed",
            Self::UnsupportedAlgorithm { .. }
            | Self::AlgorithmNotAllowed { .. }
            | Self::KeyForAnotherAlgorithm { .. } => {
                "the access token is signed with an algorithm that is not accepted"
            }
            Self::WrongType => "the token is not an access token",
            Self::UnknownKey { .. } | Self::AmbiguousKey => {
                "the access token is signed with a key that is not known"
            }
            Self::SignatureInvalid { .. } => "the signature of the access token is not valid",
            Self::ClaimMissing { .. } => "the access token lacks a required claim",
            Self::ClaimMistyped { .. } => "a claim of the access token has the wrong type",
            Self::IssuerMismatch => "the access token is from an issuer that is not accepted",
            Self::TenantMismatch => "the access token names two tenants",
            Self::TenantNotAllowed => "the access token is from a tenant that is not accepted",
            Self::KeyOfAnotherIssuer => "the access token is signed with the key of another issuer",
            Self::AudienceMismatch => "the access token is for another audience",
            Self::ClientMismatch => "the access token is of a client that is not accepted",
            Self::WrongTokenUse => "the token is not an access token",
            Self::Expired { .. } => "the access token has expired",
            Self::NotYetValid { .. } => "the access token is not valid yet",
            Self::IssuedInTheFuture { .. } => "the access token was issued in the future",
            Self::TooOld { .. } => "the access token was issued too long ago",
            Self::TimeUnknown => "the server cannot check the dates of the access token",
            Self::BoundToKey => "the access token is bound to a key and is not a bearer token",
            Self::Inactive => "the access token is not active: it is expired, revoked or unknown",
            Self::UnprovableBinding => "the access token is bound in a way that is not supported",
            Self::ProofRequired => "the access token was sent without the required DPoP proof",
            Self::DpopOff => "DPoP is not accepted for access tokens of this issuer",
            Self::NotBound => "the access token is not bound to a DPoP key",
            Self::OtherKey => "the access token is bound to another key than the DPoP proof's",
            Self::CertificateMissing => "the access token is bound to a client certificate",
            Self::OtherCertificate => "the access token is bound to another client certificate",
            Self::ClaimsDoNotFit => "the claims of the access token do not fit this API",
        }
    }

    /// The `kid` of the token, if the reason is about its key.
    pub const fn kid(&self) -> Option<&Printable> {
        match self {
            Self::UnknownKey { kid }
            | Self::KeyForAnotherAlgorithm { kid, .. }
            | Self::SignatureInvalid { kid } => Some(kid),
            _ => None,
        }
    }

    /// Whether another key could change the verdict.
    pub(crate) const fn is_of_the_key(&self) -> bool {
        matches!(self, Self::UnknownKey { .. } | Self::SignatureInvalid { .. })
    }

    /// A stable code for metrics and log lines.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::Opaque => "opaque",
            Self::Encrypted => "encrypted",
            Self::WrongPartCount { .. } => "wrong_part_count",
            Self::ForbiddenCharacter => "forbidden_character",
            Self::NotBase64Url { .. } => "not_base64url",
            Self::Malformed { .. } => "malformed",
            Self::HeaderParameterMistyped { .. } => "header_parameter_mistyped",
            Self::CriticalExtension => "critical_extension",
            Self::UnencodedPayload => "unencoded_payload",
            Self::Nested => "nested",
            Self::Unsigned => "unsigned",
            Self::UnsupportedAlgorithm { .. } => "unsupported_algorithm",
            Self::AlgorithmNotAllowed { .. } => "algorithm_not_allowed",
            Self::WrongType => "wrong_type",
            Self::UnknownKey { .. } => "unknown_key",
            Self::AmbiguousKey => "ambiguous_key",
            Self::KeyForAnotherAlgorithm { .. } => "key_for_another_algorithm",
            Self::SignatureInvalid { .. } => "signature_invalid",
            Self::ClaimMissing { .. } => "claim_missing",
            Self::ClaimMistyped { .. } => "claim_mistyped",
            Self::ReplicatedClaimDiffers { .. } => "replicated_claim_differs",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::TenantMismatch => "tenant_mismatch",
            Self::TenantNotAllowed => "tenant_not_allowed",
            Self::KeyOfAnotherIssuer => "key_of_another_issuer",
            Self::AudienceMismatch => "audience_mismatch",
            Self::ClientMismatch => "client_mismatch",
            Self::WrongTokenUse => "wrong_token_use",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::IssuedInTheFuture { .. } => "issued_in_the_future",
            Self::TooOld { .. } => "too_old",
            Self::TimeUnknown => "time_unknown",
            Self::BoundToKey => "bound_to_key",
            Self::Inactive => "inactive",
            Self::UnprovableBinding => "unprovable_binding",
            Self::ProofRequired => "proof_required",
            Self::DpopOff => "dpop_off",
            Self::NotBound => "not_bound",
            Self::OtherKey => "other_key",
            Self::CertificateMissing => "certificate_missing",
            Self::OtherCertificate => "other_certificate",
            Self::ClaimsDoNotFit => "claims_do_not_fit",
        }
    }
}
