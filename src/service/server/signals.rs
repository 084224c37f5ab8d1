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
pub(super) use self::unix::Signals;

#[cfg(not(unix))]
pub(super) use self::other::Signals;

#[cfg(unix)]
mod unix {
    use std::io;

    use tokio::select;
    use tokio::signal::unix::{self, SignalKind, signal};

    use super::Signal;

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
