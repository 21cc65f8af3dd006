//! From descriptors to bits: a matrix and a threshold for each bit.

use super::WORDS;
use super::descriptor::VALUES;

/// Bits of a code.
pub(super) const BITS: usize = 64 * WORDS;

/// Columns of the matrix that lie together: a vector's worth.
const LANES: usize = 16;
/// Descriptors that are projected together, so that a row of the matrix is read once for all.
pub(super) const BATCH: usize = 8;

/// The matrix, in blocks of [`LANES`] columns, and the thresholds.
#[derive(Clone, PartialEq)]
pub(super) struct Projection {
    /// `blocks[b][value][lane]` belongs to bit `LANES b + lane`.
    blocks: Vec<[[f32; LANES]; VALUES]>,
    thresholds: [f32; BITS],
}

impl Projection {
    /// From the matrix by rows, `rows[value][bit]`.
    pub(super) fn new(rows: &[[f32; BITS]], thresholds: [f32; BITS]) -> Self {
        let mut blocks = vec![[[0.0; LANES]; VALUES]; BITS / LANES];
        for (value, row) in rows.iter().take(VALUES).enumerate() {
            for (block, lanes) in blocks.iter_mut().zip(row.as_chunks::<LANES>().0) {
                block[value] = *lanes;
            }
        }
        Self { blocks, thresholds }
    }

    /// The matrix's entry for a value and a bit.
    pub(super) fn entry(&self, value: usize, bit: usize) -> f32 {
        self.blocks[bit / LANES][value][bit % LANES]
    }

    pub(super) fn thresholds(&self) -> &[f32; BITS] {
        &self.thresholds
    }

    /// The codes of [`BATCH`] descriptors. Bit `j` of a code is set if the sum over ascending `i` of value `i`
    /// times entry `(i, j)` exceeds threshold `j`, each product and each sum rounded on its own.
    #[inline(always)]
    pub(super) fn codes(&self, descriptors: &[[f32; VALUES]; BATCH]) -> [[u64; WORDS]; BATCH] {
        let mut codes = [[0; WORDS]; BATCH];
        for (block, (matrix, thresholds)) in
            self.blocks.iter().zip(self.thresholds.as_chunks::<LANES>().0).enumerate()
        {
            let mut sums = [[0.0_f32; LANES]; BATCH];
            for (value, row) in matrix.iter().enumerate() {
                for (sums, descriptor) in sums.iter_mut().zip(descriptors) {
                    let value = descriptor[value];
                    for (sum, entry) in sums.iter_mut().zip(row) {
                        *sum += value * entry;
                    }
                }
            }
            let (word, shift) = (block * LANES / 64, block * LANES % 64);
            for (code, sums) in codes.iter_mut().zip(&sums) {
                for (lane, (sum, threshold)) in sums.iter().zip(thresholds).enumerate() {
                    code[word] |= u64::from(sum > threshold) << (shift + lane);
                }
            }
        }
        codes
    }
}
