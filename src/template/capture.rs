//! How and with what an impression was captured: what a record says beside the minutiae, kept so
//! that it can be written back. Matching never looks at it.

use jiff_core::civil::Date;

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
    /// midnight. Milliseconds are dropped. A year after 9999 has no moment.
    pub fn timestamp(&self) -> Option<Timestamp> {
        if !self.is_plausible() || self.year == u16::MAX || self.month == u8::MAX || self.day == u8::MAX {
            return None;
        }
        let part = |value: u8| if value == u8::MAX { 0 } else { i64::from(value) };
        let (year, month, day) = (self.year.try_into(), self.month.try_into(), self.day.try_into());
        let date = Date::new(year.ok()?, month.ok()?, day.ok()?).ok()?;
        let midnight = 86_400 * i64::from(date.to_unix_epoch_day().day());
        let seconds = part(self.hour) * 3_600 + part(self.minute) * 60 + part(self.second);
        Some(Timestamp::from_unix_seconds(midnight + seconds))
    }
}

/// The most that the month can have: an unknown year may be a leap year, an unknown month has 31.
fn days_in_month(year: u16, month: u8) -> u8 {
    // The calendar repeats after 400 years; the year 0 is a leap year.
    let year = if year == u16::MAX { 0 } else { year % 400 };
    let first = Date::new(year as i16, i8::try_from(month).unwrap_or(1), 1);
    first.map_or(31, |first| first.days_in_month().unsigned_abs())
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
        let leap_second = CaptureTime { hour: 23, minute: 59, second: 60, ..at(2016, 12, 31) };
        assert_eq!(seconds(leap_second), Some(1_483_228_800));
        assert_eq!(seconds(at(9999, 12, 31)), Some(253_402_214_400));
        assert_eq!(seconds(at(10_000, 1, 1)), None);
    }

    #[test]
    fn what_is_no_date_has_no_moment() {
        for time in [CaptureTime::ABSENT, at(2023, 2, 29), at(2024, 13, 1), at(2024, 4, 31), at(2024, 1, 0)] {
            assert_eq!(time.timestamp(), None, "{time:?}");
        }
        assert!(at(2024, 2, 29).timestamp().is_some());
        assert!(CaptureTime::ABSENT.is_plausible());
        for (year, month, day, is_plausible) in [
            (u16::MAX, 2, 29, true),
            (u16::MAX, 2, 30, false),
            (1900, 2, 29, false),
            (2000, 2, 29, true),
            (10_001, 2, 29, false),
            (60_000, 2, 29, false),
            (2024, u8::MAX, 31, true),
            (2024, 6, 31, false),
        ] {
            assert_eq!(at(year, month, day).is_plausible(), is_plausible, "{year}-{month}-{day}");
        }
        assert!(!CaptureTime { hour: 24, ..at(2024, 1, 1) }.is_plausible());
    }
}
