//! The score: two terms of a comparison, combined into one number.

use crate::fingerprint::parameters::{RELAXED_FLOOR, RELAXED_WEIGHT, SCORE_OFFSET, SUPPORT_WEIGHT};
use crate::maths;
use crate::units::Score;

/// The score of a comparison: of the relaxed score of its list, and of the support's share of the overlap.
pub(in crate::fingerprint) fn combine_terms(relaxed: f32, share: f32) -> Score {
    let value = RELAXED_WEIGHT * maths::ln(relaxed + RELAXED_FLOOR) + SUPPORT_WEIGHT * share + SCORE_OFFSET;
    Score::new(value).unwrap_or(Score::LOWEST)
}
