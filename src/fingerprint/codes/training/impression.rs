//! Impressions with the finger that each is of: what a model is trained on.

use crate::fingerprint::features::finger::FingerFeatures;

/// An impression, labelled with the finger that it is of.
#[derive(Clone, Debug)]
pub struct LabelledImpression {
    /// Which finger: equal for impressions of one finger, whatever sensor and extractor they are of, different
    /// for others. A finger under two names does little harm.
    pub finger: u64,
    /// Its features.
    pub features: FingerFeatures,
}
