//! Floors: for each query the least score that can still be among the best, shared by all threads.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::units::Score;

/// A least score for each query, which only rises. Whatever a thread reads, rows below it cannot be
/// among the best: reading an old one costs time and changes nothing.
pub(super) struct Floors(Vec<AtomicU32>);

impl Floors {
    pub(super) fn new(queries: usize, least: Score) -> Self {
        Self((0..queries).map(|_| AtomicU32::new(ordered(least.get()))).collect())
    }

    pub(super) fn get(&self, query: usize) -> Score {
        let value = self.0.get(query).map_or(0, |floor| floor.load(Ordering::Relaxed));
        Score::new(f32::from_bits(restored(value))).unwrap_or(Score::LOWEST)
    }

    pub(super) fn raise(&self, query: usize, least: Score) {
        if let Some(floor) = self.0.get(query) {
            floor.fetch_max(ordered(least.get()), Ordering::Relaxed);
        }
    }
}

const SIGN: u32 = 1 << 31;

/// Bits that ascend as the number does: all flipped below zero, the sign above.
pub(super) fn ordered(number: f32) -> u32 {
    let bits = number.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn restored(ordered: u32) -> u32 {
    if ordered & SIGN == 0 { !ordered } else { ordered ^ SIGN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_only_rises() {
        let score = |value| Score::new(value).unwrap();
        let ascending = [-1e6, -1.0, -0.25, -1e-40, 0.0, 1e-40, 0.25, 0.250_000_03, 1.0];
        for (at, &value) in ascending.iter().enumerate() {
            let floors = Floors::new(2, Score::LOWEST);
            for &other in &ascending[at..] {
                floors.raise(1, score(other));
                assert_eq!(floors.get(1), score(other));
                floors.raise(1, score(value));
                assert_eq!(floors.get(1), score(other), "{value} after {other}");
            }
            assert_eq!(floors.get(0), Score::LOWEST);
        }
    }
}
