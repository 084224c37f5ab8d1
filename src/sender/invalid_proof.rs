//! The reasons for rejecting a DPoP proof.

use derive_more::{Display, Error};

use crate::token::{Algorithm, JsonFault, JwsFault, Part, Printable, SkipReason};

/// Why a DPoP proof is rejected. The answer is 401 with `invalid_dpop_proof` (RFC 9449 section 7.1),
/// and the caller is at fault.
///
/// `Display` is the text for the operator. It is complete, and holds no value of a claim.
/// [`InvalidProof::description`] is the text for the caller, in the characters that
/// `error_description` may hold. [`InvalidProof::reason`] is a stable code for counters.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidProof {
    /// The request has no `DPoP` header field (RFC 9449 section 4.3, check 1).
    #[display("the request has the DPoP scheme and no DPoP header field")]
    Missing,
    /// The request has several `DPoP` header fields.
    #[display("the request has more than one DPoP header field")]
    SeveralFields,
    /// Longer than any proof should be.
    #[display("the proof is {length} bytes long; the limit is {limit}")]
    TooLong {
        /// Bytes of the proof.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Another number of parts than three: not a signed JWT (check 2).
    #[display("the proof has {parts} parts where a signed JWT has three")]
    WrongPartCount {
        /// How many parts there are.
        parts: usize,
    },
    /// A character outside the alphabet of a compact JWS.
    #[display("the proof contains a character that is neither base64url nor a dot")]
    ForbiddenCharacter,
    /// A part that is not base64url without padding, in its one canonical form.
    #[display("the proof's {part} is not base64url")]
    NotBase64Url {
        /// Which part.
        part: Part,
    },
    /// Header or claims are not one JSON object with each member once.
    #[display("the proof's {part} cannot be read: {fault}")]
    Malformed {
        /// Which part.
        part: Part,
        /// What is wrong with it.
        fault: JsonFault,
    },
    /// A header parameter that is missing or of the wrong type (check 3).
    #[display("the proof's header parameter {name} is missing or of the wrong type")]
    HeaderParameterMistyped {
        /// The parameter's name.
        name: &'static str,
    },
    /// The header has `crit` (RFC 7515 section 4.1.11).
    #[display("the proof's header has crit, which asks for an extension that is not supported")]
    CriticalExtension,
    /// The header has `b64` (RFC 7797 section 7).
    #[display("the proof's header has b64, which no JWT may use")]
    UnencodedPayload,
    /// `typ` is not `dpop+jwt` (check 4).
    #[display("the proof's typ is not dpop+jwt")]
    WrongType,
    /// `alg` is `none` (check 5).
    #[display("the proof is not signed: its alg is none")]
    Unsigned,
    /// `alg` names nothing that this server can verify (check 5).
    #[display("the proof's alg is {algorithm}, which is not supported")]
    UnsupportedAlgorithm {
        /// The name, made safe to print.
        algorithm: Printable,
    },
    /// `alg` is symmetric, or not among those allowed (check 5).
    #[display("the proof's alg is {algorithm}, which is not allowed for proofs")]
    AlgorithmNotAllowed {
        /// The algorithm that the header names.
        algorithm: Algorithm,
    },
    /// `jwk` is larger than any key that is accepted.
    #[display("the proof's jwk is too large: {length} bytes; the limit is {limit}")]
    KeyTooLarge {
        /// Bytes of the key.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// `jwk` holds a private or symmetric key (check 7): it must be considered stolen.
    #[display("the proof's jwk holds a private key, which must be considered stolen")]
    PrivateKey,
    /// `jwk` is not a key that fits `alg`.
    #[display("the proof's jwk cannot be used: {_0}")]
    UnusableKey(#[error(not(source))] SkipReason),
    /// The signature does not verify with `jwk` (check 6).
    #[display("the proof's signature does not verify under its jwk")]
    SignatureInvalid,
    /// A claim that must be there is not (check 3).
    #[display("the proof lacks the claim {claim}")]
    ClaimMissing {
        /// The claim's name.
        claim: &'static str,
    },
    /// A claim is of another type than the specification says.
    #[display("the proof's claim {claim} is not {expected}")]
    ClaimMistyped {
        /// The claim's name.
        claim: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// `htm` is another method than the request's (check 8).
    #[display("the proof's htm is not the request's method")]
    OtherMethod,
    /// `htu` is not an absolute URI.
    #[display("the proof's htu is not an absolute http or https URI")]
    MalformedTarget,
    /// `htu` has another scheme, host or port than the public URLs (check 9).
    #[display("scheme, host or port of the proof's htu are those of no PUBLIC_URL")]
    OtherOrigin,
    /// `htu` has another path than the request (check 9).
    #[display("the path of the proof's htu is not that of the request under a PUBLIC_URL")]
    OtherPath,
    /// `ath` is the hash of another token (check 12).
    #[display("the proof's ath is not the hash of the token it came with")]
    OtherToken,
    /// Made longer ago than `DPOP_PROOF_MAX_AGE` (check 11).
    #[display("the proof is {seconds} s old by its iat, more than the maximum age")]
    TooOld {
        /// Whole seconds since `iat`.
        seconds: u64,
    },
    /// Made in the future, tolerance included (check 11).
    #[display("the proof was made {seconds} s in the future: iat is ahead of this clock")]
    InTheFuture {
        /// Whole seconds until `iat`.
        seconds: u64,
    },
    /// `exp` is past, or `nbf` is to come (RFC 7519 sections 4.1.4 and 4.1.5).
    #[display("the proof's {claim} does not allow it to be used now")]
    OutsideItsTime {
        /// `exp` or `nbf`.
        claim: &'static str,
    },
    /// The proof was used before (RFC 9449 section 11.1).
    #[display("the proof was used before")]
    Replayed,
}

impl InvalidProof {
    /// The text for the caller: what to fix, with nothing in it that came from the proof.
    pub const fn description(&self) -> &'static str {
        match self {
            Self::Missing => "a DPoP proof is needed: send exactly one DPoP header field",
            Self::SeveralFields => "send exactly one DPoP header field",
            Self::TooLong { .. } => "the DPoP proof is too long",
            Self::WrongPartCount { .. }
            | Self::ForbiddenCharacter
            | Self::NotBase64Url { .. }
            | Self::Malformed { .. } => "the DPoP proof is malformed",
            Self::HeaderParameterMistyped { .. } => {
                "the DPoP proof lacks a header parameter: typ, alg and jwk are needed"
            }
            Self::CriticalExtension | Self::UnencodedPayload => {
                "the DPoP proof uses an extension that is not supported"
            }
            Self::WrongType => "the typ of the DPoP proof must be dpop+jwt",
            Self::Unsigned
            | Self::UnsupportedAlgorithm { .. }
            | Self::AlgorithmNotAllowed { .. } => {
                "the DPoP proof is signed with an algorithm that is not accepted"
            }
            Self::KeyTooLarge { .. } => "the jwk of the DPoP proof is too large",
            Self::PrivateKey => "the jwk of the DPoP proof must be a public key",
            Self::UnusableKey(_) => "the jwk of the DPoP proof cannot be used with its algorithm",
            Self::SignatureInvalid => "the signature of the DPoP proof is not valid",
            Self::ClaimMissing { .. } => {
                "the DPoP proof lacks a claim: jti, htm, htu, iat and ath are needed"
            }
            Self::ClaimMistyped { .. } => "a claim of the DPoP proof is of the wrong type",
            Self::OtherMethod => "the htm of the DPoP proof is not the method of this request",
            Self::MalformedTarget => "the htu of the DPoP proof must be an absolute URI",
            Self::OtherOrigin => "the htu of the DPoP proof names another host than this API",
            Self::OtherPath => "the htu of the DPoP proof names another path than this request",
            Self::OtherToken => "the ath of the DPoP proof is not the hash of the access token",
            Self::TooOld { .. } => "the DPoP proof is too old: make one for each request",
            Self::InTheFuture { .. } => "the DPoP proof was made in the future: check your clock",
            Self::OutsideItsTime { .. } => "the DPoP proof is not valid at this time",
            Self::Replayed => "the DPoP proof was used before: make one for each request",
        }
    }

    /// A stable code for the kind of rejection, for counters and log lines.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "proof_missing",
            Self::SeveralFields => "proof_several_fields",
            Self::TooLong { .. } => "proof_too_long",
            Self::WrongPartCount { .. } => "proof_wrong_part_count",
            Self::ForbiddenCharacter => "proof_forbidden_character",
            Self::NotBase64Url { .. } => "proof_not_base64url",
            Self::Malformed { .. } => "proof_malformed",
            Self::HeaderParameterMistyped { .. } => "proof_header_parameter_mistyped",
            Self::CriticalExtension => "proof_critical_extension",
            Self::UnencodedPayload => "proof_unencoded_payload",
            Self::WrongType => "proof_wrong_type",
            Self::Unsigned => "proof_unsigned",
            Self::UnsupportedAlgorithm { .. } => "proof_unsupported_algorithm",
            Self::AlgorithmNotAllowed { .. } => "proof_algorithm_not_allowed",
            Self::KeyTooLarge { .. } => "proof_key_too_large",
            Self::PrivateKey => "proof_private_key",
            Self::UnusableKey(_) => "proof_unusable_key",
            Self::SignatureInvalid => "proof_signature_invalid",
            Self::ClaimMissing { .. } => "proof_claim_missing",
            Self::ClaimMistyped { .. } => "proof_claim_mistyped",
            Self::OtherMethod => "proof_other_method",
            Self::MalformedTarget => "proof_malformed_target",
            Self::OtherOrigin => "proof_other_origin",
            Self::OtherPath => "proof_other_path",
            Self::OtherToken => "proof_other_token",
            Self::TooOld { .. } => "proof_too_old",
            Self::InTheFuture { .. } => "proof_in_the_future",
            Self::OutsideItsTime { .. } => "proof_outside_its_time",
            Self::Replayed => "proof_replayed",
        }
    }
}

impl From<JwsFault> for InvalidProof {
    fn from(fault: JwsFault) -> Self {
        match fault {
            JwsFault::TooLong { length, limit } => Self::TooLong { length, limit },
            JwsFault::WrongPartCount { parts } => Self::WrongPartCount { parts },
            JwsFault::ForbiddenCharacter => Self::ForbiddenCharacter,
            JwsFault::NotBase64Url { part } => Self::NotBase64Url { part },
            JwsFault::Malformed { part, fault } => Self::Malformed { part, fault },
            JwsFault::HeaderParameterMistyped { name } => Self::HeaderParameterMistyped { name },
            JwsFault::CriticalExtension => Self::CriticalExtension,
            JwsFault::UnencodedPayload => Self::UnencodedPayload,
            JwsFault::Unsigned => Self::Unsigned,
            JwsFault::UnsupportedAlgorithm { algorithm } => {
                Self::UnsupportedAlgorithm { algorithm }
            }
        }
    }
}
