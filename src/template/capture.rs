//! How and with what an impression was captured: what a record says beside the minutiae, kept so
//! that it can be written back. Matching never looks at it.

use crate::units::Timestamp;

/// The facts of a capture. Zero and empty mean "not reported", as in the standards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// The maker of the device, a registered CBEFF organisation.
    pub vendor: u16,
    /// The device's type number, given by its maker.
    pub device: u16,
    /// Sensor technology, the code of ISO/IEC 19794-2:2011 table 4.
    pub technology: u8,
    /// Bits of capture equipment certification; 0x80 is "Appendix F" of the image quality
    /// specification. Records up to 2009; the 2011 edition has [`Capture::certificates`].
    pub certification: u8,
    /// When, if the record says so.
    pub time: Option<CaptureTime>,
    /// What computed [`quality`](crate::template::FingerprintTemplate::quality).
    pub quality_source: QualitySource,
    /// Further quality scores, of other algorithms.
    pub further_qualities: Vec<QualityScore>,
    /// Certificates of the device.
    pub certificates: Vec<Certificate>,
    /// Where the extractor puts a ridge ending.
    pub ridge_ending: RidgeEnding,
}

/// A quality algorithm by its registered numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QualitySource {
    /// The algorithm's maker, a registered CBEFF organisation.
    pub vendor: u16,
    /// The algorithm, given by its maker.
    pub algorithm: u16,
}

/// A quality score as a record holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualityScore {
    /// 0 to 100; 254 not reported, 255 failed to compute.
    pub value: u8,
    /// What computed it.
    pub source: QualitySource,
}

/// A certificate of the capture device (ISO/IEC 19794-2:2011).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Who certified, a registered CBEFF organisation.
    pub authority: u16,
    /// Under which scheme.
    pub scheme: u8,
}

/// Which point of the picture a ridge ending's coordinates name (ISO/IEC 19794-2:2011).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum RidgeEnding {
    /// The fork of the valley in front of the ridge's end, the rule of the record formats.
    #[default]
    ValleyFork = 0,
    /// The end of the ridge's skeleton.
    SkeletonEnd = 1,
}

/// A capture's date and time in UTC as a record holds them: a field of all ones is not reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureTime {
    /// Year up to 9999, or 0xFFFF.
    pub year: u16,
    /// Month, 1 to 12, or 0xFF.
    pub month: u8,
    /// Day of the month, 1 to 31, or 0xFF.
    pub day: u8,
    /// Hour, 0 to 23, or 0xFF.
    pub hour: u8,
    /// Minute, 0 to 59, or 0xFF.
    pub minute: u8,
    /// Second, 0 to 59 (60 for a leap second), or 0xFF.
    pub second: u8,
    /// Millisecond, 0 to 999, or 0xFFFF.
    pub millisecond: u16,
}

impl CaptureTime {
    /// The record's way to say that nothing is known.
    pub(super) const ABSENT: Self = Self {
        year: u16::MAX,
        month: u8::MAX,
        day: u8::MAX,
        hour: u8::MAX,
        minute: u8::MAX,
        second: u8::MAX,
        millisecond: u16::MAX,
    };

    /// Whether every reported field is within its range.
    pub(super) fn is_plausible(&self) -> bool {
        let within =
            |value: u8, range: std::ops::RangeInclusive<u8>| value == u8::MAX || range.contains(&value);
        (self.year == u16::MAX || self.year <= 9999)
            && within(self.month, 1..=12)
            && within(self.day, 1..=days_in_month(self.year, self.month))
            && within(self.hour, 0..=23)
            && within(self.minute, 0..=59)
            && within(self.second, 0..=60)
            && (self.millisecond == u16::MAX || self.millisecond <= 999)
    }

    /// The moment, if at least the date is reported and valid; a missing time of day counts as
    /// midnight. Milliseconds are dropped.
    pub fn timestamp(&self) -> Option<Timestamp> {
        if !self.is_plausible() || self.year == u16::MAX || self.month == u8::MAX || self.day == u8::MAX {
            return None;
        }
        let part = |value: u8| if value == u8::MAX { 0 } else { i64::from(value) };
        let days = days_since_epoch(i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let seconds = days * 86_400 + part(self.hour) * 3_600 + part(self.minute) * 60 + part(self.second);
        Some(Timestamp::from_unix_seconds(seconds))
    }
}

/// The most that the month can have: an unknown year may be a leap year, an unknown month has 31.
fn days_in_month(year: u16, month: u8) -> u8 {
    let leap =
        year == u16::MAX || year.is_multiple_of(400) || (year.is_multiple_of(4) && !year.is_multiple_of(100));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Years are counted from
/// March, so that the leap day is a year's last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: u16, month: u8, day: u8) -> CaptureTime {
        CaptureTime { year, month, day, ..CaptureTime::ABSENT }
    }

    #[test]
    fn dates_become_moments() {
        let seconds = |t: CaptureTime| t.timestamp().map(|t| t.unix_seconds());
        assert_eq!(seconds(at(1970, 1, 1)), Some(0));
        assert_eq!(seconds(at(2000, 3, 1)), Some(951_868_800));
        assert_eq!(seconds(at(1969, 12, 31)), Some(-86_400));
        let time = CaptureTime { hour: 17, minute: 35, second: 20, millisecond: 999, ..at(2005, 12, 15) };
        assert_eq!(seconds(time), Some(1_134_668_120));
    }

    #[test]
    fn what_is_no_date_has_no_moment() {
        for time in [CaptureTime::ABSENT, at(2023, 2, 29), at(2024, 13, 1), at(2024, 4, 31), at(2024, 1, 0)] {
            assert_eq!(time.timestamp(), None, "{time:?}");
        }
        assert!(at(2024, 2, 29).timestamp().is_some());
        assert!(CaptureTime::ABSENT.is_plausible());
        assert!(!CaptureTime { hour: 24, ..at(2024, 1, 1) }.is_plausible());
    }
}
