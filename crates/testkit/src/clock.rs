//! The time of a story: it starts now, and passes when the story says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use freehold_domain::{Clock, Timestamp};
use freehold_server::system::SystemClock;

/// A clock that is set by hand. Clones show the same time.
///
/// It starts at the real time, which is what `doctor` compares with, and moves
/// by a microsecond at each look, so that nothing happens at the same moment.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn start() -> Self {
        Self(Arc::new(AtomicI64::new(SystemClock.now().micros())))
    }

    /// What it shows, in seconds since 1970.
    pub fn seconds(&self) -> i64 {
        self.now().seconds()
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).expect("a time that a story may take");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(1, Ordering::SeqCst))
    }
}
