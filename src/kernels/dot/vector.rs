//! Over the vectors of a level: two of them hold the 32 sums of one pair. No fused multiply-add, though most
//! of these processors have it: the definition rounds each product.

use super::{Dot, LANES};
use crate::kernels::lanes::LANES as HALF;
use crate::kernels::vector::{At, Products, Vector, VectorWork};

pub(super) const fn dot<A: At>() -> Dot {
    Dot {
        pair: |a, b| A::run(Pair { a, b }),
        rows: |probe, matrix, out| A::run(Rows { probe, matrix, out }),
        tile: |length, probes, matrix, out| A::run(Tile { length, probes, matrix, out }),
    }
}

type Chunk = [f32; LANES];

/// The numbers of a chunk.
#[inline(always)]
fn load<V: Vector>(vector: V, chunk: &Chunk) -> [V::Floats; 2] {
    let (halves, _) = chunk.as_chunks::<HALF>();
    [vector.floats(&halves[0]), vector.floats(&halves[1])]
}

#[inline(always)]
fn accumulate<V: Vector>(sums: [V::Floats; 2], a: [V::Floats; 2], b: [V::Floats; 2]) -> [V::Floats; 2] {
    [sums[0] + a[0] * b[0], sums[1] + a[1] * b[1]]
}

/// The lanes of a pair, halved 16, 8, 4, 2, 1 apart, as the definition has it.
#[inline(always)]
fn reduce<V: Vector>(vector: V, sums: [V::Floats; 2]) -> f32 {
    vector.sum(sums[0] + sums[1])
}

/// The inner products of `P` vectors with each of `R`: all sums in registers, a chunk is loaded once for all.
#[inline(always)]
fn products<V: Vector, const P: usize, const R: usize>(
    vector: V,
    probes: [&[f32]; P],
    rows: [&[f32]; R],
) -> [[f32; R]; P] {
    let probes = probes.map(|probe| probe.as_chunks::<LANES>().0);
    let rows = rows.map(|row| row.as_chunks::<LANES>().0);
    let chunks = rows[0].len();
    // One length for all, said where the compiler can drop the bounds checks of the loop.
    let (probes, rows) = (probes.map(|probe| &probe[..chunks]), rows.map(|row| &row[..chunks]));
    let mut sums = [[[vector.splat(0.0); 2]; R]; P];
    for i in 0..chunks {
        let rows = rows.map(|row| load(vector, &row[i]));
        for (sums, probe) in sums.iter_mut().zip(probes) {
            let probe = load(vector, &probe[i]);
            for (sums, row) in sums.iter_mut().zip(rows) {
                *sums = accumulate::<V>(*sums, probe, row);
            }
        }
    }
    let mut out = [[0.0; R]; P];
    for (out, sums) in out.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
        *out = reduce(vector, *sums);
    }
    out
}

struct Pair<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl VectorWork for Pair<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<V: Products>(self, vector: V) -> f32 {
        let mut sums = [vector.splat(0.0); 2];
        for (a, b) in self.a.as_chunks().0.iter().zip(self.b.as_chunks().0) {
            sums = accumulate::<V>(sums, load(vector, a), load(vector, b));
        }
        reduce(vector, sums)
    }
}

struct Rows<'a> {
    probe: &'a [f32],
    matrix: &'a [f32],
    out: &'a mut [f32],
}

impl VectorWork for Rows<'_> {
    type Output = ();

    /// Asks memory for each chunk two rows ahead, both its cache lines.
    #[inline(always)]
    fn run<V: Products>(self, vector: V) {
        let (probe, _) = self.probe.as_chunks::<LANES>();
        let (matrix, _) = self.matrix.as_chunks::<LANES>();
        for (r, out) in self.out.iter_mut().enumerate() {
            let row = &matrix[r * probe.len()..][..probe.len()];
            let mut sums = [vector.splat(0.0); 2];
            for (a, b) in probe.iter().zip(row) {
                for half in b.as_chunks::<HALF>().0 {
                    vector.prefetch(&half[0], 2 * self.probe.len());
                }
                sums = accumulate::<V>(sums, load(vector, a), load(vector, b));
            }
            *out = reduce(vector, sums);
        }
    }
}

struct Tile<'a> {
    length: usize,
    probes: &'a [f32],
    matrix: &'a [f32],
    out: &'a mut [f32],
}

impl VectorWork for Tile<'_> {
    type Output = ();

    /// Walks probes x rows: four probes stay in the first cache while all rows pass two at a time. What is left
    /// over goes pair by pair.
    #[inline(always)]
    fn run<V: Products>(self, vector: V) {
        let Self { length, probes, matrix, out } = self;
        let n = matrix.len() / length;
        if n == 0 {
            return;
        }
        let row = |r: usize| &matrix[r * length..][..length];
        for (probes, out) in probes.chunks(4 * length).zip(out.chunks_mut(4 * n)) {
            let probe = |p: usize| &probes[p * length..][..length];
            let mut first = 0;
            if probes.len() == 4 * length {
                while first + 2 <= n {
                    let probes = [probe(0), probe(1), probe(2), probe(3)];
                    let products = four_by_two(vector, probes, [row(first), row(first + 1)]);
                    for (p, products) in products.into_iter().enumerate() {
                        out[p * n + first..][..2].copy_from_slice(&products);
                    }
                    first += 2;
                }
            }
            for r in first..n {
                for p in 0..probes.len() / length {
                    let [[product]] = products::<V, 1, 1>(vector, [probe(p)], [row(r)]);
                    out[p * n + r] = product;
                }
            }
        }
    }
}

/// Sixteen vectors of sums; where registers do not hold so many, four at a time.
#[inline(always)]
fn four_by_two<V: Vector>(vector: V, probes: [&[f32]; 4], rows: [&[f32]; 2]) -> [[f32; 2]; 4] {
    if V::REGISTERS >= 32 {
        return products::<V, 4, 2>(vector, probes, rows);
    }
    let mut out = [[0.0; 2]; 4];
    for (probes, out) in probes.as_chunks::<2>().0.iter().zip(out.as_chunks_mut::<2>().0) {
        for (r, row) in rows.into_iter().enumerate() {
            let [[top], [bottom]] = products::<V, 2, 1>(vector, *probes, [row]);
            (out[0][r], out[1][r]) = (top, bottom);
        }
    }
    out
}
