//! Impressions with the finger that each is of: what a model is trained on.

use crate::fingerprint::features::finger::FingerFeatures;

/// An impression, labelled with the finger that it is of.
#[derive(Clone, Debug)]
pub struct LabelledImpression {
    /// The finger: equal for all impressions of one finger, of any sensor and extractor, and different for
    /// other fingers. Training tolerates a few fingers with two numbers.
    pub finger: u64,
    /// Its features.
    pub features: FingerFeatures,
}
