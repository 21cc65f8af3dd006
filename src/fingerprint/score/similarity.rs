//! The local step: similarities of all pairs of cylinders, and the best pairs of them, one to one.

use super::prepared::Side;
use crate::fingerprint::features::blocks::CylinderBlock;
use crate::fingerprint::features::cylinder::LEAST_COMMON;
use crate::fingerprint::parameters::{LARGE_TURN_WEIGHT, LEAST_SIMILARITY, LITTLE_TURN_COSINE};
use crate::kernels::Kernels;
use crate::kernels::lanes::{LANES, Lanes};
use crate::kernels::masked::{LANES as BLOCK, Planes};

/// A listed pair: indices of minutiae, and how similar their cylinders are, times the roots of their
/// trusts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::fingerprint) struct Pair {
    pub(in crate::fingerprint) a: u8,
    pub(in crate::fingerprint) b: u8,
    pub(in crate::fingerprint) similarity: f32,
}

/// Similarities of the rows of one finger and the columns of another. Reused without allocation.
#[derive(Debug, Default)]
pub(in crate::fingerprint) struct Similarities {
    matrix: Vec<f32>,
    /// [`key`] of each place of the matrix, row by row, rows padded.
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
    pub(in crate::fingerprint) fn compute<L: Lanes>(
        &mut self,
        lanes: L,
        a: Side<'_>,
        b: Side<'_>,
        kernels: &Kernels,
    ) {
        let columns = &b.prepared.columns;
        let rows = &a.prepared.rows;
        let planes: &[Planes] = bytemuck::cast_slice::<CylinderBlock, Planes>(b.view.cylinders);
        let width = planes.len() * BLOCK;
        let places = rows.len() * width;
        // The last lanes of a row that is no multiple are the next row's; columns there are not free.
        self.matrix.resize(places + LANES, 0.0);
        kernels.masked_similarities(&rows.patterns, planes, LEAST_COMMON, &mut self.matrix[..places]);

        let [of_cos, of_sin, roots] =
            [&columns.cos, &columns.sin, &columns.root].map(|column| column.as_chunks().0);
        self.free.clear();
        self.free.extend_from_slice(columns.present.as_chunks().0);
        self.best.clear();
        self.best.resize(rows.len().div_ceil(LANES), [0; LANES]);
        self.keys.resize(rows.len() * self.free.len(), [0; LANES]);
        if planes.is_empty() {
            return;
        }
        let geometry = &a.prepared.geometry;
        let (little, one) = (lanes.splat(LITTLE_TURN_COSINE), lanes.splat(1.0));
        let large = lanes.splat(LARGE_TURN_WEIGHT);
        let fraction = lanes.splat_integer(!COLUMNS);
        let out = self.keys.chunks_exact_mut(self.free.len());
        for ((row, keys), minutia) in out.enumerate().zip(&rows.minutia) {
            let minutia = usize::from(*minutia);
            let (cos, sin) = (lanes.splat(geometry.cos[minutia]), lanes.splat(geometry.sin[minutia]));
            let root = lanes.splat(geometry.trust.root[minutia]);
            let similarities = &self.matrix[row * width..];
            let similarities = similarities[..keys.len() * LANES].as_chunks::<LANES>().0;
            let mut best = lanes.splat_integer(0);
            let of_columns = of_cos.iter().zip(of_sin).zip(roots).zip(&COMPLEMENTS).zip(&self.free);
            for ((similarity, key), ((((c, s), of_root), complement), free)) in
                similarities.iter().zip(keys).zip(of_columns)
            {
                let between = cos * lanes.floats(c) + sin * lanes.floats(s);
                let turn = lanes.select(lanes.is_less(little, between), one, large);
                let similarity = lanes.floats(similarity) * (turn * (root * lanes.floats(of_root)));
                let found = lanes.bits(similarity) & fraction | lanes.integers(complement);
                lanes.store(found, key);
                best = lanes.greater_integer(best, found & lanes.integers(free));
            }
            self.best[row / LANES][row % LANES] = lanes.greatest(best);
        }
    }

    /// The greedy list: again and again the most similar pair of a row and a column that are both free (of
    /// equals the first column, then the first row), until none is similar enough. Equals sorting all pairs,
    /// at the price of the pairs taken. A row whose best column was taken meanwhile is searched again only
    /// when it would be next.
    #[inline(always)]
    pub(in crate::fingerprint) fn select<L: Lanes>(
        &mut self,
        lanes: L,
        a: Side<'_>,
        b: Side<'_>,
        pairs: &mut Vec<Pair>,
    ) {
        pairs.clear();
        let width = self.free.len();
        loop {
            let mut most = lanes.splat_integer(0);
            for best in &self.best {
                most = lanes.greater_integer(most, lanes.integers(best));
            }
            let most = lanes.greatest(most);
            let similarity = similarity(most);
            if similarity <= LEAST_SIMILARITY {
                return;
            }
            let row = self.first_row(lanes, most);
            let column = (COLUMNS ^ most & COLUMNS) as usize;
            let free = &mut self.free[column / LANES];
            let best = &mut self.best[row / LANES];
            // Whole vectors are written, since a place alone could not be read soon as part of one.
            let is_free = free[column % LANES] != 0;
            if is_free {
                lanes.store(lanes.replace(lanes.integers(free), column, 0), free);
                lanes.store(lanes.replace(lanes.integers(best), row, 0), best);
                let (a, b) = (a.prepared.rows.minutia[row], b.prepared.columns.minutia[column]);
                pairs.push(Pair { a, b, similarity });
            } else {
                let mut keys = lanes.splat_integer(0);
                for (row, free) in self.keys[row * width..(row + 1) * width].iter().zip(&self.free) {
                    keys = lanes.greater_integer(keys, lanes.integers(row) & lanes.integers(free));
                }
                lanes.store(lanes.replace(lanes.integers(best), row, lanes.greatest(keys)), best);
            }
        }
    }

    /// The first row of a key, which is one's.
    #[inline(always)]
    fn first_row<L: Lanes>(&self, lanes: L, key: i32) -> usize {
        let key = lanes.splat_integer(key);
        for (chunk, best) in self.best.iter().enumerate() {
            let ones = lanes.ones(lanes.is_equal(lanes.integers(best), key));
            if ones != 0 {
                return chunk * LANES + ones.trailing_zeros() as usize;
            }
        }
        0
    }
}

/// The bits of a key that hold the column, as what is left to the last one.
const COLUMNS: i32 = 0xff;

/// What keys hold of each column.
static COMPLEMENTS: [[i32; LANES]; (COLUMNS as usize + 1) / LANES] = {
    let mut complements = [[0; LANES]; (COLUMNS as usize + 1) / LANES];
    let mut column = 0;
    while column <= COLUMNS as usize {
        complements[column / LANES][column % LANES] = COLUMNS - column as i32;
        column += 1;
    }
    complements
};

/// The similarity of a key: a number that is greater for a greater similarity, and of equal ones for the
/// lesser column. The similarity keeps 16 bits of its fraction.
#[inline(always)]
fn similarity(key: i32) -> f32 {
    f32::from_bits((key & !COLUMNS).cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::features::finger::FingerFeatures;
    use crate::fingerprint::score::prepared::Prepared;
    use crate::kernels::lanes::LaneWork;
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
                let similarity = super::similarity((weight * similarity).to_bits().cast_signed());
                all.push(Pair { a: row_minutia, b: column_minutia, similarity });
            }
        }
        all
    }

    struct Listing<'a> {
        a: Side<'a>,
        b: Side<'a>,
        kernels: &'a Kernels,
    }

    impl LaneWork for Listing<'_> {
        type Output = Vec<Pair>;

        #[inline(always)]
        fn run<L: Lanes>(self, lanes: L) -> Vec<Pair> {
            let mut similarities = Similarities::default();
            let mut pairs = Vec::new();
            similarities.compute(lanes, self.a, self.b, self.kernels);
            similarities.select(lanes, self.a, self.b, &mut pairs);
            pairs
        }
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
                let pairs = kernels.run_lanes(Listing { a, b, kernels: &kernels });
                prop_assert_eq!(&pairs, &expected);
            }
        }
    }
}
