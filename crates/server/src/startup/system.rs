//! The clock and the random source of the operating system. The application takes
//! both as arguments; tests pass others.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use freehold_domain::{Clock, RandomSource, Timestamp, uuid_v7};
use uuid::Uuid;

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the Clock that all other code takes as an argument"
    )]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is wrong, but must not stop the server.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's random numbers, through the crypto library.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomSource;

impl RandomSource for SystemRandomSource {
    fn fill(&self, bytes: &mut [u8]) {
        // Keys without random bytes could be guessed.
        aws_lc_rs::rand::fill(bytes).expect("the operating system gives random bytes");
    }

    /// Ids that one thread generates for the same moment increase by random steps.
    /// The thousand accounts of one request are therefore added at the end of each
    /// index, and not at random positions in its last pages.
    fn uuid(&self, now: Timestamp) -> Uuid {
        let mut random = [0; 8];
        self.fill(&mut random);
        let random = u64::from_be_bytes(random);
        let tail = match LAST_ID.get() {
            Some((moment, tail)) if moment == now => tail.wrapping_add((random >> 24) + 1),
            // The highest of the 62 bits is left free for millions of steps.
            _ => random >> 3,
        };
        LAST_ID.set(Some((now, tail)));
        uuid_v7(now, tail)
    }
}

thread_local! {
    /// The moment and the random tail of the last id that this thread generated.
    static LAST_ID: Cell<Option<(Timestamp, u64)>> = const { Cell::new(None) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_generated_in_the_same_microsecond_increase() {
        let now = Timestamp::from_micros(1_795_433_848_297_875);
        let ids: Vec<Uuid> = (0..100_000).map(|_| SystemRandomSource.uuid(now)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        let last = ids.last().copied().unwrap_or_default();
        let later = SystemRandomSource.uuid(Timestamp::from_micros(now.micros() + 1));
        assert!(last < later, "the moment counts for more");
        assert_eq!(
            (last.get_version_num(), last.get_timestamp()),
            (7, ids[0].get_timestamp())
        );
    }

    #[test]
    fn threads_generate_different_ids() {
        let now = Timestamp::from_micros(1_795_433_848_297_875);
        let generate = move || SystemRandomSource.uuid(now);
        let threads: Vec<_> = (0..64).map(|_| std::thread::spawn(generate)).collect();
        let ids = threads.into_iter().filter_map(|thread| thread.join().ok());
        let ids: std::collections::HashSet<Uuid> = ids.collect();
        assert_eq!(ids.len(), 64);
    }
}
