//! A moment as an RFC 3339 date-time or as seconds since 1970.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

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
                Ok(Captured(Timestamp::from_unix_seconds(seconds)))
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Captured, E> {
                let seconds = i64::try_from(seconds).map_err(|_| E::custom("captured: too many seconds"))?;
                self.visit_i64(seconds)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Captured, E> {
                parse(text).map(Captured).ok_or_else(|| {
                    E::custom(format_args!(
                        "captured: {text:?} is not a moment like 2024-05-01T09:30:00+07:00"
                    ))
                })
            }
        }

        deserializer.deserialize_any(Moment)
    }
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
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
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
    let seconds = hour * 3600 + minute * 60 + second - offset;
    Some(Timestamp::from_unix_seconds(days_since_1970(year, month, day) * 86_400 + seconds))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, year 0 to 9999.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Whole years since year 0, with their leap days, then whole months of this one.
    let before = year - 1;
    let leap_days = if year == 0 { 0 } else { 1 + before / 4 - before / 100 + before / 400 };
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    const FROM_YEAR_0_TO_1970: i64 = 719_528;
    365 * year + leap_days + months + day - 1 - FROM_YEAR_0_TO_1970
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn days_follow_each_other() {
        let mut expected = days_since_1970(1599, 12, 31);
        for year in 1600..2410 {
            for month in 1..=12 {
                for day in 1..=days_of(year, month) {
                    expected += 1;
                    assert_eq!(days_since_1970(year, month, day), expected);
                }
            }
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
