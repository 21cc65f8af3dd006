//! The definition.

use super::{Layer, OUTPUTS, Pair};

pub(super) fn row(layer: &Layer, rows: &[&[Pair]], added: &[i16], out: &mut [i16]) {
    let of_block = rows.len() * layer.columns * layer.pairs;
    for (x, out) in out.chunks_exact_mut(layer.outputs()).enumerate() {
        let added = added.get(x * layer.outputs()..).unwrap_or_default();
        for (block, (out, scales)) in
            out.as_chunks_mut::<OUTPUTS>().0.iter_mut().zip(&layer.scales).enumerate()
        {
            let mut weights = layer.weights[block * of_block..].iter();
            let mut sums = [0_i32; OUTPUTS];
            for row in rows {
                for column in 0..layer.columns {
                    let pixel = x * layer.stride + column * layer.dilation;
                    let values = &row[pixel * layer.pairs..][..layer.pairs];
                    for (value, weights) in values.iter().zip(weights.by_ref()) {
                        for (sum, weight) in sums.iter_mut().zip(weights) {
                            let product = |i: usize| i32::from(value[i]) * i32::from(weight[i]);
                            *sum = sum.wrapping_add(product(0).wrapping_add(product(1)));
                        }
                    }
                }
            }
            for (lane, out) in out.iter_mut().enumerate() {
                let value = sums[lane] as f32 * scales.scale[lane] + scales.offset[lane];
                let value = value + added.get(block * OUTPUTS + lane).map_or(0.0, |&added| f32::from(added));
                *out = value.max(f32::from(layer.least)).min(f32::from(layer.most)).round_ties_even() as i16;
            }
        }
    }
}
