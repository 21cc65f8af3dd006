//! A finger made ready for comparison: geometry, and cylinders by row (a pattern each) and by column (a
//! lane of a block each).

use std::cmp::Ordering;

use super::features::{CylinderBlock, FingerView};
use super::geometry::Geometry;
use crate::kernels::masked::{LANES, Pattern};
use crate::template::Minutia;
use crate::units::Length;

/// Everything that a comparison needs of one finger besides its view. Reused without allocation.
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared {
    pub(super) geometry: Geometry,
    /// The cylinders.
    pub(super) rows: Rows,
    /// The lanes of the blocks in order, those without cylinder too.
    pub(super) columns: Columns,
}

/// Each cylinder as a pattern, and the index of its minutia.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) patterns: Vec<Pattern>,
    pub(super) minutia: Vec<u8>,
}

impl Rows {
    /// Number of cylinders.
    pub(super) fn len(&self) -> usize {
        self.minutia.len()
    }
}

/// For each lane the index of its minutia, the direction of that, and how far it can be trusted.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// All ones for a lane with a cylinder, zero for one without (whose other values mean nothing).
    pub(super) present: Vec<i32>,
    pub(super) minutia: Vec<u8>,
    pub(super) cos: Vec<f32>,
    pub(super) sin: Vec<f32>,
    /// The root of its trust.
    pub(super) root: Vec<f32>,
}

impl Prepared {
    /// Takes in a finger of no more minutiae and blocks than can be used.
    #[inline(always)]
    pub(super) fn fill(&mut self, view: FingerView<'_>) {
        self.geometry.fill(view.minutiae);
        self.rows.patterns.clear();
        self.rows.minutia.clear();
        self.columns.present.clear();
        self.columns.minutia.clear();
        self.columns.cos.clear();
        self.columns.sin.clear();
        self.columns.root.clear();
        for block in view.cylinders {
            for lane in 0..CylinderBlock::CYLINDERS {
                let minutia = block.minutia(lane, self.geometry.len());
                let index = usize::from(minutia.unwrap_or_default());
                self.columns.present.push(if minutia.is_some() { -1 } else { 0 });
                self.columns.minutia.push(minutia.unwrap_or_default());
                self.columns.cos.push(minutia.map_or(0.0, |_| self.geometry.cos[index]));
                self.columns.sin.push(minutia.map_or(0.0, |_| self.geometry.sin[index]));
                self.columns.root.push(minutia.map_or(0.0, |_| self.geometry.trust.root[index]));
                if let Some(minutia) = minutia {
                    self.rows.patterns.push(block.pattern(lane));
                    self.rows.minutia.push(minutia);
                }
            }
        }
        debug_assert_eq!(self.columns.cos.len(), view.cylinders.len() * LANES);
    }
}

/// A finger in a comparison.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) view: FingerView<'a>,
    pub(super) prepared: &'a Prepared,
}

impl Side<'_> {
    /// Which of two fingers comes first: by cylinders, then minutiae, then contents. Fingers that are
    /// equal here are the same to the bit but for where they lie, so a comparison depends neither on which
    /// was the probe nor on a translation.
    pub(super) fn order(self, other: Side<'_>) -> Ordering {
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
