//! Error rates of comparisons and of searches.

use std::fmt;

/// A false match rate: the share of comparisons between different people whose score is at least
/// as high (ISO/IEC 19795-1), above 0 and at most 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Fmr(f64);

impl Fmr {
    /// A rate of one: any score at all.
    pub const ONE: Self = Self(1.0);

    /// `None` outside `0 < rate <= 1`.
    pub fn new(rate: f64) -> Option<Self> {
        (rate > 0.0 && rate <= 1.0).then_some(Self(rate))
    }

    /// One false match in `n` comparisons; zero counts as one.
    pub fn one_in(n: u32) -> Self {
        Self(1.0 / f64::from(n.max(1)))
    }

    /// The rate, `0 < rate <= 1`.
    pub const fn rate(self) -> f64 {
        self.0
    }

    /// The rate that at least one of `n` such comparisons matches falsely, by the union bound
    /// (which needs no independence), at most one.
    pub fn of_any(self, n: u32) -> Self {
        Self((self.0 * f64::from(n.max(1))).min(1.0))
    }

    /// The greatest rate that each of `n` comparisons may have so that [`Fmr::of_any`] of `n` is
    /// at most this one.
    pub fn shared_by(self, n: u32) -> Self {
        let mut each = self.0 / f64::from(n.max(1));
        while each > 0.0 && Self(each).of_any(n) > self {
            each = each.next_down();
        }
        Self(each.max(f64::MIN_POSITIVE))
    }
}

impl fmt::Display for Fmr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3e}", self.0)
    }
}

impl TryFrom<f64> for Fmr {
    type Error = &'static str;

    fn try_from(rate: f64) -> Result<Self, Self::Error> {
        Self::new(rate).ok_or("a rate is above 0 and at most 1")
    }
}

impl From<Fmr> for f64 {
    fn from(rate: Fmr) -> Self {
        rate.0
    }
}

/// A false positive identification rate: the share of searches for people who are not enrolled that
/// give a candidate (ISO/IEC 19795-1), above 0 and at most 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Fpir(f64);

impl Fpir {
    /// `None` outside `0 < rate <= 1`.
    pub fn new(rate: f64) -> Option<Self> {
        (rate > 0.0 && rate <= 1.0).then_some(Self(rate))
    }

    /// One search in `n`; zero counts as one.
    pub fn one_in(n: u32) -> Self {
        Self(1.0 / f64::from(n.max(1)))
    }

    /// The rate, `0 < rate <= 1`.
    pub const fn rate(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Fpir {
    type Error = &'static str;

    fn try_from(rate: f64) -> Result<Self, Self::Error> {
        Self::new(rate).ok_or("a rate is above 0 and at most 1")
    }
}

impl From<Fpir> for f64 {
    fn from(rate: Fpir) -> Self {
        rate.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_rates_stay_in_their_range() {
        assert_eq!(Fmr::new(0.0), None);
        assert_eq!(Fmr::new(1.5), None);
        assert_eq!(Fmr::new(f64::NAN), None);
        assert_eq!(Fmr::one_in(10).of_any(100), Fmr::ONE);
        for n in (0..1_000).chain([10_000, u32::MAX]) {
            for whole in [Fmr::ONE, Fmr::one_in(10_000), Fmr::one_in(333)] {
                let each = whole.shared_by(n);
                assert!(each.of_any(n) <= whole);
                assert!(each.rate() * f64::from(n.max(1)) > whole.rate() * 0.999_999);
            }
        }
    }
}
