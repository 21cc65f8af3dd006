//! Cylinders of a finger in blocks of eight, as a gallery stores them.

use std::fmt;

use bytemuck::{Pod, Zeroable};

use crate::kernels::masked::{LANES, Pattern, Planes};

/// Plane of the numbers of the minutiae: 0 for a lane without cylinder, else 1 + the index.
const MINUTIA_PLANE: usize = 6;

/// Eight cylinders as planes of words: word `w` of cylinder `c` is `words[w][c]`, so that one vector
/// instruction works on eight cylinders.
///
/// Planes 0 to 4 are the five slices of direction, plane 5 the mask of valid cells (bit `8 row +
/// column` of each), plane 6 the minutia (1 + its index; 0 if the lane holds no cylinder), plane 7
/// zero.
#[repr(C, align(64))]
#[derive(Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct CylinderBlock {
    /// `words[plane][cylinder]`.
    pub words: Planes,
}

impl CylinderBlock {
    /// Most cylinders of a block.
    pub const CYLINDERS: usize = LANES;

    pub(super) fn set(&mut self, lane: usize, pattern: &Pattern, minutia: usize) {
        for (plane, word) in self.words.iter_mut().zip(pattern) {
            plane[lane] = *word;
        }
        self.words[MINUTIA_PLANE][lane] = minutia as u64 + 1;
    }

    /// The pattern of a lane.
    pub(in crate::fingerprint) fn pattern(&self, lane: usize) -> Pattern {
        let [a, b, c, d, e, mask, ..] = &self.words;
        [a, b, c, d, e, mask].map(|plane| plane[lane])
    }

    /// The index of a lane's minutia, if the lane holds a cylinder of one of `minutiae` minutiae.
    pub(in crate::fingerprint) fn minutia(&self, lane: usize, minutiae: usize) -> Option<u8> {
        let index = self.words[MINUTIA_PLANE][lane].checked_sub(1)?;
        (index < minutiae as u64).then_some(index).and_then(|index| u8::try_from(index).ok())
    }
}

impl fmt::Debug for CylinderBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CylinderBlock").finish_non_exhaustive()
    }
}
