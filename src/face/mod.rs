//! Comparison of faces: padding to the stored row, the cosine of two, score matrices, byte codes and signs.
//!
//! A face template is a unit vector, so the cosine of two is their inner product. It is always the
//! canonical one of [`Kernels::dot`](crate::kernels::Kernels::dot): a score has the same bits whether
//! it comes from a comparison of two templates, from a scan of a gallery or from a score matrix, on
//! every machine.

mod coded_probes;
mod codes;
mod error;
mod matrix;
mod probe;
mod quantise;
mod row;
mod signs;
#[cfg(feature = "training")]
pub mod training;

pub use coded_probes::CodedProbes;
pub use codes::{CODE_PIECE, FaceCodes, code_holds, code_lines, code_rows};
pub use error::{FaceError, FaceMatrixError};
pub use matrix::FaceMatrix;
pub use probe::{FaceProbe, compare};
pub use quantise::code_groups;
pub use row::{padded, row};
pub use signs::{SignProbe, sign_lines, sign_rows, signs_hold};

use crate::units::Score;

/// The score of an inner product; [`Score::LOWEST`] where a damaged row made it NaN or infinite.
fn score(cosine: f32) -> Score {
    Score::new(cosine).unwrap_or(Score::LOWEST)
}
