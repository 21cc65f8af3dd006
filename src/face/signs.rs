//! Face rows as one bit a dimension: what only an approximate search reads.
//!
//! The signs of sixteen rows lie together as a block of lines; a line has 32 dimensions, four bytes of each
//! row, the first dimension in the lowest bit. A bit is set where the number is below zero. The share of
//! bits in which two rows differ is, about, the angle between them over pi. It proves nothing.

use crate::kernels::codes::{LANES, Line};

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

/// The signs of a row, 32 dimensions a word.
pub(super) fn signs(row: &[f32], dimension: usize) -> impl Iterator<Item = u32> {
    let row = row.get(..dimension).unwrap_or(row);
    row.chunks(32).map(|numbers| {
        let bits = numbers.iter().enumerate().map(|(at, x)| u32::from(*x < 0.0) << at);
        bits.sum()
    })
}

/// Whether a lane of a block has the signs of a row.
pub fn signs_hold(block: &[Line], lane: usize, row: &[f32], dimension: usize) -> bool {
    let words = block.iter().map(|line| line.as_chunks().0.get(lane).map(|&bytes| u32::from_le_bytes(bytes)));
    words.eq(signs(row, dimension).map(Some))
}
