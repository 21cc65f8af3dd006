//! Constants of the filter. Pixels are pixels at 500 dpi, a fiftieth of a millimetre.

use crate::units::{Length, Resolution};

/// A pixel in steps of [`Length`].
const PIXEL: f32 = Length::STEPS_PER_CENTIMETRE as f32 / Resolution::DPI_500.pixels_per_centimetre() as f32;

/// Two pairs of minutiae agree wholly if their two distances differ by less than this, in steps ...
pub(super) const DISTANCE_NEAR: f32 = 2.5 * PIXEL;
/// ... and not at all from this on.
pub(super) const DISTANCE_FAR: f32 = 7.5 * PIXEL;
/// Of the difference of the pairs' turns, in 256ths of a turn (8 degrees).
pub(super) const TURN_NEAR: f32 = 5.7;
/// See [`TURN_NEAR`] (22 degrees).
pub(super) const TURN_FAR: f32 = 15.6;
/// Of the distance by which a minutia misses where the other pair's motion takes it, in steps.
pub(super) const RESIDUAL_NEAR: f32 = 5.0 * PIXEL;
/// See [`RESIDUAL_NEAR`].
pub(super) const RESIDUAL_FAR: f32 = 25.0 * PIXEL;
/// Rounds of relaxation.
pub(super) const ROUNDS: usize = 4;
/// What a pair keeps of its own weight in a round.
pub(super) const KEEP: f32 = 0.5;
