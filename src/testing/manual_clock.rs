//! Manually advanced clock.

use std::time::Duration;

use tokio::sync::watch;

use crate::issuer::{Clock, Sleep};
use crate::token::{MonotonicTime, Timestamp};

/// A clock that moves only when a test advances it.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use actix_resource_server::testing::{ManualClock, TestIssuer};
/// use actix_resource_server::verifier::Verifier;
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = TestIssuer::start();
/// let clock = Arc::new(ManualClock::now());
/// let verifier = Verifier::builder()
///     .issuer(issuer.url())
///     .audience("https://api.example")
///     .clock(clock.clone())
///     .start()?;
///
/// let token = issuer.token().audience("https://api.example").expires_in(60).encode();
/// assert!(verifier.verify(&token).await.is_ok());
/// clock.advance(Duration::from_secs(3600));
/// assert!(verifier.verify(&token).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ManualClock(watch::Sender<Times>);

#[derive(Debug, Clone, Copy)]
struct Times {
    wall: Timestamp,
    monotonic: MonotonicTime,
}

impl ManualClock {
    /// A clock that shows this wall-clock time.
    pub fn at(wall: Timestamp) -> Self {
        Self(watch::Sender::new(Times { wall, monotonic: MonotonicTime::default() }))
    }

    /// A clock stopped at the current time.
    pub fn now() -> Self {
        Self::at(Timestamp::now())
    }

    /// Moves both times forward and wakes sleepers whose deadline has passed.
    pub fn advance(&self, duration: Duration) {
        self.0.send_modify(|times| {
            times.wall = times.wall.plus(duration);
            times.monotonic = times.monotonic.plus(duration);
        });
    }

    /// Steps the wall clock alone, forward or back, as an administrator or NTP would. No time
    /// passes.
    pub fn set_wall_clock(&self, wall: Timestamp) {
        self.0.send_modify(|times| times.wall = wall);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.borrow().wall
    }

    fn monotonic(&self) -> MonotonicTime {
        self.0.borrow().monotonic
    }

    fn sleep_until(&self, time: MonotonicTime) -> Sleep {
        let mut clock = self.0.subscribe();
        Box::pin(async move {
            // The clock has been dropped, so the deadline never passes.
            if clock.wait_for(|times| times.monotonic >= time).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
