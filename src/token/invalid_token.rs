//! Every reason not to believe a token, with a text for each of its two readers.

use derive_more::{Display, Error};

use super::algorithm::Algorithm;
use super::json::JsonFault;
use super::jws::{JwsFault, Part};
use super::printable::Printable;

/// Why a token is refused. The answer is always 401 with `invalid_token` (RFC 6750 section 3.1).
///
/// `Display` is the text for the operator: complete, and without any claim's value.
/// [`InvalidToken::description`] is the text for the caller: safe, short, and in the characters that
/// `error_description` may hold. [`InvalidToken::reason`] is a stable word for counters.
#[derive(Debug, Display, Error, Clone, PartialEq, Eq)]
pub enum InvalidToken {
    /// Longer than any access token should be.
    #[display("the token is {length} bytes long; the limit is {limit}")]
    TooLong {
        /// Bytes of the token.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// One part: a reference that only the issuer can read. The client did not ask for an audience,
    /// or the issuer does not make JWTs.
    #[display("the token is opaque, not a JWT: the client asked the issuer for no audience")]
    Opaque,
    /// Five parts: a JWE, meant for somebody who holds the key to it.
    #[display("the token is encrypted (a JWE); only signed tokens are accepted")]
    Encrypted,
    /// Neither three parts, nor one or five (RFC 7519 section 7.2).
    #[display("the token has {parts} parts where a signed JWT has three")]
    WrongPartCount {
        /// How many parts there are.
        parts: usize,
    },
    /// A character outside the alphabet of a compact JWS (RFC 7515 section 2).
    #[display("the token holds a character that is neither base64url nor a dot")]
    ForbiddenCharacter,
    /// A part that is not base64url without padding, in its one canonical form.
    #[display("the token's {part} is not base64url")]
    NotBase64Url {
        /// Which part.
        part: Part,
    },
    /// Header or claims are not one JSON object with each member once.
    #[display("the token's {part} cannot be read: {fault}")]
    Malformed {
        /// Which part.
        part: Part,
        /// What is wrong with it.
        fault: JsonFault,
    },
    /// A header parameter of another type than the specification says, or `alg` missing.
    #[display("the token's header parameter {name} is missing or not a string")]
    HeaderParameterMistyped {
        /// The parameter's name.
        name: &'static str,
    },
    /// The header asks for an extension (`crit`), and this server understands none
    /// (RFC 7515 section 4.1.11).
    #[display("the token's header has crit, which asks for an extension that is not supported")]
    CriticalExtension,
    /// The header has `b64`, which has no place in a JWT (RFC 7797 section 7).
    #[display("the token's header has b64, which no JWT may use")]
    UnencodedPayload,
    /// `cty` says that the payload is another JWT (RFC 7519 section 5.2).
    #[display("the token contains another token; nested tokens are not supported")]
    Nested,
    /// `alg` is `none`: whoever made the token did not sign it.
    #[display("the token is not signed: its alg is none")]
    Unsigned,
    /// `alg` names nothing this server can verify.
    #[display("the token's alg is {algorithm}, which is not supported")]
    UnsupportedAlgorithm {
        /// The name, made safe to print.
        algorithm: Printable,
    },
    /// `alg` is not on this issuer's allow-list (RFC 8725 section 3.1).
    #[display("the token's alg is {algorithm}, which is not on the allow-list of its issuer")]
    AlgorithmNotAllowed {
        /// The algorithm the header names.
        algorithm: Algorithm,
    },
    /// `typ` is that of something else, an ID token or a logout token for instance
    /// (RFC 8725 section 3.11, RFC 9068 section 4).
    #[display("the token's typ is not that of an access token")]
    WrongType,
    /// No key of the issuer has this `kid`, or none fits at all.
    #[display("the issuer has no key {kid} for this token")]
    UnknownKey {
        /// The `kid`, made safe to print.
        kid: Printable,
    },
    /// Without a `kid`, several keys fit; trying them all would be guessing.
    #[display("the token's header has no kid, and several keys of the issuer fit")]
    AmbiguousKey,
    /// The key belongs to another algorithm than the header names (RFC 8725 section 3.1).
    #[display("the token's alg is {algorithm}, and the key {kid} is for another")]
    KeyForAnotherAlgorithm {
        /// The algorithm the header names.
        algorithm: Algorithm,
        /// The `kid`, made safe to print.
        kid: Printable,
    },
    /// The signature does not verify: forged, damaged, or signed by another key.
    #[display("the token's signature does not verify under the key {kid}")]
    SignatureInvalid {
        /// The `kid`, made safe to print.
        kid: Printable,
    },
    /// A claim that must be there is not.
    #[display("the token lacks the claim {claim}")]
    ClaimMissing {
        /// The claim's name.
        claim: &'static str,
    },
    /// A claim is of another type than the specification says.
    #[display("the token's claim {claim} is not {expected}")]
    ClaimMistyped {
        /// The claim's name.
        claim: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A claim stands in the header too, with another value (RFC 7519 section 5.3).
    #[display("the token's header says another {claim} than its claims")]
    ReplicatedClaimDiffers {
        /// The claim's name.
        claim: &'static str,
    },
    /// `iss` is none of the configured issuers, code point by code point.
    #[display("the token's issuer is not one this server is configured for")]
    IssuerMismatch,
    /// `aud` names none of this server's audiences.
    #[display("the token is for another audience: aud holds none of this server's")]
    AudienceMismatch,
    /// `exp` is past, tolerance included.
    #[display("the token expired {seconds} s ago, tolerance not counted")]
    Expired {
        /// Whole seconds since `exp`.
        seconds: u64,
    },
    /// `nbf` is to come, tolerance included.
    #[display("the token is not valid for another {seconds} s: nbf is in the future")]
    NotYetValid {
        /// Whole seconds until `nbf`.
        seconds: u64,
    },
    /// `iat` is to come, tolerance included.
    #[display("the token was issued {seconds} s in the future: iat is ahead of this clock")]
    IssuedInTheFuture {
        /// Whole seconds until `iat`.
        seconds: u64,
    },
    /// Issued longer ago than `MAX_TOKEN_AGE` allows, whatever `exp` says.
    #[display("the token was issued {seconds} s ago, more than the maximum age")]
    TooOld {
        /// Whole seconds since `iat`.
        seconds: u64,
    },
    /// `cnf` binds the token to a key, and it came as a plain bearer token
    /// (RFC 7800 section 3.1, RFC 9449 section 7.2).
    #[display("the token is bound to a key (cnf) and was presented as a plain bearer token")]
    BoundToKey,
    /// `cnf` has no member that can be proven here (RFC 7800 section 3.1).
    #[display("the token is bound (cnf) in a way that this server cannot check")]
    UnprovableBinding,
    /// The token is not bound to a key, and came under the `DPoP` scheme, or DPoP is required
    /// (RFC 9449 sections 6 and 7.1).
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
    /// The claims cannot be read as the type that the handler declared.
    #[display("the token's claims do not fit the type that the handler declares")]
    ClaimsDoNotFit,
}

impl InvalidToken {
    /// The text for the caller: what to fix, in the characters of `error_description`
    /// (RFC 6750 section 3), with nothing in it that came from the token.
    pub const fn description(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "the access token is too long",
            Self::Opaque => "the access token is opaque; request one for this API's audience",
            Self::Encrypted => "the access token is encrypted; a signed one is needed",
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
            Self::ClaimMistyped { .. } => "a claim of the access token is of the wrong type",
            Self::IssuerMismatch => "the access token is from an issuer that is not accepted",
            Self::AudienceMismatch => "the access token is meant for another audience",
            Self::Expired { .. } => "the access token has expired",
            Self::NotYetValid { .. } => "the access token is not valid yet",
            Self::IssuedInTheFuture { .. } => "the access token was issued in the future",
            Self::TooOld { .. } => "the access token was issued too long ago",
            Self::BoundToKey => "the access token is bound to a key and is no bearer token",
            Self::UnprovableBinding => "the access token is bound in a way that is not supported",
            Self::NotBound => "the access token is not bound to a DPoP key",
            Self::OtherKey => "the access token is bound to another key than the DPoP proof's",
            Self::CertificateMissing => "the access token is bound to a client certificate",
            Self::OtherCertificate => "the access token is bound to another client certificate",
            Self::ClaimsDoNotFit => "the claims of the access token are not as this API needs them",
        }
    }

    /// The `kid` that the token names, where the refusal is about its key.
    pub const fn kid(&self) -> Option<&Printable> {
        match self {
            Self::UnknownKey { kid }
            | Self::KeyForAnotherAlgorithm { kid, .. }
            | Self::SignatureInvalid { kid } => Some(kid),
            _ => None,
        }
    }

    /// A stable word for the kind of refusal, for counters and log lines.
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
            Self::AudienceMismatch => "audience_mismatch",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::IssuedInTheFuture { .. } => "issued_in_the_future",
            Self::TooOld { .. } => "too_old",
            Self::BoundToKey => "bound_to_key",
            Self::UnprovableBinding => "unprovable_binding",
            Self::NotBound => "not_bound",
            Self::OtherKey => "other_key",
            Self::CertificateMissing => "certificate_missing",
            Self::OtherCertificate => "other_certificate",
            Self::ClaimsDoNotFit => "claims_do_not_fit",
        }
    }
}

impl From<JwsFault> for InvalidToken {
    fn from(fault: JwsFault) -> Self {
        match fault {
            JwsFault::TooLong { length, limit } => Self::TooLong { length, limit },
            JwsFault::WrongPartCount { parts: 1 } => Self::Opaque,
            JwsFault::WrongPartCount { parts: 5 } => Self::Encrypted,
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
