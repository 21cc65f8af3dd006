//! From descriptors to bits: a matrix and a threshold for each bit.

use super::WORDS;
use super::descriptor::VALUES;

/// Bits of a code.
pub(super) const BITS: usize = 64 * WORDS;

/// Columns of the matrix that lie together: a vector's worth.
const LANES: usize = 16;
/// Descriptors that are projected together, so that a row of the matrix is read once for all.
pub(super) const BATCH: usize = 8;

/// Descriptors of a batch whose sums are kept in registers together.
const TOGETHER: usize = 4;

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
    ///
    /// `IN_PAIRS` takes two descriptors at a time instead of four: their sums are eight vectors of 128 bits, and
    /// those of four would be all sixteen registers of a processor without AVX. It changes no bit.
    #[inline(always)]
    pub(super) fn codes<const IN_PAIRS: bool>(
        &self,
        descriptors: &[[f32; VALUES]; BATCH],
    ) -> [[u64; WORDS]; BATCH] {
        let mut codes = [[0; WORDS]; BATCH];
        for (block, (matrix, thresholds)) in
            self.blocks.iter().zip(self.thresholds.as_chunks::<LANES>().0).enumerate()
        {
            let mut sums = [[0.0_f32; LANES]; BATCH];
            for (sums, descriptors) in
                sums.as_chunks_mut::<TOGETHER>().0.iter_mut().zip(descriptors.as_chunks::<TOGETHER>().0)
            {
                let [a, b, c, d] = descriptors;
                *sums = if IN_PAIRS {
                    let ([a, b], [c, d]) = (pair(matrix, a, b), pair(matrix, c, d));
                    [a, b, c, d]
                } else {
                    products(matrix, descriptors)
                };
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

/// The sums of four descriptors for the bits of one block, named one by one, so that the compiler keeps them in
/// registers.
#[inline(always)]
fn products(
    matrix: &[[f32; LANES]; VALUES],
    [a, b, c, d]: &[[f32; VALUES]; TOGETHER],
) -> [[f32; LANES]; TOGETHER] {
    let [mut a_sums, mut b_sums, mut c_sums, mut d_sums] = [[0.0_f32; LANES]; TOGETHER];
    for ((((row, a), b), c), d) in matrix.iter().zip(a).zip(b).zip(c).zip(d) {
        for lane in 0..LANES {
            a_sums[lane] += a * row[lane];
            b_sums[lane] += b * row[lane];
            c_sums[lane] += c * row[lane];
            d_sums[lane] += d * row[lane];
        }
    }
    [a_sums, b_sums, c_sums, d_sums]
}

/// [`products`] of two descriptors.
#[inline(always)]
fn pair(
    matrix: &[[f32; LANES]; VALUES],
    a: &[f32; VALUES],
    b: &[f32; VALUES],
) -> [[f32; LANES]; TOGETHER / 2] {
    let [mut a_sums, mut b_sums] = [[0.0_f32; LANES]; TOGETHER / 2];
    for ((row, a), b) in matrix.iter().zip(a).zip(b) {
        for lane in 0..LANES {
            a_sums[lane] += a * row[lane];
            b_sums[lane] += b * row[lane];
        }
    }
    [a_sums, b_sums]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn bits_are_those_of_plain_sums(seed in any::<u32>()) {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 16_777_216.0 - 0.5
            };
            let rows: Vec<[f32; BITS]> = (0..VALUES).map(|_| std::array::from_fn(|_| next())).collect();
            let thresholds = std::array::from_fn(|_| next());
            let mut descriptors = [[0.0; VALUES]; BATCH];
            descriptors.iter_mut().flatten().for_each(|value| *value = next().max(0.0));
            let projection = Projection::new(&rows, thresholds);
            let found = projection.codes::<false>(&descriptors);
            prop_assert_eq!(found, projection.codes::<true>(&descriptors));
            for (code, descriptor) in found.iter().zip(&descriptors) {
                for bit in 0..BITS {
                    let sum = (0..VALUES).fold(0.0, |sum, value| sum + descriptor[value] * rows[value][bit]);
                    prop_assert_eq!(code[bit / 64] >> (bit % 64) & 1 == 1, sum > thresholds[bit], "bit {}", bit);
                }
            }
        }
    }
}
