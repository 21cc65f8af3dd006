//! All that is about comparing fingers: features, cylinders, relaxation, growth, score.
//!
//! [`FingerFeatures`] are made of minutiae once, at enrolment. A [`FingerProbe`] is prepared once and
//! compared with many [`FingerView`]s, each in these steps: similarities of all pairs of cylinders and
//! a greedy one-to-one list of the best; relaxation of the list by geometry; growth of
//! the strongest hypotheses of alignment over all minutiae; support of the grown matching and its share
//! of the overlap; one score.

pub mod codes;
mod cylinder;
#[cfg(test)]
mod exits;
mod explanation;
mod features;
pub mod filter;
mod geometry;
mod growth;
mod hull;
mod maths;
mod motion;
mod parameters;
#[cfg(test)]
mod plain;
mod prepared;
mod probe;
mod relaxation;
mod score;
mod similarity;
mod spread;
mod support;
mod trust;

pub use explanation::{Explanation, Fraction, MatchedPair, RigidMotion, explain};
pub use features::{CylinderBlock, FEATURE_VERSION, FingerFeatures, FingerView};
pub use probe::{FingerProbe, Scratch};
