//! What the operating system tells a process that should end.

use derive_more::Display;

/// A signal to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display)]
pub(super) enum Signal {
    /// From whatever runs the process.
    #[display("SIGTERM")]
    Terminate,
    /// From the terminal: somebody waits.
    #[display("SIGINT")]
    Interrupt,
    /// From somebody who wants no ceremony.
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

    /// Every SIGHUP, which by itself would end the process.
    #[derive(Debug)]
    pub(in super::super) struct ReloadSignals(Option<unix::Signal>);

    impl ReloadSignals {
        /// From here on; where the system does not let us, there will be none.
        pub(in super::super) fn listen() -> Self {
            Self(signal(SignalKind::hangup()).ok())
        }

        /// The next one.
        pub(in super::super) async fn next(&mut self) {
            let Some(signals) = &mut self.0 else { return pending().await };
            if signals.recv().await.is_none() {
                pending().await
            }
        }
    }

    /// The signals that come, one by one.
    #[derive(Debug)]
    pub(in super::super) struct Signals {
        terminate: unix::Signal,
        interrupt: unix::Signal,
        quit: unix::Signal,
    }

    impl Signals {
        /// From here on, signals do not end the process by themselves.
        pub(in super::super) fn listen() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                quit: signal(SignalKind::quit())?,
            })
        }

        /// The next signal.
        pub(in super::super) async fn next(&mut self) -> Signal {
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

    /// There is no SIGHUP here.
    #[derive(Debug)]
    pub(in super::super) struct ReloadSignals;

    impl ReloadSignals {
        /// None will come.
        pub(in super::super) fn listen() -> Self {
            Self
        }

        /// None comes.
        pub(in super::super) async fn next(&mut self) {
            pending().await
        }
    }

    /// The signals that come, one by one.
    #[derive(Debug)]
    pub(in super::super) struct Signals;

    impl Signals {
        /// From here on, signals do not end the process by themselves.
        pub(in super::super) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        /// The next signal.
        pub(in super::super) async fn next(&mut self) -> Signal {
            if tokio::signal::ctrl_c().await.is_err() {
                pending::<()>().await;
            }
            Signal::Interrupt
        }
    }
}
