//! All that is about comparing fingers: features, cylinders, relaxation, growth, score.

mod features;

pub use features::{CylinderBlock, FEATURE_VERSION, FingerFeatures, FingerView};
