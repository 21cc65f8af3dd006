//! How many attempts a subject has: the limits of NIST SP 800-63B-4, or stricter ones.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the caller's detection of presentation attacks says of a probe (ISO/IEC 30107-3). The engine sees
/// templates and cannot tell a finger from a mould.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Presentation {
    /// Nothing looked for an attack.
    #[default]
    Unchecked,
    /// A detection looked at the capture and found it bona fide: more attempts are allowed. A probe that it
    /// found to be an attack is for the caller to refuse.
    BonaFide,
}

impl Presentation {
    /// Whether nothing looked for an attack.
    pub const fn is_unchecked(&self) -> bool {
        matches!(self, Self::Unchecked)
    }
}

/// Limits of failed attempts in a row, per subject.
///
/// The default is what NIST SP 800-63B-4 allows at most ("Use of Biometrics"): after 5 failures, or 10 with
/// detection of presentation attacks, at least 30 seconds between attempts, and a stop at 50 failures, or 100.
/// SP 800-63B-4 leaves open how waits grow; here each is twice the one before, up to an hour. Limits can be made
/// stricter, and not weaker.
///
/// As configuration, each field being optional:
///
/// ```
/// use biomatch::attempts::AttemptLimits;
///
/// let text = r#"{"before_waiting": 3, "first_wait_seconds": 60, "stop_at": 20}"#;
/// let limits: AttemptLimits = serde_json::from_str(text)?;
/// assert!(serde_json::from_str::<AttemptLimits>(r#"{"stop_at": 51}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct AttemptLimits {
    unchecked: Counts,
    bona_fide: Counts,
    first_wait: Duration,
    longest_wait: Duration,
}

/// Counts of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    before_waiting: u32,
    stop_at: u32,
}

/// The limits as configuration has them.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    before_waiting: u32,
    before_waiting_if_bona_fide: u32,
    first_wait_seconds: u64,
    longest_wait_seconds: u64,
    stop_at: u32,
    stop_at_if_bona_fide: u32,
}

/// Why limits are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{field}: expected {least} to {most}, found {found}; limits can be stricter than SP 800-63B-4, not weaker"
)]
pub struct AttemptLimitsError {
    /// The field of the configuration.
    pub field: &'static str,
    /// The least value that it may have.
    pub least: u64,
    /// The greatest.
    pub most: u64,
    /// What it has.
    pub found: u64,
}

/// The longest wait that can be configured: a day.
const MOST_SECONDS: u64 = 86_400;

impl AttemptLimits {
    /// The most that NIST SP 800-63B-4 allows.
    pub const SP_800_63B: Self = Self {
        unchecked: Counts { before_waiting: 5, stop_at: 50 },
        bona_fide: Counts { before_waiting: 10, stop_at: 100 },
        first_wait: Duration::from_secs(30),
        longest_wait: Duration::from_secs(3_600),
    };

    /// So many failures before the first wait, at most 5; and with captures found to be bona fide at most 10, and
    /// not less than without.
    ///
    /// # Errors
    /// Counts out of these ranges, or greater than those of the stop.
    pub fn before_waiting(self, unchecked: u32, bona_fide: u32) -> Result<Self, AttemptLimitsError> {
        let mut written = Written::from(self);
        (written.before_waiting, written.before_waiting_if_bona_fide) = (unchecked, bona_fide);
        written.try_into()
    }

    /// The wait after the last of those failures, at least 30 seconds, and the longest one, at most a day.
    /// Each wait is twice the one before. Fractions of a second are left out.
    ///
    /// # Errors
    /// Waits out of these ranges.
    pub fn waits(self, first: Duration, longest: Duration) -> Result<Self, AttemptLimitsError> {
        let mut written = Written::from(self);
        (written.first_wait_seconds, written.longest_wait_seconds) = (first.as_secs(), longest.as_secs());
        written.try_into()
    }

    /// The failures after which nothing is compared until an officer unlocks the subject, at most 50; and with
    /// captures found to be bona fide at most 100, and not less than without.
    ///
    /// # Errors
    /// Counts out of these ranges, or less than those before the first wait.
    pub fn stop_at(self, unchecked: u32, bona_fide: u32) -> Result<Self, AttemptLimitsError> {
        let mut written = Written::from(self);
        (written.stop_at, written.stop_at_if_bona_fide) = (unchecked, bona_fide);
        written.try_into()
    }

    /// Whether a subject with so many failures in a row is stopped.
    pub(super) fn is_stopped(&self, failures: u32, presentation: Presentation) -> bool {
        failures >= self.counts(presentation).stop_at
    }

    /// How long a subject with so many failures in a row waits after the last attempt; none: not at all.
    pub(super) fn wait(&self, failures: u32, presentation: Presentation) -> Option<Duration> {
        let beyond = failures.checked_sub(self.counts(presentation).before_waiting)?;
        let factor = 1_u32.checked_shl(beyond).unwrap_or(u32::MAX);
        Some(self.first_wait.saturating_mul(factor).min(self.longest_wait))
    }

    fn counts(&self, presentation: Presentation) -> Counts {
        match presentation {
            Presentation::Unchecked => self.unchecked,
            Presentation::BonaFide => self.bona_fide,
        }
    }
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self::SP_800_63B
    }
}

impl Default for Written {
    fn default() -> Self {
        AttemptLimits::SP_800_63B.into()
    }
}

impl From<AttemptLimits> for Written {
    fn from(limits: AttemptLimits) -> Self {
        Self {
            before_waiting: limits.unchecked.before_waiting,
            before_waiting_if_bona_fide: limits.bona_fide.before_waiting,
            first_wait_seconds: limits.first_wait.as_secs(),
            longest_wait_seconds: limits.longest_wait.as_secs(),
            stop_at: limits.unchecked.stop_at,
            stop_at_if_bona_fide: limits.bona_fide.stop_at,
        }
    }
}

impl TryFrom<Written> for AttemptLimits {
    type Error = AttemptLimitsError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let within = |field, found: u64, least: u64, most: u64| {
            let is_within = (least..=most).contains(&found);
            if is_within { Ok(()) } else { Err(AttemptLimitsError { field, least, most, found }) }
        };
        let Written {
            before_waiting,
            before_waiting_if_bona_fide,
            first_wait_seconds,
            longest_wait_seconds,
            stop_at,
            stop_at_if_bona_fide,
        } = written;
        let (before, stop) = (u64::from(before_waiting), u64::from(stop_at));
        let (before_if, stop_if) = (u64::from(before_waiting_if_bona_fide), u64::from(stop_at_if_bona_fide));
        within("before_waiting", before, 1, 5)?;
        within("before_waiting_if_bona_fide", before_if, before, 10)?;
        within("first_wait_seconds", first_wait_seconds, 30, MOST_SECONDS)?;
        within("longest_wait_seconds", longest_wait_seconds, first_wait_seconds, MOST_SECONDS)?;
        within("stop_at", stop, before, 50)?;
        within("stop_at_if_bona_fide", stop_if, before_if.max(stop), 100)?;
        Ok(Self {
            unchecked: Counts { before_waiting, stop_at },
            bona_fide: Counts { before_waiting: before_waiting_if_bona_fide, stop_at: stop_at_if_bona_fide },
            first_wait: Duration::from_secs(first_wait_seconds),
            longest_wait: Duration::from_secs(longest_wait_seconds),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_sp_800_63b() {
        let limits = AttemptLimits::default();
        let seconds =
            |failures, presentation| limits.wait(failures, presentation).map_or(0, |wait| wait.as_secs());
        let unchecked: Vec<u64> =
            (0..14).map(|failures| seconds(failures, Presentation::Unchecked)).collect();
        assert_eq!(unchecked, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!((seconds(9, Presentation::BonaFide), seconds(10, Presentation::BonaFide)), (0, 30));
        assert_eq!(seconds(u32::MAX, Presentation::Unchecked), 3_600);
        for (presentation, stop) in [(Presentation::Unchecked, 50), (Presentation::BonaFide, 100)] {
            assert!(!limits.is_stopped(stop - 1, presentation) && limits.is_stopped(stop, presentation));
        }
    }

    #[test]
    fn limits_are_made_stricter_and_never_weaker() {
        let limits = AttemptLimits::default();
        let second = Duration::from_secs;
        let strict = limits.before_waiting(3, 3).unwrap().stop_at(6, 8).unwrap();
        let strict = strict.waits(second(45), second(90)).unwrap();
        let text = serde_json::to_string(&strict).unwrap();
        assert_eq!(serde_json::from_str::<AttemptLimits>(&text).unwrap(), strict);
        assert_eq!(strict.wait(5, Presentation::Unchecked), Some(second(90)));
        let wrong = |refused: Result<AttemptLimits, AttemptLimitsError>| refused.unwrap_err().field;
        assert_eq!(wrong(limits.before_waiting(6, 10)), "before_waiting");
        assert_eq!(wrong(limits.before_waiting(0, 10)), "before_waiting");
        assert_eq!(wrong(limits.before_waiting(5, 11)), "before_waiting_if_bona_fide");
        assert_eq!(wrong(limits.before_waiting(5, 4)), "before_waiting_if_bona_fide");
        assert_eq!(wrong(limits.waits(second(29), second(3_600))), "first_wait_seconds");
        assert_eq!(wrong(limits.waits(second(60), second(59))), "longest_wait_seconds");
        assert_eq!(wrong(limits.waits(second(60), second(86_401))), "longest_wait_seconds");
        assert_eq!(wrong(limits.stop_at(51, 100)), "stop_at");
        assert_eq!(wrong(limits.stop_at(4, 100)), "stop_at");
        assert_eq!(wrong(limits.stop_at(50, 101)), "stop_at_if_bona_fide");
        assert_eq!(wrong(limits.stop_at(50, 49)), "stop_at_if_bona_fide");
        for text in [r#"{"stop_at": 51}"#, r#"{"stop": 5}"#, r#"{"first_wait_seconds": 0}"#] {
            assert!(serde_json::from_str::<AttemptLimits>(text).is_err(), "{text}");
        }
        assert_eq!(serde_json::from_str::<AttemptLimits>("{}").unwrap(), limits);
    }
}
