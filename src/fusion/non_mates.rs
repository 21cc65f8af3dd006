//! How sums of log likelihood ratios are distributed among non-mates: an upper bound, on a grid.

use crate::calibration::Calibration;
use crate::units::Score;

/// Cells for each factor of ten of the ratio. Values are rounded up to the next cell: of ten fingers the sum is a
/// third of a factor of ten too great at most, a sixth on average.
const CELLS: f64 = 32.0;
/// What rounding may make of a value that is a multiple of a cell.
const ROUNDING: f64 = 1e-6;

/// Of the sum of some samples' ratios, an upper bound of the share of non-mates at each value or above.
#[derive(Clone, Debug)]
pub(super) struct NonMates {
    /// The least value, in cells.
    least: i64,
    /// The share at each cell. They add up to one.
    shares: Vec<f64>,
    /// The share at each cell or above.
    at_least: Vec<f64>,
}

impl NonMates {
    /// Of one sample, by a table. `None` if the table has no ratios.
    pub(super) fn of_one(table: &Calibration) -> Option<Self> {
        let scores: Vec<Score> = table.ratio_scores().collect();
        let log10 = |score: &Score| table.ratio(*score).map(|ratio| ratio.log10.log10());
        let (first, last) = (log10(scores.first()?)?, log10(scores.last()?)?);
        let (least, greatest) = (up(first), up(last));
        let mut at_least = vec![1.0];
        let mut next = 0;
        for cell in least + 1..=greatest {
            // A value is in this cell or above if it is greater than the end of the cell before.
            let end = (cell - 1) as f64 / CELLS;
            while scores.get(next).and_then(log10).is_some_and(|value| value <= end) {
                next += 1;
            }
            let before = next.checked_sub(1).and_then(|before| scores.get(before));
            let (Some(before), Some(after)) = (before, scores.get(next)) else {
                // At the ends only by rounding: the cell before bounds this one.
                at_least.extend(at_least.last().copied());
                continue;
            };
            let (low, high) = (log10(before)?, log10(after)?);
            let share = ((end - low) / (high - low)).clamp(0.0, 1.0);
            let score = f64::from(before.get()) + share * (f64::from(after.get()) - f64::from(before.get()));
            // Rounding must not leave out a non-mate.
            let score = Score::new((score as f32).next_down()).unwrap_or(Score::LOWEST);
            at_least.push(table.fmr(score).rate());
        }
        let next = at_least.iter().skip(1).copied().chain([0.0]);
        let shares = at_least.iter().zip(next).map(|(share, next)| share - next).collect();
        Some(Self { least, shares, at_least })
    }

    /// Of two sums together, if they are independent.
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut shares = vec![0.0; self.shares.len() + other.shares.len() - 1];
        for (place, share) in self.shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            for (sum, other) in shares.iter_mut().skip(place).zip(&other.shares) {
                *sum += share * other;
            }
        }
        let mut sum = 0.0;
        let mut at_least: Vec<f64> = shares
            .iter()
            .rev()
            .map(|share| {
                sum += share;
                sum
            })
            .collect();
        at_least.reverse();
        Self { least: self.least + other.least, shares, at_least }
    }

    /// An upper bound of the share of non-mates with at least this sum.
    pub(super) fn at_least(&self, log10: f64) -> f64 {
        self.from(up(log10))
    }

    /// As [`NonMates::at_least`], of this sum and an independent one together. Cost: linear in the cells of one.
    pub(super) fn at_least_with(&self, other: &Self, log10: f64) -> f64 {
        let needed = up(log10);
        let shares = self.shares.iter().zip(self.least..);
        shares.map(|(share, cell)| share * other.from(needed - cell)).sum::<f64>().min(1.0)
    }

    fn from(&self, cell: i64) -> f64 {
        match usize::try_from(cell - self.least) {
            Ok(place) => self.at_least.get(place).copied().unwrap_or(0.0).min(1.0),
            Err(_) => 1.0,
        }
    }
}

/// The cell that a value is rounded up to.
fn up(log10: f64) -> i64 {
    (log10 * CELLS - ROUNDING).ceil() as i64
}
