//! Authorization of requests by policies that are known at run time only.

use std::future::poll_fn;
use std::sync::Arc;

use actix_web::HttpRequest;

use super::authentication::{Authentication, is_confirmed};
use super::policy::{PathParameters, Policy, PolicyInput};
use super::rejection::{Rejection, RejectionReason};
use crate::token::VerifiedToken;

/// Applies a policy to a request, as a guard with that policy does. Returns the token, if the policy
/// reads credentials and the request has some.
///
/// # Errors
///
/// [`Rejection`], which is also the response.
pub(crate) async fn authorize(
    request: &HttpRequest,
    policy: &'static Policy,
    path: PathParameters<'_>,
) -> Result<Option<Arc<VerifiedToken>>, Rejection> {
    if *policy == Policy::Public {
        return Ok(None);
    }
    let mut authentication = Authentication::of(request, *policy);
    let authenticated = poll_fn(|context| authentication.poll(context)).await;
    let token = match authenticated {
        Ok(Some(token)) => token,
        Ok(None) if policy.admits_anonymous() => return Ok(None),
        Ok(None) => {
            let reason = RejectionReason::NoCredentials;
            authentication.log(&reason, None, *policy);
            return Err(authentication.rejection(reason, policy));
        }
        // Logged when the token was at hand.
        Err(reason) => return Err(authentication.rejection(reason, policy)),
    };
    let input = PolicyInput::new(&token, authentication.now())
        .with_clock_tolerance(token.clock_tolerance())
        .with_confirmation(is_confirmed(request))
        .with_path(path);
    if let Err(shortfall) = policy.decide(&input) {
        let reason = shortfall.into();
        authentication.log(&reason, Some(&token.claims().issuer), *policy);
        return Err(authentication.rejection(reason, policy));
    }
    Ok(Some(token))
}

/// The nonce for the response to an admitted request (RFC 9449 section 8.2).
pub(crate) fn next_nonce(request: &HttpRequest) -> Option<actix_web::http::header::HeaderValue> {
    use actix_web::HttpMessage;

    let extensions = request.extensions();
    extensions.get::<super::authentication::NextNonce>().map(|nonce| nonce.0.clone())
}
