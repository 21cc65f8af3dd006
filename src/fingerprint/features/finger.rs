//! What a gallery stores of a finger: its minutiae and their cylinders, in fixed layouts.

use std::cmp::Reverse;
use std::fmt;

use super::blocks::CylinderBlock;
use super::cylinder::Cylinders;
use super::geometry::Geometry;
use crate::kernels::masked::LANES;
use crate::kernels::{Kernels, Work};
use crate::template::Minutia;

/// Version of what [`FingerFeatures::new`] makes of minutiae. A segment names it; features of
/// another version are rebuilt from the minutiae, never compared.
pub const FEATURE_VERSION: u32 = 1;

/// A finger's features where they lie, in memory or in a mapped segment.
///
/// Any bytes are allowed: bytes that [`FingerFeatures::new`] does not make give a meaningless score, never a
/// panic. Minutiae past [`FingerFeatures::MAX_MINUTIAE`], and blocks past those that they can fill, are
/// ignored.
#[derive(Clone, Copy)]
pub struct FingerView<'a> {
    /// All minutiae.
    pub minutiae: &'a [Minutia],
    /// Cylinders of those minutiae that have one.
    pub cylinders: &'a [CylinderBlock],
}

impl<'a> FingerView<'a> {
    /// No more than can be used.
    pub(in crate::fingerprint) fn bounded(self) -> Self {
        let most_blocks = FingerFeatures::MAX_MINUTIAE.div_ceil(LANES);
        Self {
            minutiae: &self.minutiae[..self.minutiae.len().min(FingerFeatures::MAX_MINUTIAE)],
            cylinders: &self.cylinders[..self.cylinders.len().min(most_blocks)],
        }
    }
}

impl fmt::Debug for FingerView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FingerView({} minutiae, {} cylinder blocks)", self.minutiae.len(), self.cylinders.len())
    }
}

/// A finger's features, owned. `Debug` shows counts, never minutiae.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerFeatures {
    minutiae: Vec<Minutia>,
    cylinders: Vec<CylinderBlock>,
}

impl FingerFeatures {
    /// Most minutiae that are used: a record view has at most 255. Of more, those of best quality are
    /// taken (not reported counts as worst; of equals, the first in the order below).
    pub const MAX_MINUTIAE: usize = 255;

    /// Makes the features of a finger. The order of the minutiae does not matter: they are kept by
    /// ascending x, then descending y, then direction, kind and quality.
    ///
    /// Costs some microseconds per minutia: once at enrolment, and once per probe. Uses the kernels of this
    /// process ([`Kernels::active`]).
    pub fn new(minutiae: &[Minutia]) -> Self {
        Self::with_kernels(minutiae, Kernels::active())
    }

    /// [`FingerFeatures::new`] by given kernels: the same bits, only faster or slower.
    pub fn with_kernels(minutiae: &[Minutia], kernels: &Kernels) -> Self {
        let mut minutiae = minutiae.to_vec();
        minutiae.sort_unstable_by_key(|m| (m.x, Reverse(m.y), m.angle, *m));
        if minutiae.len() > Self::MAX_MINUTIAE {
            // Both sorts that keep the order of equals: the outcome is the same for any input order.
            minutiae.sort_by_key(|m| Reverse(m.quality()));
            minutiae.truncate(Self::MAX_MINUTIAE);
            minutiae.sort_by_key(|m| (m.x, Reverse(m.y), m.angle, *m));
        }
        let cylinders = kernels.run(Blocks { minutiae: &minutiae });
        Self { minutiae, cylinders }
    }

    /// The features, borrowed.
    pub fn view(&self) -> FingerView<'_> {
        FingerView { minutiae: &self.minutiae, cylinders: &self.cylinders }
    }
}

/// The cylinders of sorted minutiae, in blocks.
struct Blocks<'a> {
    minutiae: &'a [Minutia],
}

impl Work for Blocks<'_> {
    type Output = Vec<CylinderBlock>;

    const IS_NARROW: bool = true;

    #[inline(always)]
    fn run(self) -> Vec<CylinderBlock> {
        let Self { minutiae } = self;
        let mut geometry = Geometry::default();
        geometry.fill(minutiae);
        let mut maker = Cylinders::new();
        let mut blocks: Vec<CylinderBlock> = Vec::with_capacity(minutiae.len().div_ceil(LANES));
        let mut count = 0;
        for minutia in 0..minutiae.len() {
            let Some(pattern) = maker.cylinder(minutiae, &geometry, minutia) else { continue };
            if count % LANES == 0 {
                blocks.push(CylinderBlock::default());
            }
            if let Some(block) = blocks.last_mut() {
                block.set(count % LANES, &pattern, minutia);
            }
            count += 1;
        }
        blocks
    }
}

impl fmt::Debug for FingerFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "FingerFeatures({} minutiae, {} cylinder blocks)",
            self.minutiae.len(),
            self.cylinders.len()
        )
    }
}
