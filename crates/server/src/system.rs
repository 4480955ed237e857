//! The machine's own time and chance. The rules take both as arguments; here
//! is what they are given outside of tests.

use std::time::{SystemTime, UNIX_EPOCH};

use freehold_domain::{Chance, Clock, Timestamp};

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the Clock that everybody else takes"
    )]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is wrong; it may be wrong, it may not stop us.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's random numbers, through the crypto library.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        // Going on without chance would hand out keys that can be guessed.
        aws_lc_rs::rand::fill(bytes).expect("the operating system gives random bytes");
    }
}
