//! Points in time: microseconds since 1970 in UTC, the three formats that clients
//! receive, and the interface of the clock, which is always an argument.
//!
//! Not here: time zones; everything is UTC.

use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// The current time. It may stand still or go back: nothing relies on it for
    /// uniqueness.
    fn now(&self) -> Timestamp;
}

/// A point in time in microseconds, the precision of both databases. Serialized
/// as that number, for internal records; clients receive one of the formats.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Accepts any number. A time outside the years 1 to 9999 is formatted as the
    /// nearest one inside them, because clients cannot parse other years.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970, rounded towards the past.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Whole seconds since 1970, rounded towards the past.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time since `earlier`; zero if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        if self <= earlier {
            return Duration::ZERO;
        }
        Duration::from_micros(self.0.abs_diff(earlier.0))
    }

    /// `2026-11-23T11:37:28.297875+00:00`
    #[must_use]
    pub fn iso_offset(self) -> String {
        self.format(b'T', "+00:00")
    }

    /// `2026-11-23 11:37:28.297875+00:00`
    #[must_use]
    pub fn blank_offset(self) -> String {
        self.format(b' ', "+00:00")
    }

    /// `2026-11-23T11:37:28.297875Z`
    #[must_use]
    pub fn iso_z(self) -> String {
        self.format(b'T', "Z")
    }

    fn civil_time(self) -> DateTime {
        const FIRST: DateTime = DateTime::constant(1, 1, 1, 0, 0, 0, 0);
        const LAST: DateTime = DateTime::constant(9999, 12, 31, 23, 59, 59, 999_999_000);
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => Offset::UTC.to_datetime(time).clamp(FIRST, LAST),
            Err(_) if self.0 < 0 => FIRST,
            Err(_) => LAST,
        }
    }

    fn format(self, separator: u8, zone: &str) -> String {
        let at = self.civil_time();
        let mut text = String::with_capacity(32);
        push_digits(&mut text, u32::from(at.year().unsigned_abs()), 4);
        text.push('-');
        push_digits(&mut text, u32::from(at.month().unsigned_abs()), 2);
        text.push('-');
        push_digits(&mut text, u32::from(at.day().unsigned_abs()), 2);
        text.push(char::from(separator));
        push_digits(&mut text, u32::from(at.hour().unsigned_abs()), 2);
        text.push(':');
        push_digits(&mut text, u32::from(at.minute().unsigned_abs()), 2);
        text.push(':');
        push_digits(&mut text, u32::from(at.second().unsigned_abs()), 2);
        text.push('.');
        push_digits(&mut text, at.subsec_nanosecond().unsigned_abs() / 1_000, 6);
        text.push_str(zone);
        text
    }
}

/// Appends exactly `width` digits. Lists contain thousands of timestamps, so this
/// does not use `format!`.
fn push_digits(text: &mut String, value: u32, width: u32) {
    for position in (0..width).rev() {
        let digit = value / 10_u32.pow(position) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

fn duration_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at the largest timestamp.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration_micros(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at the smallest timestamp.
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration_micros(duration)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // 2026-11-23 11:37:28.297875 UTC.
    const EXAMPLE: Timestamp = Timestamp::from_micros(1_795_433_848_297_875);

    #[test]
    fn the_three_timestamp_formats() {
        assert_eq!(EXAMPLE.iso_offset(), "2026-11-23T11:37:28.297875+00:00");
        assert_eq!(EXAMPLE.blank_offset(), "2026-11-23 11:37:28.297875+00:00");
        assert_eq!(EXAMPLE.iso_z(), "2026-11-23T11:37:28.297875Z");
    }

    #[test]
    fn formatting_always_has_six_fraction_digits() {
        let whole = Timestamp::from_micros(0);
        assert_eq!(whole.blank_offset(), "1970-01-01 00:00:00.000000+00:00");
        assert_eq!(
            (whole - Duration::from_micros(1)).iso_z(),
            "1969-12-31T23:59:59.999999Z"
        );
    }

    #[test]
    fn out_of_range_timestamps_are_clamped() {
        assert_eq!(
            Timestamp::from_micros(i64::MIN).iso_z(),
            "0001-01-01T00:00:00.000000Z"
        );
        assert_eq!(
            Timestamp::from_micros(i64::MAX).iso_z(),
            "9999-12-31T23:59:59.999999Z"
        );
        let end = Timestamp::from_micros(i64::MAX) + Duration::MAX;
        assert_eq!(end.micros(), i64::MAX);
    }

    #[test]
    fn since_is_never_negative() {
        let later = EXAMPLE + Duration::from_secs(90);
        assert_eq!(later.since(EXAMPLE), Duration::from_secs(90));
        assert_eq!(EXAMPLE.since(later), Duration::ZERO);
        assert_eq!(EXAMPLE.seconds(), 1_795_433_848);
        assert_eq!(EXAMPLE.millis(), 1_795_433_848_297);
        assert_eq!(Timestamp::from_micros(-1).seconds(), -1);
    }

    proptest! {
        #[test]
        fn formatting_agrees_with_jiff(micros in any::<i64>()) {
            let text = Timestamp::from_micros(micros).iso_z();
            prop_assert_eq!(text.len(), 27);
            if let Ok(time) = jiff::Timestamp::from_microsecond(micros)
                && let Ok(read) = text.parse::<jiff::Timestamp>()
                && Offset::UTC.to_datetime(time).year() > 0
            {
                prop_assert_eq!(read, time);
            }
        }

        #[test]
        fn formatted_timestamps_parse_back(micros in -2_000_000_000_000_000_i64..4_000_000_000_000_000) {
            let read: Option<jiff::Timestamp> = Timestamp::from_micros(micros).iso_offset().parse().ok();
            prop_assert_eq!(read.map(jiff::Timestamp::as_microsecond), Some(micros));
        }
    }
}
