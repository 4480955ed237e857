//! The interface of the source of random bytes, which is always an argument,
//! and UUIDs of version 7 generated with it.
//!
//! Not here: implementations. The server uses the operating system's generator,
//! and tests use a repeatable sequence.

use uuid::{Builder, Uuid};

use crate::Timestamp;

/// A source of unpredictable bytes. Every secret is generated from it.
pub trait RandomSource: Send + Sync {
    /// Overwrites all of `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);

    /// Generates a UUID of version 7 for an object that is created at `now`.
    ///
    /// UUIDs sort by their time. The order of two from the same microsecond is
    /// undefined.
    fn uuid(&self, now: Timestamp) -> Uuid {
        let mut tail = [0; 8];
        self.fill(&mut tail);
        uuid_v7(now, u64::from_be_bytes(tail))
    }
}

/// Builds a UUID of version 7 from a time and the lower 62 bits of `tail`. The
/// twelve bits after the millisecond hold the microsecond.
pub fn uuid_v7(now: Timestamp, tail: u64) -> Uuid {
    let micros = now.micros().max(0).unsigned_abs();
    // Scale 1000 microseconds to the 4096 values of the twelve bits.
    let fraction = u16::try_from(micros % 1000 * 4096 / 1000).unwrap_or(0);
    let mut rest = [0; 10];
    rest[..2].copy_from_slice(&fraction.to_be_bytes());
    rest[2..].copy_from_slice(&tail.to_be_bytes());
    Builder::from_unix_timestamp_millis(micros / 1000, &rest).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::SequentialRandom;

    #[test]
    fn ids_are_version_seven_and_contain_their_millisecond() {
        let at = Timestamp::from_micros(1_795_433_848_297_875);
        let id = SequentialRandom::default().uuid(at);
        assert_eq!(id.get_version_num(), 7);
        let time = id.get_timestamp().map(|t| t.to_unix());
        assert_eq!(time.map(|(seconds, _)| seconds), Some(1_795_433_848));
        assert_eq!(time.map(|(_, nanos)| nanos / 1_000_000), Some(297));
    }

    #[test]
    fn later_microseconds_sort_later() {
        let random = SequentialRandom::default();
        let start = 1_795_433_848_999_000;
        let ids: Vec<_> = (start..start + 2_000)
            .map(|micros| random.uuid(Timestamp::from_micros(micros)))
            .collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn times_before_1970_give_unique_ids() {
        let random = SequentialRandom::default();
        let long_ago = Timestamp::from_micros(i64::MIN);
        assert_ne!(random.uuid(long_ago), random.uuid(long_ago));
    }
}
