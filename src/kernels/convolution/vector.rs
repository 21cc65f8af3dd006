//! Over the vectors of a level: a vector holds the sums of sixteen outputs at one pixel.

use super::{Layer, OUTPUTS, Pair, RowFn, Scales, Weights};
use crate::kernels::vector::{At, Products, Vector, VectorWork};

pub(super) const fn row<A: At>() -> RowFn {
    |layer, rows, added, out| A::run(Row { layer, rows, added, out })
}

struct Row<'a> {
    layer: &'a Layer<'a>,
    rows: &'a [&'a [Pair]],
    added: &'a [i16],
    out: &'a mut [i16],
}

/// Pixels whose sums the registers hold beside a vector of weights and one of values.
const FEW: usize = 6;
const MANY: usize = 12;

impl VectorWork for Row<'_> {
    type Output = ();

    /// The weights of sixteen outputs stay in the first cache while the row passes.
    #[inline(always)]
    fn run<V: Products>(mut self, vector: V) {
        let of_block = self.rows.len() * self.layer.columns * self.layer.pairs;
        for (block, weights) in self.layer.weights.chunks_exact(of_block).enumerate() {
            let windows = self.out.len() / self.layer.outputs();
            let mut x = 0;
            if V::REGISTERS >= 32 {
                while x + MANY <= windows {
                    self.pixels::<V, MANY>(vector, block, weights, x);
                    x += MANY;
                }
            }
            while x + FEW <= windows {
                self.pixels::<V, FEW>(vector, block, weights, x);
                x += FEW;
            }
            while x < windows {
                self.pixels::<V, 1>(vector, block, weights, x);
                x += 1;
            }
        }
    }
}

impl Row<'_> {
    /// Sixteen outputs at `P` pixels from `x` on.
    #[inline(always)]
    fn pixels<V: Vector, const P: usize>(&mut self, vector: V, block: usize, weights: &[Weights], x: usize) {
        let Layer { columns, stride, dilation, pairs, .. } = *self.layer;
        let mut sums = [vector.splat_integer(0); P];
        let mut places = weights.chunks_exact(pairs);
        for row in self.rows {
            for (column, weights) in (0..columns).zip(places.by_ref()) {
                let first = x * stride + column * dilation;
                let values: [&[Pair]; P] =
                    std::array::from_fn(|p| &row[(first + p * stride) * pairs..][..pairs]);
                for (pair, weights) in weights.iter().enumerate() {
                    let weights = vector.line(bytemuck::cast_ref(weights));
                    for (sum, values) in sums.iter_mut().zip(values) {
                        let value = vector.splat_integer(bytemuck::cast(values[pair]));
                        *sum = vector.add_pairs(*sum, value, weights);
                    }
                }
            }
        }
        for (p, sum) in sums.into_iter().enumerate() {
            let at = (x + p) * self.layer.outputs() + block * OUTPUTS;
            self.finish(vector, &self.layer.scales[block], sum, at);
        }
    }

    /// Turns sums into values.
    #[inline(always)]
    fn finish<V: Vector>(&mut self, vector: V, scales: &Scales, sums: V::Integers, at: usize) {
        let mut values = vector.numbers(sums) * vector.floats(&scales.scale) + vector.floats(&scales.offset);
        if let Some(added) = self.added.get(at..).and_then(|added| added.first_chunk::<OUTPUTS>()) {
            values = values + vector.floats(&added.map(f32::from));
        }
        let values = vector.greater(values, vector.splat(self.layer.least));
        let values = vector.less(values, vector.splat(f32::from(i16::MAX)));
        let mut numbers = [0; OUTPUTS];
        vector.store(vector.rounded(values), &mut numbers);
        self.out[at..][..OUTPUTS].copy_from_slice(&numbers.map(|number| number as i16));
    }
}
