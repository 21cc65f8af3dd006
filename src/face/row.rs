//! An embedding as the row that a gallery stores and a kernel reads.

use crate::kernels::Kernels;
use crate::template::FaceTemplate;

/// Numbers in the row of an embedding: its dimension, rounded up to a multiple of
/// [`Kernels::DOT_LANES`] (32).
///
/// # Panics
/// Debug builds only, if `dimension` is within 31 of the greatest `usize`; a template has at most
/// [`FaceTemplate::MAX_DIMENSION`].
pub const fn padded(dimension: usize) -> usize {
    dimension.next_multiple_of(Kernels::DOT_LANES)
}

/// The unit embedding, followed by zeros up to [`padded`]. Zeros add nothing to an inner product,
/// not even a change of its bits.
pub fn row(template: &FaceTemplate) -> Vec<f32> {
    let mut row = vec![0.0; padded(template.embedding().len())];
    fill(&mut row, template);
    row
}

/// Writes [`row`] into a zeroed slot of its length.
pub(super) fn fill(slot: &mut [f32], template: &FaceTemplate) {
    slot[..template.embedding().len()].copy_from_slice(template.embedding());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_padded_with_zeros() {
        for (dimension, length) in [(2, 32), (31, 32), (32, 32), (33, 64), (128, 128), (4096, 4096)] {
            assert_eq!(padded(dimension), length);
            let template = FaceTemplate::new("m".parse().unwrap(), &vec![1.0; dimension]).unwrap();
            let row = row(&template);
            assert_eq!(row.len(), length);
            assert_eq!(&row[..dimension], template.embedding());
            assert!(row[dimension..].iter().all(|x| x.to_bits() == 0));
        }
    }
}
