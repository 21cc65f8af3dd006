//! Why scores cannot be fused.

use crate::escape::Escaped;

/// Why scores cannot be fused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FusionError {
    /// The table was fitted on non-mated comparisons only.
    #[error(
        "the calibration of {} has no likelihood ratios, which fusion needs: fit it again on mated comparisons too \
         (biomatch calibrate)",
        Escaped::new(matcher)
    )]
    NoRatios {
        /// The matcher or model that the table names.
        matcher: String,
    },
    /// Nothing to fuse.
    #[error("no sample was compared: there is nothing to fuse")]
    Nothing,
    /// More samples of one kind than a person has.
    #[error("{found} samples of one kind; at most {most} are fused, one for each finger")]
    TooMany {
        /// Samples found.
        found: usize,
        /// Most that are fused.
        most: usize,
    },
}
