//! How strongly something speaks for one explanation against another.

use std::fmt;
use std::ops::Add;

/// The common logarithm of a likelihood ratio: how many times likelier a score is of mates than of non-mates.
/// Zero says nothing, two is a hundred times likelier of mates, minus one ten times likelier of non-mates.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct LogRatio(f64);

impl LogRatio {
    /// A ratio of one.
    pub const NEUTRAL: Self = Self(0.0);

    /// `None` unless the logarithm is finite.
    pub fn from_log10(log10: f64) -> Option<Self> {
        log10.is_finite().then_some(Self(log10 + 0.0))
    }

    /// The common logarithm.
    pub const fn log10(self) -> f64 {
        self.0
    }

    /// The ratio when the best of `n` comparisons is taken: an `n`th of the ratio of that comparison. Zero
    /// counts as one.
    #[must_use]
    pub fn of_best_of(self, n: u32) -> Self {
        Self(self.0 - f64::from(n.max(1)).log10())
    }
}

/// Logarithms add where ratios of independent comparisons multiply.
impl Add for LogRatio {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).clamp(f64::MIN, f64::MAX))
    }
}

impl fmt::Display for LogRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.2}", self.0)
    }
}

impl TryFrom<f64> for LogRatio {
    type Error = &'static str;

    fn try_from(log10: f64) -> Result<Self, Self::Error> {
        Self::from_log10(log10).ok_or("the logarithm of a likelihood ratio is a finite number")
    }
}

impl From<LogRatio> for f64 {
    fn from(ratio: LogRatio) -> Self {
        ratio.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_finite_and_multiply() {
        assert_eq!(LogRatio::from_log10(f64::NAN), None);
        assert_eq!(LogRatio::from_log10(f64::INFINITY), None);
        let hundred = LogRatio::from_log10(2.0).unwrap();
        assert_eq!((hundred + hundred).log10(), 4.0);
        assert_eq!(hundred.of_best_of(100).log10(), 0.0);
        assert_eq!(hundred.of_best_of(0), hundred);
        let most = LogRatio::from_log10(f64::MAX).unwrap();
        assert!((most + most).log10().is_finite());
        assert_eq!(LogRatio::from_log10(-0.5).unwrap().to_string(), "-0.50");
    }
}
