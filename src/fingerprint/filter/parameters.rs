//! Constants of the filter. Pixels are pixels at 500 dpi: 50.8 micrometres.

use crate::units::{Length, Resolution};

/// A pixel in steps of [`Length`].
const PIXEL: f32 = Length::STEPS_PER_CENTIMETRE as f32 / Resolution::DPI_500.pixels_per_centimetre() as f32;

/// Two pairs of minutiae agree wholly in place if, turned by the mean of the pairs' turns, their two
/// distances as vectors differ by no more than this part of the candidate's: skin stretches ...
pub(super) const STRETCH: f32 = 0.1;
/// ... and not at all if the square of the difference is greater by the square of this, in steps.
pub(super) const MISS: f32 = 7.0 * PIXEL;
/// They agree wholly in direction if their turns differ by no more than this, in 256ths of a turn (8
/// degrees) ...
pub(super) const TURN_NEAR: f32 = 5.7;
/// ... and not at all from this on (22 degrees).
pub(super) const TURN_FAR: f32 = 15.6;
/// Rounds of relaxation.
pub(super) const ROUNDS: usize = 4;
/// What a pair keeps of its own weight in a round.
pub(super) const KEEP: f32 = 0.5;
