//! The local step: similarities of all pairs of cylinders, and the best pairs of them, one to one.

use super::cylinder::LEAST_COMMON;
use super::features::CylinderBlock;
use super::parameters::{LARGE_TURN_WEIGHT, LEAST_SIMILARITY, LITTLE_TURN_COSINE};
use super::prepared::Side;
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
    /// The similarity of each row's best free column, zero for a row that is taken and for padding.
    best: Vec<f32>,
    /// That column.
    column: Vec<usize>,
    /// One for a column that is free, zero for one that is taken or empty.
    free: Vec<f32>,
    /// One for each row and its padding.
    ones: Vec<f32>,
}

impl Similarities {
    /// Computes the matrix: `a`'s cylinders by row, `b`'s lanes by column, less where one is turned far
    /// against the other. Columns of empty lanes mean nothing.
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
                *similarity *= if cos * c + sin * s > LITTLE_TURN_COSINE { 1.0 } else { LARGE_TURN_WEIGHT };
            }
        }
    }

    /// The greedy list: again and again the most similar pair of a row and a column that are both
    /// free (of equals the first row, then the first column), until none is similar enough. Equals
    /// sorting all pairs, at the price of the pairs taken.
    pub(super) fn select(&mut self, a: Side<'_>, b: Side<'_>, pairs: &mut Vec<Pair>) {
        let width = b.prepared.columns.cos.len();
        pairs.clear();
        self.free.clone_from(&b.prepared.columns.present);
        self.best.clear();
        self.column.clear();
        if width == 0 {
            return;
        }
        for row in self.matrix.chunks_exact(width) {
            let (column, similarity) = greatest(row, &self.free);
            self.best.push(similarity);
            self.column.push(column);
        }
        let rows = self.best.len();
        self.best.resize(rows.next_multiple_of(LANES), 0.0);
        self.ones.resize(self.best.len().max(self.ones.len()), 1.0);
        loop {
            let (row, similarity) = greatest(&self.best, &self.ones);
            if similarity <= LEAST_SIMILARITY {
                return;
            }
            let column = self.column[row];
            let (a, b) = (a.prepared.rows[row].minutia, b.prepared.columns.minutia[column]);
            pairs.push(Pair { a, b, similarity });
            self.free[column] = 0.0;
            self.best[row] = 0.0;
            for i in 0..rows {
                if self.column[i] == column && self.best[i] > 0.0 {
                    let row = &self.matrix[i * width..(i + 1) * width];
                    (self.column[i], self.best[i]) = greatest(row, &self.free);
                }
            }
        }
    }
}

/// The first place of the greatest of `values * weights` if that is above zero, and its value (else
/// any place, and zero). Both are a multiple of [`LANES`] long; `values` may be the shorter.
fn greatest(values: &[f32], weights: &[f32]) -> (usize, f32) {
    let mut best = [0.0_f32; LANES];
    let mut chunk = [0_u32; LANES];
    let chunks = values.as_chunks::<LANES>().0.iter().zip(weights.as_chunks::<LANES>().0);
    for (number, (values, weights)) in (0_u32..).zip(chunks) {
        for lane in 0..LANES {
            let value = values[lane] * weights[lane];
            let greater = value > best[lane];
            best[lane] = if greater { value } else { best[lane] };
            chunk[lane] = if greater { number } else { chunk[lane] };
        }
    }
    let place = |lane: usize| chunk[lane] as usize * LANES + lane;
    let mut lane = 0;
    for other in 1..LANES {
        if best[other] > best[lane] || best[other] == best[lane] && place(other) < place(lane) {
            lane = other;
        }
    }
    (place(lane), best[lane])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::features::FingerFeatures;
    use crate::fingerprint::prepared::Prepared;
    use crate::template::Minutia;
    use crate::units::{Angle, Length};
    use proptest::prelude::*;

    fn finger() -> impl Strategy<Value = FingerFeatures> {
        let minutia = (0_u16..2500, 0_u16..3000, any::<u16>()).prop_map(|(x, y, angle)| {
            let (x, y) = (Length::from_steps(x), Length::from_steps(y));
            Minutia::new(x, y, Angle::from_binary(angle), Default::default(), None)
        });
        prop::collection::vec(minutia, 0..40).prop_map(|minutiae| FingerFeatures::new(&minutiae))
    }

    /// Every pair of cylinders on its own, from the definitions.
    fn plain_similarities(a: Side<'_>, b: Side<'_>) -> Vec<Pair> {
        let mut all = Vec::new();
        for row in &a.prepared.rows {
            for column in &b.prepared.rows {
                let mask = row.pattern[5] & column.pattern[5];
                let ones =
                    |f: &dyn Fn(usize) -> u64| (0..5).map(|w| (f(w) & mask).count_ones()).sum::<u32>() as f32;
                let (x, y) = (ones(&|w| row.pattern[w]), ones(&|w| column.pattern[w]));
                let differing = ones(&|w| row.pattern[w] ^ column.pattern[w]);
                let angle = |side: Side<'_>, i: u8| side.view.minutiae[usize::from(i)].angle;
                let turn = angle(a, row.minutia).turn_to(angle(b, column.minutia));
                let weight = if i32::from(turn).abs() < 1 << 14 { 1.0 } else { LARGE_TURN_WEIGHT };
                let comparable = mask.count_ones() >= 32 && x + y > 0.0;
                let similarity =
                    if comparable { 1.0 - differing.sqrt() / (x.sqrt() + y.sqrt()) } else { 0.0 };
                let similarity = weight * similarity;
                all.push(Pair { a: row.minutia, b: column.minutia, similarity });
            }
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_list_is_that_of_sorting_all_pairs(a in finger(), b in finger()) {
            let (mut pa, mut pb) = (Prepared::default(), Prepared::default());
            pa.fill(a.view());
            pb.fill(b.view());
            let (a, b) = (Side { view: a.view(), prepared: &pa }, Side { view: b.view(), prepared: &pb });
            let mut all = plain_similarities(a, b);
            all.retain(|pair| pair.similarity > 0.1);
            // A stable sort: of equals the first row, then the first column.
            all.sort_by(|p, q| q.similarity.total_cmp(&p.similarity));
            let mut expected: Vec<Pair> = Vec::new();
            for pair in all {
                if expected.iter().all(|taken| taken.a != pair.a && taken.b != pair.b) {
                    expected.push(pair);
                }
            }
            for kernels in Kernels::all() {
                let mut similarities = Similarities::default();
                let mut pairs = Vec::new();
                similarities.compute(a, b, &kernels);
                similarities.select(a, b, &mut pairs);
                prop_assert_eq!(&pairs, &expected);
            }
        }
    }
}
