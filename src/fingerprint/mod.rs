//! All that is about comparing fingers: features, cylinders, relaxation, growth, score.
//!
//! [`FingerFeatures`] are made of minutiae once, at enrolment. A [`FingerProbe`] is prepared once and
//! compared with many [`FingerView`]s, each in these steps: similarities of all pairs of cylinders and
//! a greedy one-to-one list of the best; relaxation of the list by geometry.

mod cylinder;
mod features;
mod geometry;
mod hull;
mod maths;
mod parameters;
mod prepared;
mod probe;
mod relaxation;
mod similarity;

pub use features::{CylinderBlock, FEATURE_VERSION, FingerFeatures, FingerView};
pub use probe::{FingerProbe, Scratch};
