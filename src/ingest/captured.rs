//! A moment as an RFC 3339 date-time or as seconds since 1970.

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::template::CaptureTime;
use crate::units::Timestamp;

/// A [`Timestamp`] as manifests write it.
#[derive(Clone, Copy)]
pub(super) struct Captured(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Captured {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Moment;

        impl Visitor<'_> for Moment {
            type Value = Captured;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a moment such as \"2024-05-01T09:30:00+07:00\", or whole seconds since 1970")
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Captured, E> {
                moment(seconds).map(Captured).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Captured, E> {
                let seconds = i64::try_from(seconds).map_err(|_| E::custom("too many seconds"))?;
                self.visit_i64(seconds)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Captured, E> {
                parse(text).map(Captured).ok_or_else(|| {
                    E::custom(format_args!(
                        "{:?} is not a moment like 2024-05-01T09:30:00+07:00",
                        text.chars().take(40).collect::<String>()
                    ))
                })
            }
        }

        deserializer.deserialize_any(Moment)
    }
}

/// The first second of the year 0 and the last of the year 9999: what a date-time of RFC 3339 can say.
const MOMENTS: RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// The years from 1900 to 2200.
const LIKELY: RangeInclusive<i64> = -2_208_988_800..=7_258_118_399;

/// Seconds since 1970, if they are of a year that can be written.
fn moment(seconds: i64) -> Result<Timestamp, String> {
    if MOMENTS.contains(&seconds) {
        return Ok(Timestamp::from_unix_seconds(seconds));
    }
    let units = [("milliseconds", 1_000), ("microseconds", 1_000_000), ("nanoseconds", 1_000_000_000)];
    let meant = units.into_iter().find(|(_, per_second)| LIKELY.contains(&(seconds / per_second)));
    let hint = meant.map_or_else(String::new, |(unit, per_second)| {
        format!(": {unit}? In seconds that is {}", seconds / per_second)
    });
    Err(format!("{seconds} seconds since 1970 are outside of the years 0 to 9999{hint}"))
}

/// An RFC 3339 date-time with its offset; parts of a second are dropped, and second 60, which a
/// leap second has, is the next minute's first. `None` if it is anything else.
fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let number = |from: usize, digits: usize| -> Option<i64> {
        let digits = bytes.get(from..from + digits)?;
        digits.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let is = |at: usize, any: &[u8]| bytes.get(at).is_some_and(|b| any.contains(b));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let two = |from| number(from, 2).and_then(|n| u8::try_from(n).ok());
    let time = CaptureTime {
        year: u16::try_from(number(0, 4)?).ok()?,
        month: two(5)?,
        day: two(8)?,
        hour: two(11)?,
        minute: two(14)?,
        second: two(17)?,
        millisecond: 0,
    };
    let mut zone = 19;
    if is(zone, b".") {
        let digits = bytes[zone + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        zone += 1 + digits;
    }
    let offset = match bytes.get(zone)? {
        b'Z' | b'z' if bytes.len() == zone + 1 => 0,
        sign @ (b'+' | b'-') if bytes.len() == zone + 6 && is(zone + 3, b":") => {
            let (hours, minutes) = (number(zone + 1, 2)?, number(zone + 4, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 3600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    Some(Timestamp::from_unix_seconds(time.timestamp()?.unix_seconds() - offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_units_than_seconds_are_named() {
        for (seconds, says) in [
            (1_300_000_000_000, "milliseconds? In seconds that is 1300000000"),
            (1_700_000_000_000_000, "microseconds? In seconds that is 1700000000"),
            (1_700_000_000_000_000_000, "nanoseconds? In seconds that is 1700000000"),
            (253_402_300_800, "milliseconds? In seconds that is 253402300"),
            (-62_167_219_201, "milliseconds? In seconds that is -62167219"),
            (i64::MAX, "outside of the years 0 to 9999"),
            (i64::MIN, "outside of the years 0 to 9999"),
        ] {
            let error = moment(seconds).unwrap_err();
            assert!(error.ends_with(says) || error.contains(says), "{error}");
        }
        for seconds in [i64::from(u32::MAX), 0, -1, 253_402_300_799, -62_167_219_200] {
            assert_eq!(moment(seconds), Ok(Timestamp::from_unix_seconds(seconds)));
        }
    }

    #[test]
    fn known_moments() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T12:00:00z", 951_825_600),
            ("2024-05-01T09:30:00+07:00", 1_714_530_600),
            ("2024-05-01t02:30:00.999999999Z", 1_714_530_600),
            ("2024-04-30 21:00:00-05:30", 1_714_530_600),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(parse(text).map(Timestamp::unix_seconds), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_moment_is_refused() {
        for text in [
            "",
            "2024-05-01",
            "2024-05-01T09:30:00",
            "2024-05-01T09:30Z",
            "2024-13-01T09:30:00Z",
            "2024-00-01T09:30:00Z",
            "2023-02-29T09:30:00Z",
            "1900-02-29T09:30:00Z",
            "2024-05-32T09:30:00Z",
            "2024-05-00T09:30:00Z",
            "2024-05-01T24:00:00Z",
            "2024-05-01T09:60:00Z",
            "2024-05-01T09:30:61Z",
            "2024-05-01T09:30:00.Z",
            "2024-05-01T09:30:00ZZ",
            "2024-05-01T09:30:00+0700",
            "2024-05-01T09:30:00+24:00",
            "2024-05-01T09:30:00+07:60",
            "+024-05-01T09:30:00Z",
            "2024-05-01T09:30:00\u{660}",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
