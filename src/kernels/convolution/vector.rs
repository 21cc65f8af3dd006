//! Over the vectors of a level: a vector holds the sums of sixteen outputs at one pixel.

use super::{Layer, OUTPUTS, Pair, RowFn, Scales, Weights};
use crate::kernels::vector::{At, Products, Vector, VectorWork};

pub(super) const fn row<A: At>() -> RowFn {
    |layer, rows, added, out| A::run(Row { layer, rows, added, out })
}

struct Row<'a> {
    layer: &'a Layer,
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
                // No closures here: what they return would pass through memory.
                let mut values = [&[][..]; P];
                for (p, values) in values.iter_mut().enumerate() {
                    *values = &row[(first + p * stride) * pairs..][..pairs];
                }
                sums = add_place(vector, sums, values, weights);
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
            let mut numbers = [0.0; OUTPUTS];
            for (number, &added) in numbers.iter_mut().zip(added) {
                *number = f32::from(added);
            }
            values = values + vector.floats(&numbers);
        }
        let values = vector.greater(values, vector.splat(f32::from(self.layer.least)));
        let values = vector.less(values, vector.splat(f32::from(self.layer.most)));
        let mut numbers = [0; OUTPUTS];
        vector.store(vector.rounded(values), &mut numbers);
        for (out, number) in self.out[at..][..OUTPUTS].iter_mut().zip(numbers) {
            *out = number as i16;
        }
    }
}

/// The products at one place of the windows.
#[inline(always)]
fn add_place<V: Vector, const P: usize>(
    vector: V,
    mut sums: [V::Integers; P],
    values: [&[Pair]; P],
    weights: &[Weights],
) -> [V::Integers; P] {
    for (pair, weights) in weights.iter().enumerate() {
        let weights = vector.line(bytemuck::cast_ref(weights));
        for p in 0..P {
            let value = vector.splat_integer(bytemuck::cast(values[p][pair]));
            sums[p] = vector.add_pairs(sums[p], value, weights);
        }
    }
    sums
}
