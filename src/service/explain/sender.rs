//! The checks of a request's DPoP proof.

use super::context::Context;
use super::input::Input;
use super::judged_token::JudgedToken;
use super::report::{Check, Group};
use crate::sender::{DpopPolicy, InvalidProof, Unproven, prove};
use crate::token::{InvalidToken, Timestamp};

const ID: &str = "proof";

/// The check of the proof, if the input is a request under the scheme `DPoP` and this API accepts
/// that. Whether the proof was used before is not checked.
pub(super) fn check(
    input: &Input,
    judged: &JudgedToken<'_>,
    context: &Context<'_>,
) -> Option<Check> {
    let policy = context.verifier?.dpop();
    let Input::Request { credentials: Ok(Some(token)), dpop: Some(request), .. } = input else {
        return None;
    };
    if !policy.is_on() {
        return None;
    }
    let presentation = request.presentation(token)?;
    let mode = judged.expected().and_then(|expected| expected.dpop).unwrap_or(policy.mode);
    let binding = judged.inspection.claims.as_ref()?.binding();
    Some(match prove(&presentation, binding, policy, mode, context.now) {
        Ok(_) => Check::passed(
            Group::Binding,
            ID,
            "the proof fits this request and this token; only the server knows whether it was used \
             before",
        ),
        Err(Unproven::Proof(reason)) => Check::failed(Group::Binding, ID, reason.to_string())
            .meaning(format!("the response is 401 invalid_dpop_proof: {}", reason.description()))
            .advice(advice(&reason, policy, context.now)),
        Err(Unproven::Token(reason)) => Check::failed(Group::Binding, ID, reason.to_string())
            .meaning("the response is 401 invalid_token, whatever the proof says")
            .advice(match reason {
                InvalidToken::DpopOff => {
                    "set dpop = \"allowed\" in the [[issuers]] table of this issuer, or have the \
                     client request its token without DPoP"
                }
                _ => "sign the proof with the key that the token was requested with",
            })
            .rejected(reason),
        Err(Unproven::NonceNeeded) => Check::failed(
            Group::Binding,
            ID,
            "the proof has no nonce, or one that is no longer valid",
        )
        .meaning("the response is 401 use_dpop_nonce, with a nonce in the header DPoP-Nonce")
        .advice("put that nonce into a new proof, and send the request again"),
    })
}

fn advice(reason: &InvalidProof, policy: &DpopPolicy, now: Timestamp) -> String {
    let urls: Vec<_> = policy.public_urls.iter().map(ToString::to_string).collect();
    let urls = urls.join(", ");
    match reason {
        InvalidProof::OtherOrigin => format!(
            "if clients reach this API under another URL, add it to PUBLIC_URL, which is now {urls}; \
             otherwise have the client sign the URL that it sends the request to"
        ),
        InvalidProof::OtherPath => format!(
            "have the client sign the path of this request; if a proxy strips a prefix, add the \
             prefix to PUBLIC_URL, which is now {urls}"
        ),
        InvalidProof::OtherMethod => {
            "have the client sign the method of this request, in upper case; paste the request \
             with its first line"
                .to_owned()
        }
        InvalidProof::TooOld { .. } => format!(
            "make a new proof for each request; it is accepted for {} s, and the time of this server is {}",
            policy.max_age.as_secs(),
            now.milliseconds() / 1000
        ),
        InvalidProof::InTheFuture { .. } => {
            "set the clock of the client right, or set DPOP_NONCE=required, which makes its clock \
             irrelevant"
                .to_owned()
        }
        InvalidProof::PrivateKey => {
            "treat the key as stolen and make another one; the header jwk holds the public key alone"
                .to_owned()
        }
        InvalidProof::Missing | InvalidProof::SeveralFields => {
            "send exactly one header DPoP, with a proof made for this request".to_owned()
        }
        InvalidProof::OtherToken => {
            "ath is the SHA-256 of the access token as it is sent, in base64url: make the proof \
             after the token is obtained"
                .to_owned()
        }
        _ => "make proofs with a maintained OAuth 2 library".to_owned(),
    }
}
