//! Face rows as one bit per dimension, which only the approximate search reads.
//!
//! The signs of sixteen rows lie together as a block of lines; a line has 32 dimensions, four bytes of each
//! row, the first dimension in the lowest bit. A bit is set where the number is below zero. The share of bits
//! in which two rows differ is about the angle between them, divided by pi; there is no bound.

use crate::kernels::codes::{LANES, Line};
use crate::kernels::{Kernels, Work};

/// Lines of the signs of sixteen rows of this dimension.
pub const fn sign_lines(dimension: usize) -> usize {
    dimension.div_ceil(32)
}

/// The signs of rows of one dimension, in blocks of sixteen. Past the dimension, and where there is no row,
/// bits are zero.
pub fn sign_rows(rows: &[&[f32]], dimension: usize) -> Vec<Line> {
    let mut lines = vec![[0; 64]; rows.len().div_ceil(LANES) * sign_lines(dimension)];
    for (rows, block) in rows.chunks(LANES).zip(lines.chunks_exact_mut(sign_lines(dimension))) {
        for (lane, row) in rows.iter().enumerate() {
            for (line, word) in block.iter_mut().zip(signs(row, dimension)) {
                line.as_chunks_mut().0[lane] = word.to_le_bytes();
            }
        }
    }
    lines
}

/// The signs of a row, 32 dimensions per word.
fn signs(row: &[f32], dimension: usize) -> impl Iterator<Item = u32> {
    let (words, rest) = row.get(..dimension).unwrap_or(row).as_chunks::<32>();
    words.iter().map(|numbers| word(numbers)).chain((!rest.is_empty()).then(|| word(rest)))
}

/// The signs of at most 32 numbers. Inlined, so that the compiler sees how many there are.
#[inline(always)]
fn word(numbers: &[f32]) -> u32 {
    numbers.iter().enumerate().fold(0, |bits, (at, x)| bits | u32::from(*x < 0.0) << at)
}

/// Whether a lane of a block has the signs of a row.
pub fn signs_hold(block: &[Line], lane: usize, row: &[f32], dimension: usize) -> bool {
    let words = block.iter().map(|line| line.as_chunks().0.get(lane).map(|&bytes| u32::from_le_bytes(bytes)));
    words.eq(signs(row, dimension).map(Some))
}

/// A face's signs, to be compared with many. `Debug` is left out: signs are biometric.
pub struct SignProbe {
    words: Vec<u32>,
}

impl SignProbe {
    /// The signs of a padded row.
    pub fn new(row: &[f32], dimension: usize) -> Self {
        Self { words: signs(row, dimension).collect() }
    }

    /// For each row of whole blocks the number of dimensions with another sign: a number per lane, blocks in
    /// order.
    ///
    /// # Panics
    /// If `out` does not have a place for each lane.
    pub fn distances(&self, blocks: &[Line], out: &mut [u16]) {
        let whole = blocks.len() / self.words.len().max(1) * LANES;
        assert_eq!(out.len(), whole, "one place for each lane");
        Kernels::active().run(Distances { words: &self.words, blocks, out });
    }
}

struct Distances<'a> {
    words: &'a [u32],
    blocks: &'a [Line],
    out: &'a mut [u16],
}

impl Work for Distances<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let blocks = self.blocks.chunks_exact(self.words.len());
        for (block, out) in blocks.zip(self.out.as_chunks_mut::<LANES>().0) {
            let mut sums = [0_u32; LANES];
            for (line, word) in block.iter().zip(self.words) {
                for (sum, bytes) in sums.iter_mut().zip(line.as_chunks::<4>().0) {
                    *sum += (u32::from_le_bytes(*bytes) ^ word).count_ones();
                }
            }
            // At most the dimension, 4096.
            *out = sums.map(|sum| sum as u16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_signs_that_differ() {
        for (dimension, count) in [(2, 1), (31, 3), (32, 16), (33, 17), (512, 40), (4096, 5)] {
            let number = |row: usize, at: usize| ((row * 7919 + at * 104_729) % 17) as f32 - 8.0;
            let rows: Vec<Vec<f32>> =
                (0..count).map(|row| (0..dimension).map(|at| number(row, at)).collect()).collect();
            let views: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
            let lines = sign_rows(&views, dimension);
            assert_eq!(lines.len(), count.div_ceil(LANES) * sign_lines(dimension));
            let probe: Vec<f32> = (0..dimension).map(|at| number(99, at)).collect();
            let mut out = vec![7; count.next_multiple_of(LANES)];
            SignProbe::new(&probe, dimension).distances(&lines, &mut out);
            for (row, found) in rows.iter().zip(&out) {
                let differ = row.iter().zip(&probe).filter(|&(&a, &b)| (a < 0.0) != (b < 0.0)).count();
                assert_eq!(usize::from(*found), differ);
            }
            let last = (count - 1) / LANES * sign_lines(dimension);
            assert!(signs_hold(&lines[last..], (count - 1) % LANES, &rows[count - 1], dimension));
            assert!(!signs_hold(&lines[last..], (count - 1) % LANES, &probe, dimension) || dimension < 3);
        }
    }
}
