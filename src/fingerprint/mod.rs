//! Comparison of fingers: features, score, codes, and the filter of a 1:N search.
//!
//! [`FingerFeatures`] are made of minutiae once, at enrolment. A [`FingerProbe`] is prepared once and
//! compared with many [`FingerView`]s, each in these steps: similarities of all pairs of cylinders and
//! a greedy one-to-one list of the best; relaxation of the list by geometry; growth of
//! the strongest hypotheses of alignment over all minutiae; support of the grown matching and its share
//! of the overlap; one score.

pub mod codes;
mod features;
#[doc(hidden)]
pub mod filter;
#[cfg(test)]
mod oracle;
mod parameters;
mod score;

pub use features::blocks::CylinderBlock;
pub use features::finger::{FEATURE_VERSION, FingerFeatures, FingerView};
pub use score::explanation::{Explanation, Fraction, MatchedPair, RigidMotion, explain};
pub use score::probe::{FingerProbe, Scratch, compare};
