//! The local step: similarities of all pairs of cylinders, and the best pairs of them, one to one.

use super::cylinder::LEAST_COMMON;
use super::features::CylinderBlock;
use super::parameters::{LARGE_TURN_WEIGHT, LEAST_SIMILARITY, LITTLE_TURN_COSINE};
use super::prepared::Side;
use crate::kernels::Kernels;
use crate::kernels::masked::{LANES, Planes};

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
    matrix: Vec<f32>,
    /// [`key`] of the similarity of each row's best free column; zero for a row that is taken and for
    /// padding.
    best: Vec<i32>,
    /// That column.
    column: Vec<usize>,
    /// All ones for a column that is free, zero for one that is taken or empty.
    free: Vec<i32>,
    /// All ones for each row and its padding.
    ones: Vec<i32>,
}

impl Similarities {
    /// Computes the matrix: `a`'s cylinders by row, `b`'s lanes by column, less where one is turned far
    /// against the other. Columns of empty lanes mean nothing.
    #[inline(always)]
    pub(super) fn compute(&mut self, a: Side<'_>, b: Side<'_>, kernels: &Kernels) {
        let columns = &b.prepared.columns;
        let rows = &a.prepared.rows;
        let planes: &[Planes] = bytemuck::cast_slice::<CylinderBlock, Planes>(b.view.cylinders);
        self.matrix.resize(rows.len() * planes.len() * LANES, 0.0);
        kernels.masked_similarities(&rows.patterns, planes, LEAST_COMMON, &mut self.matrix);

        let geometry = &a.prepared.geometry;
        let width = columns.cos.len().max(1);
        for (&minutia, similarities) in rows.minutia.iter().zip(self.matrix.chunks_exact_mut(width)) {
            let (cos, sin) = (geometry.cos[usize::from(minutia)], geometry.sin[usize::from(minutia)]);
            let directions =
                columns.cos.as_chunks::<LANES>().0.iter().zip(columns.sin.as_chunks::<LANES>().0);
            for (similarities, (c, s)) in similarities.as_chunks_mut::<LANES>().0.iter_mut().zip(directions) {
                for lane in 0..LANES {
                    let is_little = cos * c[lane] + sin * s[lane] > LITTLE_TURN_COSINE;
                    similarities[lane] *= if is_little { 1.0 } else { LARGE_TURN_WEIGHT };
                }
            }
        }
    }

    /// The greedy list: again and again the most similar pair of a row and a column that are both
    /// free (of equals the first row, then the first column), until none is similar enough. Equals
    /// sorting all pairs, at the price of the pairs taken.
    #[inline(always)]
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
            let (column, similarity) = greatest(row, |similarity| key(*similarity), &self.free);
            self.best.push(similarity);
            self.column.push(column);
        }
        let rows = self.best.len();
        self.best.resize(rows.next_multiple_of(LANES), 0);
        self.ones.resize(self.best.len().max(self.ones.len()), -1);
        loop {
            let (row, similarity) = greatest(&self.best, |key| *key, &self.ones);
            let similarity = f32::from_bits(similarity.cast_unsigned());
            if similarity <= LEAST_SIMILARITY {
                return;
            }
            let column = self.column[row];
            let (a, b) = (a.prepared.rows.minutia[row], b.prepared.columns.minutia[column]);
            pairs.push(Pair { a, b, similarity });
            self.free[column] = 0;
            self.best[row] = 0;
            for i in 0..rows {
                if self.column[i] == column && self.best[i] > 0 {
                    let row = &self.matrix[i * width..(i + 1) * width];
                    (self.column[i], self.best[i]) = greatest(row, |similarity| key(*similarity), &self.free);
                }
            }
        }
    }
}

/// The bits of a number: of two numbers that are not both negative, the greater has the greater key.
#[inline(always)]
fn key(similarity: f32) -> i32 {
    similarity.to_bits().cast_signed()
}

/// The first place of the greatest key under its mask, if that is above zero, and that key (else the
/// first place whose key is zero or below, and zero). Both are a multiple of [`LANES`] long;
/// `values` may be the shorter.
#[inline(always)]
fn greatest<T>(values: &[T], key: impl Fn(&T) -> i32, masks: &[i32]) -> (usize, i32) {
    let chunks = || values.as_chunks::<LANES>().0.iter().zip(masks.as_chunks::<LANES>().0);
    let mut best = [0_i32; LANES];
    for (values, masks) in chunks() {
        for lane in 0..LANES {
            best[lane] = best[lane].max(key(&values[lane]) & masks[lane]);
        }
    }
    let greatest = best.iter().fold(0, |greatest, key| greatest.max(*key));
    let mut first = [i32::MAX; LANES];
    for (number, (values, masks)) in (0_i32..).zip(chunks()) {
        for lane in 0..LANES {
            let place = number * LANES as i32 + lane as i32;
            let found = (key(&values[lane]) & masks[lane]).max(0) == greatest;
            first[lane] = first[lane].min(if found { place } else { i32::MAX });
        }
    }
    let place = first.iter().fold(i32::MAX, |first, place| first.min(*place));
    (usize::try_from(place).unwrap_or_default(), greatest)
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
        let cylinders = |side: Side<'_>| {
            let rows = &side.prepared.rows;
            rows.patterns.iter().copied().zip(rows.minutia.iter().copied()).collect::<Vec<_>>()
        };
        for (row, row_minutia) in cylinders(a) {
            for (column, column_minutia) in cylinders(b) {
                let mask = row[5] & column[5];
                let ones =
                    |f: &dyn Fn(usize) -> u64| (0..5).map(|w| (f(w) & mask).count_ones()).sum::<u32>() as f32;
                let (x, y) = (ones(&|w| row[w]), ones(&|w| column[w]));
                let differing = ones(&|w| row[w] ^ column[w]);
                let angle = |side: Side<'_>, i: u8| side.view.minutiae[usize::from(i)].angle;
                let turn = angle(a, row_minutia).turn_to(angle(b, column_minutia));
                let weight = if i32::from(turn).abs() < 1 << 14 { 1.0 } else { LARGE_TURN_WEIGHT };
                let comparable = mask.count_ones() >= 32 && x + y > 0.0;
                let similarity =
                    if comparable { 1.0 - differing.sqrt() / (x.sqrt() + y.sqrt()) } else { 0.0 };
                let similarity = weight * similarity;
                all.push(Pair { a: row_minutia, b: column_minutia, similarity });
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
