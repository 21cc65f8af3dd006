//! Encoding: a finger's minutiae to its codes.

use super::choice::{Choice, direction};
use super::descriptor::{Descriptors, VALUES};
use super::projection::{BATCH, Projection};
use super::{CodeMeans, CodeSites, CodeWords, FingerCodes, SLOTS, WORDS};
use crate::fingerprint::features::geometry::Geometry;
use crate::fingerprint::parameters::PIXELS_PER_STEP;
use crate::kernels::Work;
use crate::template::Minutia;

/// The codes of a finger of at most 255 minutiae, without its means. `IN_PAIRS` is that of [`Projection::codes`].
pub(super) struct Encoding<'a, const IN_PAIRS: bool> {
    pub(super) minutiae: &'a [Minutia],
    pub(super) projection: &'a Projection,
}

impl<const IN_PAIRS: bool> Work for Encoding<'_, IN_PAIRS> {
    type Output = FingerCodes;

    const IS_NARROW: bool = true;

    #[inline(always)]
    fn run(self) -> FingerCodes {
        let Self { minutiae, projection } = self;
        let mut finger = Geometry::default();
        finger.fill(minutiae);
        let choice = Choice::new(minutiae, &finger);
        if choice.count() == 0 {
            return FingerCodes::EMPTY;
        }
        let mut chosen = [0; SLOTS];
        for (place, minutia) in chosen.iter_mut().zip(choice.minutiae()) {
            *place = minutia;
        }
        let mut codes = [[0; WORDS]; SLOTS];
        let mut maker = Descriptors::new();
        let mut descriptors = [[0.0; VALUES]; BATCH];
        for (batch, codes) in chosen[..choice.count()].chunks(BATCH).zip(codes.chunks_mut(BATCH)) {
            for (&centre, out) in batch.iter().zip(&mut descriptors) {
                maker.descriptor(minutiae, &finger, centre, out);
            }
            for (code, of_batch) in codes.iter_mut().zip(projection.codes::<IN_PAIRS>(&descriptors)) {
                *code = of_batch;
            }
        }
        let at = |slot: usize| choice.place(slot);
        let place = |slot| {
            let m = chosen[at(slot)];
            [site(finger.x[m]), site(-finger.y[m])]
        };
        FingerCodes {
            words: std::array::from_fn(|word| CodeWords(std::array::from_fn(|slot| codes[at(slot)][word]))),
            sites: CodeSites {
                places: std::array::from_fn(place),
                directions: std::array::from_fn(|slot| direction(&minutiae[chosen[at(slot)]])),
            },
            count: choice.count() as u8,
            means: CodeMeans::default(),
        }
    }
}

/// A coordinate in pixels as stored.
fn site(pixels: f32) -> i16 {
    // `as` saturates; half the greatest extent of a finger is 32,767.5 steps.
    (pixels / PIXELS_PER_STEP).round() as i16
}
