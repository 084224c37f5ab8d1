//! The verdict on the input.

use std::sync::Arc;

use derive_more::Display;

use super::context::Context;
use super::input::{DpopRequest, Input};
use super::times::span;
use crate::sender::{InvalidProof, MalformedCredentials};
use crate::token::{InvalidToken, UnverifiedToken, VerifiedToken};
use crate::verifier::{PresentationError, VerificationError, Verifier};

/// The verdict on a token, or on a request with one.
#[derive(Debug, Display, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The token is accepted; the policy of the route decides.
    #[display("the token is accepted")]
    Accepted,
    /// The token is rejected.
    #[display("{}", rejected(_0))]
    Rejected(InvalidToken),
    /// The DPoP proof of the request is rejected.
    ProofRejected(InvalidProof),
    /// The DPoP proof of the request needs a nonce of this server.
    #[display("the DPoP proof has no nonce, or one that is no longer valid")]
    NonceNeeded,
    /// The request's credentials cannot be read.
    Malformed(MalformedCredentials),
    /// The request has no bearer token.
    #[display("the request has no bearer token")]
    NoCredentials,
    /// The token may be valid: the keys of its issuer are not available.
    #[display("the token may be valid; its issuer's keys are not available: {fault}")]
    KeysUnavailable {
        /// Why not, for the operator.
        fault: String,
    },
    /// The token is well-formed, and settings are missing to judge it by.
    #[display("the token is well-formed; settings are missing to judge it by")]
    NotJudged,
}

impl Verdict {
    /// The verdict as a stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected(_) => "rejected",
            Self::ProofRejected(_) => "proof_rejected",
            Self::NonceNeeded => "nonce_needed",
            Self::Malformed(_) => "malformed",
            Self::NoCredentials => "no_credentials",
            Self::KeysUnavailable { .. } => "keys_unavailable",
            Self::NotJudged => "not_judged",
        }
    }

    /// The status of the response, if the verdict decides it.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Accepted | Self::NotJudged => None,
            Self::Rejected(_)
            | Self::ProofRejected(_)
            | Self::NonceNeeded
            | Self::NoCredentials => Some(401),
            Self::Malformed(_) => Some(400),
            Self::KeysUnavailable { .. } => Some(503),
        }
    }

    /// Why a token or proof is rejected: [`InvalidToken::reason`], [`InvalidProof::reason`].
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Rejected(reason) => Some(reason.reason()),
            Self::ProofRejected(reason) => Some(reason.reason()),
            _ => None,
        }
    }
}

/// Why a token is rejected, with times in readable units.
fn rejected(reason: &InvalidToken) -> String {
    match reason {
        InvalidToken::Expired { seconds } => format!("the token expired {} ago", span(*seconds)),
        InvalidToken::TooOld { seconds } => {
            format!("the token was issued too long ago, {} ago", span(*seconds))
        }
        InvalidToken::NotYetValid { seconds } => {
            format!("the token is not valid before {} from now", span(*seconds))
        }
        InvalidToken::IssuedInTheFuture { seconds } => {
            format!("the token was issued {} in the future", span(*seconds))
        }
        other => other.to_string(),
    }
}

/// The verdict on what was input as it was input, and the verified token if there is one.
pub(super) async fn of(
    input: &Input,
    context: &Context<'_>,
) -> (Verdict, Option<Arc<VerifiedToken>>) {
    match input {
        Input::Token(pasted) => verify(&pasted.text, context).await,
        Input::Request { credentials: Ok(Some(token)), dpop: Some(request), .. } => {
            verify_request(token, request, context).await
        }
        Input::Request { credentials: Ok(Some(token)), .. } => verify(token, context).await,
        Input::Request { credentials: Ok(None), .. } => (Verdict::NoCredentials, None),
        Input::Request { credentials: Err(malformed), .. } => {
            (Verdict::Malformed(*malformed), None)
        }
    }
}

/// The verdict on the bare token, if something was pasted around it.
pub(super) async fn without_wrapping(input: &Input, context: &Context<'_>) -> Option<Verdict> {
    let bare = input.wrapped()?;
    Some(verify(bare, context).await.0)
}

async fn verify(token: &str, context: &Context<'_>) -> (Verdict, Option<Arc<VerifiedToken>>) {
    let Some(verifier) = context.verifier else {
        let verdict =
            UnverifiedToken::parse(token).map_or_else(Verdict::Rejected, |_| Verdict::NotJudged);
        return (verdict, None);
    };
    match verifier.verify(token).await {
        Ok(verified) => (Verdict::Accepted, Some(verified)),
        Err(error) => (verdict_of(error.into(), verifier), None),
    }
}

/// The verdict on a request under the scheme `DPoP`. Nothing is remembered, so the proof stays good
/// for the request that it was made for.
async fn verify_request(
    token: &str,
    request: &DpopRequest,
    context: &Context<'_>,
) -> (Verdict, Option<Arc<VerifiedToken>>) {
    let Some(verifier) = context.verifier else { return verify(token, context).await };
    let presentation = request.presentation(token).filter(|_| verifier.dpop().is_on());
    let Some(presentation) = presentation else { return (Verdict::NoCredentials, None) };
    match verifier.judge_presentation(&presentation).await {
        Ok(verified) => (Verdict::Accepted, Some(verified)),
        Err(error) => (verdict_of(error, verifier), None),
    }
}

fn verdict_of(error: PresentationError, verifier: &Verifier) -> Verdict {
    match error {
        PresentationError::Token(VerificationError::Rejected(reason)) => Verdict::Rejected(reason),
        PresentationError::ProofRejected(reason) => Verdict::ProofRejected(reason),
        PresentationError::NonceNeeded { .. } => Verdict::NonceNeeded,
        PresentationError::Token(VerificationError::KeysUnavailable { .. }) => {
            let faults = verifier.issuers().into_iter().filter_map(|issuer| issuer.fault);
            let fault = faults.reduce(|all, fault| format!("{all}; {fault}"));
            Verdict::KeysUnavailable {
                fault: fault.unwrap_or_else(|| "no response in time".to_owned()),
            }
        }
        other => Verdict::KeysUnavailable { fault: other.to_string() },
    }
}
