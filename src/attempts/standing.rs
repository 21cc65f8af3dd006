//! Where a subject stands, and the rule that grants or refuses an attempt: without input or output, so that every
//! implementation of [`Attempts`](super::Attempts) decides alike.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::limits::{AttemptLimits, Presentation};
use crate::units::Timestamp;

/// A moment as files keep it: milliseconds since 1970. What a clock says of earlier years is the first moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// From milliseconds since 1970.
    pub const fn from_unix_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// In milliseconds since 1970.
    pub const fn unix_millis(self) -> u64 {
        self.0
    }

    fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The first whole second that is not before it.
    fn timestamp(self) -> Timestamp {
        Timestamp::from_unix_seconds(i64::try_from(self.0.div_ceil(1_000)).unwrap_or(i64::MAX))
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self::default().after(since)
    }
}

/// Where a subject stands: its failed attempts in a row, those under way among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Attempts that failed or are under way, since the last success or unlock.
    pub failures: u32,
    /// When the last attempt was granted. Means nothing without failures.
    pub last: Moment,
}

/// Why an attempt is refused, before anything is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// Too many attempts failed; the next one may be made from then on.
    Throttled {
        /// From when on.
        until: Timestamp,
    },
    /// So many attempts failed that an officer must unlock the subject.
    OfficerMustUnlock,
}

/// What the limits say of one more attempt, and where the subject stands then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It may be made, and is counted as failed until it is settled.
    Granted(Standing),
    /// It may not. The standing differs from the one before where the clock went back; it must be kept then.
    Refused(Refusal, Standing),
}

impl Standing {
    /// Judges one more attempt.
    ///
    /// A wait is counted from the last attempt, by the system's clock. If the clock is now before that attempt, it
    /// was moved back, and how much of the wait is over is not known: the whole wait begins anew, now. So no wait
    /// is longer than its length after the clock moved, and none is shorter because of it.
    pub fn judge(self, limits: &AttemptLimits, presentation: Presentation, now: Moment) -> Judgement {
        let kept = Self { last: self.last.min(now), ..self };
        if limits.is_stopped(self.failures, presentation) {
            return Judgement::Refused(Refusal::OfficerMustUnlock, self);
        }
        match limits.wait(self.failures, presentation).map(|wait| kept.last.after(wait)) {
            Some(until) if now < until => {
                Judgement::Refused(Refusal::Throttled { until: until.timestamp() }, kept)
            }
            _ => Judgement::Granted(Self { failures: self.failures.saturating_add(1), last: now }),
        }
    }

    /// After one attempt that was not judged: it is no failure. The time of the last attempt stays, so that waits
    /// lie between attempts whatever these come to.
    #[must_use]
    pub const fn without_one(self) -> Self {
        Self { failures: self.failures.saturating_sub(1), ..self }
    }

    /// After one more failure, at this moment.
    #[must_use]
    pub const fn with_one(self, now: Moment) -> Self {
        Self { failures: self.failures.saturating_add(1), last: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: AttemptLimits = AttemptLimits::SP_800_63B;

    fn at(seconds: u64) -> Moment {
        Moment::from_unix_millis(1_000 * seconds)
    }

    fn granted(standing: Standing, now: Moment) -> Standing {
        match standing.judge(&LIMITS, Presentation::Unchecked, now) {
            Judgement::Granted(standing) => standing,
            refused => panic!("{refused:?}"),
        }
    }

    fn until(standing: Standing, now: Moment) -> (i64, Standing) {
        match standing.judge(&LIMITS, Presentation::Unchecked, now) {
            Judgement::Refused(Refusal::Throttled { until }, standing) => (until.unix_seconds(), standing),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn five_fail_freely_then_each_waits_and_fifty_are_the_end() {
        let mut standing = Standing::default();
        for _ in 0..5 {
            standing = granted(standing, at(100));
        }
        assert_eq!(until(standing, at(100)), (130, standing));
        assert_eq!(until(standing, Moment::from_unix_millis(129_999)), (130, standing));
        standing = granted(standing, at(130));
        assert_eq!(until(standing, at(131)).0, 190);
        let mut now = at(190);
        while standing.failures < 50 {
            standing = granted(standing, now);
            now = now.after(Duration::from_secs(3_600));
        }
        let stopped = Judgement::Refused(Refusal::OfficerMustUnlock, standing);
        assert_eq!(standing.judge(&LIMITS, Presentation::Unchecked, Moment(u64::MAX)), stopped);
        // Fifty more with detection of attacks.
        assert!(matches!(standing.judge(&LIMITS, Presentation::BonaFide, now), Judgement::Granted(_)));
    }

    #[test]
    fn a_clock_that_goes_back_begins_the_wait_anew_once() {
        let standing = Standing { failures: 6, last: at(1_000_000) };
        let (first, kept) = until(standing, at(500));
        assert_eq!((first, kept.last), (560, at(500)));
        // Later it is counted from there.
        assert_eq!(until(kept, at(559)), (560, kept));
        assert_eq!(granted(kept, at(560)).failures, 7);
        // A clock that said too late a time for one attempt does not extend the wait beyond its length.
        let ahead = granted(kept, at(9_000_000_000));
        assert_eq!(until(ahead, at(600)).0, 720);
        // Without a wait nothing is begun anew.
        let free = granted(Standing { failures: 1, last: at(1_000) }, at(10));
        assert_eq!(free, Standing { failures: 2, last: at(10) });
    }

    #[test]
    fn whole_seconds_never_shorten_a_wait() {
        let standing = Standing { failures: 5, last: Moment(1_001) };
        assert_eq!(until(standing, Moment(2_000)).0, 32);
        assert!(granted(standing, at(32)).failures == 6);
    }

    #[test]
    fn moments_before_1970_and_beyond_all_files_are_moments() {
        assert_eq!(Moment::from(SystemTime::UNIX_EPOCH - Duration::from_secs(9)), Moment(0));
        let last = Standing { failures: 5, last: Moment(u64::MAX) };
        assert_eq!(until(last, Moment(0)).0, 30);
        assert_eq!(Moment(u64::MAX).timestamp().unix_seconds(), 18_446_744_073_709_552);
    }
}
