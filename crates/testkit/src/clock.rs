//! The clock of a scenario.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use freehold_domain::{Clock, Timestamp};
use freehold_server::system::SystemClock;

/// A clock that is set by hand. Clones show the same time.
///
/// It starts at the real time, which `doctor` compares with, and advances by a
/// microsecond at each reading, so that no two timestamps are equal.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn start() -> Self {
        Self(Arc::new(AtomicI64::new(SystemClock.now().micros())))
    }

    /// The current time, in seconds since 1970.
    pub fn seconds(&self) -> i64 {
        self.now().seconds()
    }

    /// Advances the clock.
    pub fn advance(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).expect("a duration that fits into an i64");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(1, Ordering::SeqCst))
    }
}
