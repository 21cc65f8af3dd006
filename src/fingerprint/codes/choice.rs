//! Which minutiae of a finger get codes, and in which order.

use super::SLOTS;
use crate::fingerprint::geometry::Geometry;
use crate::template::Minutia;

/// The slots' minutiae: the best 32, by ascending direction as stored, then by index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    minutiae: [u8; SLOTS],
    count: usize,
}

impl Choice {
    /// Of a finger of at most 255 minutiae.
    pub(super) fn new(minutiae: &[Minutia], finger: &Geometry) -> Self {
        let mut all: Vec<(i32, u8)> = (0_u8..=u8::MAX)
            .zip(minutiae)
            .map(|(index, _)| (worth(minutiae, finger, index), index))
            .collect();
        all.sort_unstable_by_key(|&(worth, index)| (std::cmp::Reverse(worth), index));
        all.truncate(SLOTS);
        all.sort_unstable_by_key(|&(_, index)| (direction(&minutiae[usize::from(index)]), index));
        let mut chosen = [0; SLOTS];
        for (slot, (_, index)) in chosen.iter_mut().zip(&all) {
            *slot = *index;
        }
        Self { minutiae: chosen, count: all.len() }
    }

    /// How many different minutiae there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The different minutiae, in order.
    pub(super) fn minutiae(&self) -> impl Iterator<Item = usize> + '_ {
        self.minutiae.iter().take(self.count).map(|&index| usize::from(index))
    }

    /// Which of the different minutiae a slot holds.
    pub(super) fn place(&self, slot: usize) -> usize {
        slot * self.count / SLOTS
    }
}

/// The stored direction.
pub(super) fn direction(minutia: &Minutia) -> u8 {
    (minutia.angle.to_binary() >> 8) as u8
}

/// What a minutia is worth among its finger's: greater is better.
fn worth(minutiae: &[Minutia], finger: &Geometry, index: u8) -> i32 {
    let index = usize::from(index);
    let quality = minutiae[index].quality().map_or(0, |quality| i32::from(quality.get()));
    let (x, y) = (finger.x[index], finger.y[index]);
    quality * 10_000 - (x * x + y * y).sqrt() as i32
}
