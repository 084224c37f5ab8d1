//! Connection attempts to an issuer: each address with its result.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The addresses that have been tried, each with its result.
#[derive(Debug, Clone, Default)]
pub(in crate::issuer) struct Tried(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The proxy on the way, if there is one.
    proxy: Option<String>,
    /// Addresses, each with its error once it has failed.
    outcomes: Vec<(SocketAddr, Option<String>)>,
    stage: Stage,
}

/// How far the connection has come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Connecting,
    /// The proxy is connected, and was asked for a tunnel.
    Tunnel,
    /// The tunnel is there, and the TLS handshake with the host is under way.
    Handshake,
    /// The proxy is connected, and forwards requests: whether it reaches the host is not known.
    Forwarding,
    Connected,
}

impl Tried {
    pub(super) fn through(&self, proxy: &impl ToString) {
        self.with_state(|state| state.proxy = Some(proxy.to_string()));
    }

    pub(super) fn starts(&self, address: SocketAddr) {
        self.with_state(|state| state.outcomes.push((address, None)));
    }

    pub(super) fn failed(&self, address: SocketAddr, fault: &io::Error) {
        self.with_state(|state| {
            if let Some((_, outcome)) = state.outcomes.iter_mut().find(|(it, _)| *it == address) {
                *outcome = Some(fault.to_string());
            }
        });
    }

    pub(super) fn reached(&self, stage: Stage) {
        self.with_state(|state| state.stage = stage);
    }

    /// The result for each address, for the operator; empty once the host is connected.
    pub(in crate::issuer) fn outcomes(&self) -> String {
        self.with_state(|state| {
            let text = |(address, fault): &(SocketAddr, Option<String>)| {
                format!("{address}: {}", fault.as_deref().unwrap_or("no answer"))
            };
            let outcomes: Vec<String> = state.outcomes.iter().map(text).collect();
            match (&state.proxy, state.stage) {
                (_, Stage::Connected) => String::new(),
                (Some(proxy), Stage::Tunnel) => format!("the proxy {proxy}: no answer"),
                (Some(proxy), Stage::Handshake) => {
                    format!("it through the proxy {proxy}: no TLS")
                }
                (Some(proxy), Stage::Forwarding) => {
                    format!("it through the proxy {proxy}: no answer")
                }
                (Some(proxy), Stage::Connecting) => {
                    format!("the proxy {proxy} at {}", outcomes.join("; "))
                }
                (None, _) => outcomes.join("; "),
            }
        })
    }

    fn with_state<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
