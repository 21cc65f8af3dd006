//! Several fingers, several references of each, and the face: one likelihood ratio and one false match rate.
//!
//! A [`FusionTable`] is a calibration with likelihood ratios. [`fuse`] adds the logarithms of the ratios of all samples
//! that were compared; a sample that is missing adds nothing. Of the sum it states
//!
//! * the false match rate: the share of non-mates whose sum is as great, from the distribution that each table
//!   gives to the ratios of its non-mates. This needs no ratio to be right: any function that rises with the scores
//!   has such a distribution, and the tables bound it;
//! * the likelihood ratio, at most one over that rate.
//!
//! **What is proved.** If a table's rates are upper bounds, and the samples of a non-mate are independent, then the
//! rate of the sum is one: each table's distribution lies above the true one, and so does that of their sum. Of `k`
//! references compared with a sample the best counts, and the rate is multiplied by `k` (the union bound, whatever the
//! references share). [`Fused::proved`] holds for any dependence.
//!
//! **What is measured.** Samples of one person are not independent. With a correlation `r` between each two of `n`
//! samples, the evidence is worth that of `n / (1 + (n - 1) r)` independent ones (Kish, 1965), and both logarithms are
//! multiplied by the share `1 / (1 + (n - 1) r)`. With `r = 0` that is independence; with `r = 1` it is one sample.
//! The correlation is the bound that [`Dependence::measure`](crate::calibration::Dependence::measure) gives, which
//! the table carries; without one it is assumed ([`ASSUMED_FINGERS`]), as that between face and fingers always is
//! ([`ASSUMED_MODALITIES`]).

mod error;
mod fused;
mod non_mates;
mod table;

pub use error::FusionError;
pub use fused::{ASSUMED_FINGERS, ASSUMED_MODALITIES, Best, Discount, Fused, Part, fuse};
pub use table::FusionTable;
