//! A finger prepared for comparison: geometry, and cylinders by row (a pattern each) and by column (a lane of
//! a block each).

use std::cmp::Ordering;

use crate::fingerprint::features::blocks::CylinderBlock;
use crate::fingerprint::features::finger::FingerView;
use crate::fingerprint::features::geometry::{self, Geometry};
use crate::kernels::masked::{LANES, Pattern};
use crate::template::Minutia;
use crate::units::Length;

/// Everything that a comparison needs of one finger besides its view. Reused without allocation.
#[derive(Clone, Debug, Default)]
pub(in crate::fingerprint) struct Prepared {
    pub(in crate::fingerprint) geometry: Geometry,
    /// The cylinders.
    pub(in crate::fingerprint) rows: Rows,
    /// The lanes of the blocks in order, those without cylinder too.
    pub(in crate::fingerprint) columns: Columns,
}

/// Each cylinder as a pattern (after [`Prepared::fill_patterns`]), and the index of its minutia.
#[derive(Clone, Debug, Default)]
pub(in crate::fingerprint) struct Rows {
    pub(in crate::fingerprint) patterns: Vec<Pattern>,
    pub(in crate::fingerprint) minutia: Vec<u8>,
}

impl Rows {
    /// Number of cylinders.
    pub(in crate::fingerprint) fn len(&self) -> usize {
        self.minutia.len()
    }
}

/// For each lane the index of its minutia, the direction of that, and how far it can be trusted.
#[derive(Clone, Debug, Default)]
pub(in crate::fingerprint) struct Columns {
    /// All ones for a lane with a cylinder, zero for one without (whose other values mean nothing). There
    /// is a multiple of [`geometry::LANES`] of them.
    pub(in crate::fingerprint) present: Vec<i32>,
    pub(in crate::fingerprint) minutia: Vec<u8>,
    pub(in crate::fingerprint) cos: Vec<f32>,
    pub(in crate::fingerprint) sin: Vec<f32>,
    /// The root of its trust.
    pub(in crate::fingerprint) root: Vec<f32>,
}

impl Prepared {
    /// Takes in a finger of no more minutiae and blocks than can be used, but for its patterns.
    #[inline(always)]
    pub(in crate::fingerprint) fn fill(&mut self, view: FingerView<'_>) {
        self.geometry.fill(view.minutiae);
        let lanes = view.cylinders.len() * LANES;
        let padded = lanes.next_multiple_of(geometry::LANES);
        let Columns { present, minutia, cos, sin, root } = &mut self.columns;
        present.resize(padded, 0);
        minutia.resize(padded, 0);
        cos.resize(padded, 0.0);
        sin.resize(padded, 0.0);
        root.resize(padded, 0.0);
        present[lanes..].fill(0);
        self.rows.minutia.clear();
        for (place, block) in (0..lanes).step_by(LANES).zip(view.cylinders) {
            for lane in 0..LANES {
                let found = block.minutia(lane, self.geometry.len());
                let index = found.unwrap_or_default();
                present[place + lane] = if found.is_some() { -1 } else { 0 };
                minutia[place + lane] = index;
                // A lane without cylinder has what some minutia has, or nothing.
                let of = |column: &[f32]| column.get(usize::from(index)).copied().unwrap_or_default();
                cos[place + lane] = of(&self.geometry.cos);
                sin[place + lane] = of(&self.geometry.sin);
                root[place + lane] = of(&self.geometry.trust.root);
                self.rows.minutia.extend(found);
            }
        }
    }

    /// Takes in the patterns, which only the first finger of a comparison needs, after
    /// [`Prepared::fill`].
    #[inline(always)]
    pub(in crate::fingerprint) fn fill_patterns(&mut self, view: FingerView<'_>) {
        self.rows.patterns.clear();
        for (present, block) in self.columns.present.chunks_exact(LANES).zip(view.cylinders) {
            for lane in (0..LANES).filter(|lane| present[*lane] != 0) {
                self.rows.patterns.push(block.pattern(lane));
            }
        }
    }
}

/// A finger in a comparison.
#[derive(Clone, Copy)]
pub(in crate::fingerprint) struct Side<'a> {
    pub(in crate::fingerprint) view: FingerView<'a>,
    pub(in crate::fingerprint) prepared: &'a Prepared,
}

impl Side<'_> {
    /// Which of two fingers comes first: by cylinders, then minutiae, then contents. Fingers that are
    /// equal here are the same to the bit but for where they lie, so a comparison depends neither on which
    /// was the probe nor on a translation.
    pub(in crate::fingerprint) fn order(self, other: Side<'_>) -> Ordering {
        let counts = |side: Side<'_>| (side.prepared.rows.len(), side.prepared.geometry.len());
        counts(self)
            .cmp(&counts(other))
            .then_with(|| shape(self.view.minutiae).cmp(shape(other.view.minutiae)))
            .then_with(|| words(self.view.cylinders).cmp(words(other.view.cylinders)))
    }
}

/// The minutiae, their places as seen from the first.
fn shape(minutiae: &[Minutia]) -> impl Iterator<Item = Minutia> {
    let origin = minutiae.first().copied().unwrap_or_default();
    let from = |at: Length, origin: Length| Length::from_steps(at.steps().wrapping_sub(origin.steps()));
    minutiae
        .iter()
        .map(move |m| Minutia::new(from(m.x, origin.x), from(m.y, origin.y), m.angle, m.kind(), m.quality()))
}

fn words(blocks: &[CylinderBlock]) -> impl Iterator<Item = u64> {
    blocks.iter().flat_map(|block| block.words.into_iter().flatten())
}
