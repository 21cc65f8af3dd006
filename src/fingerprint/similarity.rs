//! The local step: similarities of all pairs of cylinders, and the best pairs of them, one to one.

use super::cylinder::LEAST_COMMON;
use super::features::CylinderBlock;
use super::parameters::{LARGE_TURN_WEIGHT, LEAST_SIMILARITY, LITTLE_TURN_COSINE};
use super::prepared::Side;
use crate::kernels::Kernels;
use crate::kernels::masked::{LANES, Planes};

/// A listed pair: indices of minutiae, and how similar their cylinders are, times the roots of their
/// trusts.
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
    /// [`key`] of each place of the matrix, row by row.
    keys: Vec<[i32; LANES]>,
    /// All ones for a column that is free, zero for one that is taken or empty.
    free: Vec<[i32; LANES]>,
    /// The key of each row's best column of those that were free when it was last looked at; zero for a
    /// row that is taken and for padding.
    best: Vec<[i32; LANES]>,
}

impl Similarities {
    /// Computes the matrix: `a`'s cylinders by row, `b`'s lanes by column, less where one is turned far
    /// against the other, times the roots of the trusts of both minutiae.
    #[inline(always)]
    pub(super) fn compute(&mut self, a: Side<'_>, b: Side<'_>, kernels: &Kernels) {
        let columns = &b.prepared.columns;
        let rows = &a.prepared.rows;
        let planes: &[Planes] = bytemuck::cast_slice::<CylinderBlock, Planes>(b.view.cylinders);
        self.matrix.resize(rows.len() * planes.len() * LANES, 0.0);
        kernels.masked_similarities(&rows.patterns, planes, LEAST_COMMON, &mut self.matrix);

        self.free.clear();
        self.free.extend_from_slice(columns.present.as_chunks().0);
        self.best.clear();
        self.best.resize(rows.len().div_ceil(LANES), [0; LANES]);
        self.keys.resize(rows.len() * planes.len(), [0; LANES]);
        if planes.is_empty() {
            return;
        }
        let geometry = &a.prepared.geometry;
        let (similarities, _) = self.matrix.as_chunks::<LANES>();
        let out = similarities.chunks_exact(planes.len()).zip(self.keys.chunks_exact_mut(planes.len()));
        for (row, (similarities, keys)) in out.enumerate() {
            let minutia = usize::from(rows.minutia[row]);
            let (cos, sin, root) =
                (geometry.cos[minutia], geometry.sin[minutia], geometry.trust.root[minutia]);
            let [of_cos, of_sin, roots] =
                [&columns.cos, &columns.sin, &columns.root].map(|column| column.as_chunks::<LANES>().0);
            let of_columns = of_cos.iter().zip(of_sin).zip(roots);
            let mut best = [0; LANES];
            let places = similarities.iter().zip(keys).zip(of_columns).zip(&self.free);
            for (block, (((similarities, keys), ((c, s), roots)), free)) in (0_i32..).zip(places) {
                for lane in 0..LANES {
                    let is_little = cos * c[lane] + sin * s[lane] > LITTLE_TURN_COSINE;
                    let turn = if is_little { 1.0 } else { LARGE_TURN_WEIGHT };
                    let similarity = similarities[lane] * (turn * (root * roots[lane]));
                    keys[lane] = key(similarity, block * LANES as i32 + lane as i32);
                    best[lane] = best[lane].max(keys[lane] & free[lane]);
                }
            }
            self.best[row / LANES][row % LANES] = greatest(best);
        }
    }

    /// The greedy list: again and again the most similar pair of a row and a column that are both
    /// free (of equals the first column, then the first row), until none is similar enough. Equals
    /// sorting all pairs, at the price of the pairs taken. A row whose best column was taken meanwhile is
    /// looked at anew only when it would be next.
    #[inline(always)]
    pub(super) fn select(&mut self, a: Side<'_>, b: Side<'_>, pairs: &mut Vec<Pair>) {
        pairs.clear();
        let width = self.free.len();
        loop {
            let (row, most) = self.best_row();
            let similarity = similarity(most);
            if similarity <= LEAST_SIMILARITY {
                return;
            }
            let column = (COLUMNS ^ most & COLUMNS) as usize;
            let free = &mut self.free[column / LANES][column % LANES];
            let best = &mut self.best[row / LANES][row % LANES];
            if *free != 0 {
                (*free, *best) = (0, 0);
                let (a, b) = (a.prepared.rows.minutia[row], b.prepared.columns.minutia[column]);
                pairs.push(Pair { a, b, similarity });
            } else {
                let mut keys = [0; LANES];
                for (row, free) in self.keys[row * width..(row + 1) * width].iter().zip(&self.free) {
                    for lane in 0..LANES {
                        keys[lane] = keys[lane].max(row[lane] & free[lane]);
                    }
                }
                *best = greatest(keys);
            }
        }
    }

    /// The first row of the greatest key, and that key.
    #[inline(always)]
    fn best_row(&self) -> (usize, i32) {
        let mut most = [0; LANES];
        for best in &self.best {
            for lane in 0..LANES {
                most[lane] = most[lane].max(best[lane]);
            }
        }
        let most = greatest(most);
        let mut before = [i32::MAX; LANES];
        for (chunk, best) in (0_i32..).zip(&self.best) {
            for lane in 0..LANES {
                let row = chunk * LANES as i32 + lane as i32;
                before[lane] = before[lane].min(if best[lane] == most { row } else { i32::MAX });
            }
        }
        // The least as the greatest of the complements.
        let row = !greatest(before.map(|row| !row));
        (usize::try_from(row).unwrap_or_default(), most)
    }
}

/// The bits of a key that hold the column, as what is left to the last one.
const COLUMNS: i32 = 0xff;

/// A number that is greater for a greater similarity, and of equal ones for the lesser column. The
/// similarity keeps 16 bits of its fraction.
#[inline(always)]
fn key(similarity: f32, column: i32) -> i32 {
    similarity.to_bits().cast_signed() & !COLUMNS | COLUMNS ^ column
}

/// The similarity of a key.
#[inline(always)]
fn similarity(key: i32) -> f32 {
    f32::from_bits((key & !COLUMNS).cast_unsigned())
}

/// The greatest of some numbers, by halves.
#[inline(always)]
fn greatest(mut keys: [i32; LANES]) -> i32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            keys[lane] = keys[lane].max(keys[lane + half]);
        }
        half /= 2;
    }
    keys[0]
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
            assert_eq!(rows.patterns.len(), rows.minutia.len());
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
                let root = |side: Side<'_>, i: u8| side.prepared.geometry.trust.root[usize::from(i)];
                let weight = weight * (root(a, row_minutia) * root(b, column_minutia));
                let similarity = super::similarity(super::key(weight * similarity, 0));
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
            pa.fill_patterns(a.view());
            pb.fill_patterns(b.view());
            let (a, b) = (Side { view: a.view(), prepared: &pa }, Side { view: b.view(), prepared: &pb });
            let mut all = plain_similarities(a, b);
            all.retain(|pair| pair.similarity > 0.1);
            // A stable sort: of equals the first column, then the first row.
            all.sort_by(|p, q| q.similarity.total_cmp(&p.similarity).then(p.b.cmp(&q.b)));
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
