//! Signals of the operating system.

use derive_more::Display;

/// A signal to stop the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display)]
pub(super) enum Signal {
    /// From a process manager: shut down gracefully, after the shutdown delay.
    #[display("SIGTERM")]
    Terminate,
    /// From a terminal: shut down gracefully, at once.
    #[display("SIGINT")]
    Interrupt,
    /// Stop at once.
    #[display("SIGQUIT")]
    Quit,
}

#[cfg(unix)]
pub(super) use self::unix::{ReloadSignals, Signals};

#[cfg(not(unix))]
pub(super) use self::other::{ReloadSignals, Signals};

#[cfg(unix)]
mod unix {
    use std::future::pending;
    use std::io;

    use tokio::select;
    use tokio::signal::unix::{self, SignalKind, signal};

    use super::Signal;

    /// SIGHUP, which reloads files. Without a listener it would end the process.
    #[derive(Debug)]
    pub(in crate::service) struct ReloadSignals(Option<unix::Signal>);

    impl ReloadSignals {
        /// Listens from now on. If the system does not allow it, no signal ever comes.
        pub(in crate::service) fn listen() -> Self {
            Self(signal(SignalKind::hangup()).ok())
        }

        /// Waits for the next signal.
        pub(in crate::service) async fn next(&mut self) {
            let Some(signals) = &mut self.0 else { return pending().await };
            if signals.recv().await.is_none() {
                pending().await
            }
        }
    }

    /// Signals to stop.
    #[derive(Debug)]
    pub(in crate::service) struct Signals {
        terminate: unix::Signal,
        interrupt: unix::Signal,
        quit: unix::Signal,
    }

    impl Signals {
        /// Listens from now on, instead of letting the signals end the process.
        pub(in crate::service) fn listen() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                quit: signal(SignalKind::quit())?,
            })
        }

        /// Waits for the next signal.
        pub(in crate::service) async fn next(&mut self) -> Signal {
            select! {
                _ = self.terminate.recv() => Signal::Terminate,
                _ = self.interrupt.recv() => Signal::Interrupt,
                _ = self.quit.recv() => Signal::Quit,
            }
        }
    }
}

#[cfg(not(unix))]
mod other {
    use std::future::pending;
    use std::io;

    use super::Signal;

    /// There is no SIGHUP on this system.
    #[derive(Debug)]
    pub(in crate::service) struct ReloadSignals;

    impl ReloadSignals {
        /// No signal ever comes.
        pub(in crate::service) fn listen() -> Self {
            Self
        }

        /// Waits forever.
        pub(in crate::service) async fn next(&mut self) {
            pending().await
        }
    }

    /// Signals to stop.
    #[derive(Debug)]
    pub(in crate::service) struct Signals;

    impl Signals {
        /// Listens from now on, instead of letting the signals end the process.
        pub(in crate::service) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits for the next signal.
        pub(in crate::service) async fn next(&mut self) -> Signal {
            if tokio::signal::ctrl_c().await.is_err() {
                pending::<()>().await;
            }
            Signal::Interrupt
        }
    }
}
