//! Handlers whose first argument is a guard.

use std::future::Future;
use std::marker::PhantomData;

use actix_web::{FromRequest, Handler, Responder};

use super::guard_first::GuardFirst;
use super::response::{GuardedFuture, GuardedResponse};
use crate::access::guards::Guard;

/// A handler that says who may call it: an async function whose first argument is a
/// [`Guard`], with up to eleven other extractors after it.
#[diagnostic::on_unimplemented(
    message = "this is not a handler that says who may call it",
    label = "its first argument must be a guard, the others extractors, and its result a Responder",
    note = "write the guard first: `async fn handler(_: Public, …)` for everyone, \
            `async fn handler(claims: Claims, …)` for any valid token, \
            `async fn handler(token: Scoped<ReadMessages>, …)` for a token with that scope",
    note = "a handler is an async function whose other arguments are Actix extractors, at most \
            eleven, and whose result is a Responder"
)]
pub trait GuardedHandler<Arguments>: Clone + Send + Sync + 'static {
    /// The first argument.
    type Guard: Guard;
    /// The other arguments, as a tuple.
    type Rest: FromRequest + 'static;
    /// What the handler returns.
    type Output: Responder + 'static;
    /// The handler's own future.
    type Future: Future<Output = Self::Output>;

    /// Calls the handler.
    fn call(&self, guard: Self::Guard, rest: Self::Rest) -> Self::Future;
}

macro_rules! handlers {
    ($($(($member:ident, $argument:ident))*;)+) => {$(
        impl<Function, Answer, G, $($member),*> GuardedHandler<(G, $($member,)*)> for Function
        where
            Function: Fn(G, $($member),*) -> Answer + Clone + Send + Sync + 'static,
            Answer: Future,
            Answer::Output: Responder + 'static,
            G: Guard,
            $($member: FromRequest + 'static,)*
        {
            type Guard = G;
            type Rest = ($($member,)*);
            type Output = Answer::Output;
            type Future = Answer;

            fn call(&self, guard: G, ($($argument,)*): Self::Rest) -> Answer {
                self(guard, $($argument),*)
            }
        }
    )+};
}

handlers! {
    ;
    (A, a);
    (A, a) (B, b);
    (A, a) (B, b) (C, c);
    (A, a) (B, b) (C, c) (D, d);
    (A, a) (B, b) (C, c) (D, d) (E, e);
    (A, a) (B, b) (C, c) (D, d) (E, e) (F, f);
    (A, a) (B, b) (C, c) (D, d) (E, e) (F, f) (H, h);
    (A, a) (B, b) (C, c) (D, d) (E, e) (F, f) (H, h) (I, i);
    (A, a) (B, b) (C, c) (D, d) (E, e) (F, f) (H, h) (I, i) (J, j);
    (A, a) (B, b) (C, c) (D, d) (E, e) (F, f) (H, h) (I, i) (J, j) (K, k);
    (A, a) (B, b) (C, c) (D, d) (E, e) (F, f) (H, h) (I, i) (J, j) (K, k) (L, l);
}

/// A guarded handler as Actix's `Handler`.
pub(super) struct Endpoint<H, Arguments>(H, PhantomData<fn() -> Arguments>);

impl<H, Arguments> Endpoint<H, Arguments> {
    pub(super) const fn new(handler: H) -> Self {
        Self(handler, PhantomData)
    }
}

impl<H: Clone, Arguments> Clone for Endpoint<H, Arguments> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl<H, Arguments> Handler<GuardFirst<H::Guard, H::Rest>> for Endpoint<H, Arguments>
where
    H: GuardedHandler<Arguments>,
    Arguments: 'static,
{
    type Output = GuardedResponse<H::Guard, H::Output>;
    type Future = GuardedFuture<H::Guard, H::Future>;

    fn call(&self, GuardFirst { guard, rest }: GuardFirst<H::Guard, H::Rest>) -> Self::Future {
        match rest {
            Ok(rest) => GuardedFuture::handler(self.0.call(guard, rest)),
            Err(error) => GuardedFuture::failed(error),
        }
    }
}
