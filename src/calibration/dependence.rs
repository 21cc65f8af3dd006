//! How much the scores of one person's samples depend on each other.

use super::CalibrationError;
use super::set::percentile;
use crate::random::Random;
use crate::units::Score;

/// A comparison of two people by several of their samples: the scores of the same fingers, in the same order.
#[derive(Clone, Debug)]
pub struct PersonComparison {
    /// Numbers of the two people, which differ.
    pub people: [u32; 2],
    /// A score for each finger; as many for each comparison.
    pub scores: Vec<Score>,
}

/// How much non-mated scores of one person's fingers depend on each other: the correlation that discounts their
/// evidence. Zero if a finger says as much beside others as alone, one if the others only repeat it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependence {
    correlation: f64,
    people: u32,
    comparisons: u64,
}

const REPLICATES: u32 = 200;
const SEED: u64 = 2;
const CONFIDENCE: f64 = 0.95;
/// People and comparisons that a measurement takes.
const LEAST_PEOPLE: u32 = 20;
const LEAST_COMPARISONS: usize = 1_000;
/// Where the tail is looked at: where so many comparisons are left, a count whose error is about a third.
const TAIL: f64 = 30.0;

impl Dependence {
    /// `None` unless the correlation is from 0 to 1.
    pub fn of(correlation: f64, people: u32, comparisons: u64) -> Option<Self> {
        (0.0..=1.0).contains(&correlation).then_some(Self { correlation, people, comparisons })
    }

    /// Measures it on comparisons of different people. It is the one-sided 95 % bound, by resampling people, of the
    /// greater of two numbers: the correlation of the scores' normal quantiles, and the correlation that
    /// explains how many of the comparisons have the least product of rates. It is never below zero.
    ///
    /// # Errors
    /// Fewer than 20 people, 1,000 comparisons or two fingers.
    pub fn measure(comparisons: &[PersonComparison]) -> Result<Self, CalibrationError> {
        let fingers = comparisons.iter().map(|one| one.scores.len()).min().unwrap_or(0);
        let people = comparisons.iter().flat_map(|one| one.people).max().map_or(0, |most| most + 1);
        if people < LEAST_PEOPLE || comparisons.len() < LEAST_COMPARISONS || fingers < 2 {
            return Err(CalibrationError::TooFewPeople {
                people,
                comparisons: comparisons.len(),
                fingers,
                needed_people: LEAST_PEOPLE,
                needed_comparisons: LEAST_COMPARISONS,
            });
        }
        let evidence = Evidence::new(comparisons, fingers);
        let draws = (0..REPLICATES).map(|number| {
            let times = Random::new(SEED, u64::from(number)).draw_all(people as usize);
            let of = |person: u32| times.get(person as usize).copied().map_or(0.0, f64::from);
            evidence.correlation(|[a, b]| of(a) * of(b))
        });
        let bound = percentile(draws.filter(|found| found.is_finite()).collect(), CONFIDENCE);
        let correlation = bound.unwrap_or(1.0).clamp(0.0, 1.0);
        Ok(Self { correlation, people, comparisons: comparisons.len() as u64 })
    }

    /// The correlation, 0 to 1.
    pub const fn correlation(&self) -> f64 {
        self.correlation
    }

    /// How many people it was measured on.
    pub const fn people(&self) -> u32 {
        self.people
    }

    /// How many comparisons of two people.
    pub const fn comparisons(&self) -> u64 {
        self.comparisons
    }
}

/// Comparisons by the ranks of their scores.
struct Evidence {
    fingers: usize,
    /// The people, the sums over the fingers of the normal quantiles and of their squares, and the product of
    /// the rates as its negative natural logarithm; the last falls.
    rows: Vec<([u32; 2], f64, f64, f64)>,
}

impl Evidence {
    fn new(comparisons: &[PersonComparison], fingers: usize) -> Self {
        let mut rows: Vec<_> = comparisons.iter().map(|one| (one.people, 0.0, 0.0, 0.0)).collect();
        let n = comparisons.len() as f64;
        for finger in 0..fingers {
            let score = |one: &PersonComparison| one.scores.get(finger).copied().unwrap_or(Score::LOWEST);
            let mut order: Vec<(Score, usize)> = comparisons.iter().map(score).zip(0..).collect();
            order.sort_unstable_by(|a, b| b.cmp(a));
            for (rank, (_, at)) in order.into_iter().enumerate() {
                let Some(row) = rows.get_mut(at) else { continue };
                let above = (rank as f64 + 0.5) / n;
                let normal = normal_above(above);
                row.1 += normal;
                row.2 += normal * normal;
                row.3 -= above.ln();
            }
        }
        rows.sort_by(|a, b| b.3.total_cmp(&a.3));
        Self { fingers, rows }
    }

    /// The greater of the two correlations, weighted.
    fn correlation(&self, weight: impl Fn([u32; 2]) -> f64) -> f64 {
        let (mut total, mut products, mut squares) = (0.0, 0.0, 0.0);
        for &(people, sum, square, _) in &self.rows {
            let weight = weight(people);
            total += weight;
            products += weight * (sum * sum - square);
            squares += weight * square;
        }
        let others = self.fingers as f64 - 1.0;
        let plain = products / others / squares;
        // Where about thirty comparisons are left, how rare would they be if fingers were independent?
        let mut left = TAIL * total / self.rows.len() as f64;
        let level = self.rows.iter().find(|row| {
            left -= weight(row.0);
            left <= 0.0
        });
        let seen = (TAIL / self.rows.len() as f64).ln();
        let independent = level.map_or(seen, |row| log_erlang(self.fingers, row.3));
        plain.max((independent / seen - 1.0) / others)
    }
}

/// The natural logarithm of the chance that `n` independent rates have a product below `exp(-sum)`.
fn log_erlang(n: usize, sum: f64) -> f64 {
    let terms = (1..n).scan(1.0, |term, k| {
        *term *= sum / k as f64;
        Some(*term)
    });
    terms.sum::<f64>().ln_1p() - sum
}

/// The normal quantile above which a share lies: Acklam's rational approximation (2003), relative error 1.2e-9.
fn normal_above(share: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 5] =
        [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1.0];
    let horner = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    // Quantile below a share; the one above has the other sign.
    let below = |p: f64| {
        let q = (-2.0 * p.ln()).sqrt();
        horner(&C, q) / horner(&D, q)
    };
    if share < 0.02425 {
        -below(share)
    } else if share > 1.0 - 0.02425 {
        below(1.0 - share)
    } else {
        let q = share - 0.5;
        -q * horner(&A, q * q) / horner(&B, q * q)
    }
}
