//! Which minutiae of a finger get codes, and in which order.

use super::SLOTS;
use crate::fingerprint::features::geometry::{Geometry, LANES};
use crate::template::Minutia;
use crate::units::Quality;

/// Deeper inside the hull than this, pixels, is no better (40, 60 and 90 are equal; development data).
const DEEP: f32 = 50.0;

/// The slots' minutiae: the best 32, by ascending direction as stored, then by index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    minutiae: [u8; SLOTS],
    count: usize,
}

impl Choice {
    /// Of a finger of at most 255 minutiae.
    pub(super) fn new(minutiae: &[Minutia], finger: &Geometry) -> Self {
        let depths = finger.x.as_chunks::<LANES>().0.iter().zip(finger.y.as_chunks::<LANES>().0);
        let depths = depths.flat_map(|(x, y)| finger.hull.outside(x, y)).map(|outside| -outside);
        let mut all: Vec<(f32, u8)> = (0_u8..=u8::MAX)
            .zip(minutiae.iter().zip(depths))
            .map(|(index, (minutia, depth))| (worth(minutia, depth), index))
            .collect();
        all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
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

/// The worth of a minutia: its quality, plus its depth inside the hull in pixels, up to [`DEEP`]. Little is
/// known around a minutia at the edge, and where quality is not reported the depth alone decides.
fn worth(minutia: &Minutia, depth: f32) -> f32 {
    let quality = minutia.quality().map_or(0, Quality::get);
    f32::from(quality) + depth.min(DEEP)
}
