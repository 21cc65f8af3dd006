//! The local step: similarities of all pairs of cylinders, and the best pairs of them, one to one.

use super::features::CylinderBlock;
use super::parameters::{LEAST_COSINE, LEAST_SIMILARITY};
use super::prepared::Side;
use crate::fingerprint::cylinder::LEAST_COMMON;
use crate::kernels::Kernels;
use crate::kernels::masked::{LANES, Pattern, Planes};

/// A listed pair: indices of minutiae, and how similar their cylinders are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) a: u8,
    pub(super) b: u8,
    pub(super) similarity: f32,
}

/// Similarities of the rows of one finger and the columns of another. Reused without allocation.
#[derive(Debug, Default)]
pub(super) struct Similarities {
    patterns: Vec<Pattern>,
    matrix: Vec<f32>,
    /// The best free column of each row.
    best: Vec<Best>,
    /// One for a column that is free, zero for one that is taken.
    free: Vec<f32>,
}

#[derive(Clone, Copy, Debug)]
struct Best {
    similarity: f32,
    column: usize,
}

impl Similarities {
    /// Computes the matrix: `a`'s cylinders by row, `b`'s lanes by column; zero where directions are
    /// not comparable or a lane is empty.
    pub(super) fn compute(&mut self, a: Side<'_>, b: Side<'_>, kernels: &Kernels) {
        let columns = &b.prepared.columns;
        let planes: &[Planes] = bytemuck::cast_slice::<CylinderBlock, Planes>(b.view.cylinders);
        self.patterns.clear();
        self.patterns.extend(a.prepared.rows.iter().map(|row| row.pattern));
        self.matrix.clear();
        self.matrix.resize(self.patterns.len() * planes.len() * LANES, 0.0);
        kernels.masked_similarities(&self.patterns, planes, LEAST_COMMON, &mut self.matrix);

        let geometry = &a.prepared.geometry;
        let width = columns.cos.len().max(1);
        for (row, similarities) in a.prepared.rows.iter().zip(self.matrix.chunks_exact_mut(width)) {
            let minutia = usize::from(row.minutia);
            let (cos, sin) = (geometry.cos[minutia], geometry.sin[minutia]);
            for ((similarity, c), s) in similarities.iter_mut().zip(&columns.cos).zip(&columns.sin) {
                *similarity = if cos * c + sin * s > LEAST_COSINE { *similarity } else { 0.0 };
            }
        }
    }

    /// The greedy list: again and again the most similar pair of a row and a column that are both
    /// free (of equals the first row, then the first column), until none is similar enough. Equals
    /// sorting all pairs, at the price of the pairs taken.
    pub(super) fn select(&mut self, a: Side<'_>, b: Side<'_>, pairs: &mut Vec<Pair>) {
        let width = b.prepared.columns.cos.len();
        pairs.clear();
        self.free.clear();
        self.free.resize(width, 1.0);
        self.best.clear();
        if width == 0 {
            return;
        }
        self.best.extend(self.matrix.chunks_exact(width).map(|row| best_of(row, &self.free)));
        loop {
            let mut row = 0;
            let mut best = Best { similarity: LEAST_SIMILARITY, column: 0 };
            for (i, candidate) in self.best.iter().enumerate() {
                if candidate.similarity > best.similarity {
                    (row, best) = (i, *candidate);
                }
            }
            if best.similarity <= LEAST_SIMILARITY {
                return;
            }
            pairs.push(Pair {
                a: a.prepared.rows[row].minutia,
                b: b.prepared.columns.minutia[best.column],
                similarity: best.similarity,
            });
            self.free[best.column] = 0.0;
            self.best[row].similarity = 0.0;
            for (i, entry) in self.best.iter_mut().enumerate() {
                if entry.column == best.column && entry.similarity > 0.0 {
                    *entry = best_of(&self.matrix[i * width..(i + 1) * width], &self.free);
                }
            }
        }
    }
}

/// The greatest similarity of a row over its free columns, and the first column that has it. The row
/// is a multiple of [`LANES`] long.
fn best_of(row: &[f32], free: &[f32]) -> Best {
    let (row, _) = row.as_chunks::<LANES>();
    let (free, _) = free.as_chunks::<LANES>();
    let mut best = [0.0_f32; LANES];
    for (row, free) in row.iter().zip(free) {
        for lane in 0..LANES {
            let value = row[lane] * free[lane];
            best[lane] = if value > best[lane] { value } else { best[lane] };
        }
    }
    let greatest = best.into_iter().fold(0.0_f32, f32::max);
    let at = row
        .as_flattened()
        .iter()
        .zip(free.as_flattened())
        .position(|(similarity, free)| similarity * free == greatest);
    Best { similarity: greatest, column: at.unwrap_or_default() }
}
