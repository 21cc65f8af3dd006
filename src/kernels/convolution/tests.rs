use proptest::prelude::*;

use super::{Layer, OUTPUTS, Pair, Scales};
use crate::kernels::Kernels;

/// A layer, and rows for it.
#[derive(Clone, Debug)]
struct Case {
    layer: Layer,
    rows: Vec<Vec<Pair>>,
    added: Vec<i16>,
    windows: usize,
}

impl Case {
    fn run(&self, kernels: Kernels) -> Vec<i16> {
        let mut out = vec![0; self.windows * self.layer.outputs()];
        let rows: Vec<&[Pair]> = self.rows.iter().map(Vec::as_slice).collect();
        kernels.convolve_row(&self.layer, &rows, &self.added, &mut out);
        out
    }

    /// Written out once more: output by output, input by input, in 64 bits and then in f64 where that is exact.
    fn oracle(&self) -> Vec<i16> {
        let layer = &self.layer;
        let (outputs, places) = (layer.scales.len() * OUTPUTS, self.rows.len() * layer.columns);
        let mut out = Vec::new();
        for x in 0..self.windows {
            for output in 0..outputs {
                let (block, lane) = (output / OUTPUTS, output % OUTPUTS);
                let mut sum = 0_i64;
                for (r, row) in self.rows.iter().enumerate() {
                    for column in 0..layer.columns {
                        for pair in 0..layer.pairs {
                            let place = (block * places + r * layer.columns + column) * layer.pairs + pair;
                            let value =
                                row[(x * layer.stride + column * layer.dilation) * layer.pairs + pair];
                            let weight = layer.weights[place][lane];
                            sum += i64::from(value[0]) * i64::from(weight[0]);
                            sum += i64::from(value[1]) * i64::from(weight[1]);
                        }
                    }
                }
                let scaled = sum as i32 as f32 * layer.scales[block].scale[lane];
                let value = scaled + layer.scales[block].offset[lane];
                let value =
                    value + self.added.get(x * outputs + output).map_or(0.0, |&added| f32::from(added));
                let value = value.max(f32::from(layer.least)).min(f32::from(layer.most));
                out.push(value.round_ties_even() as i16);
            }
        }
        out
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let shape = (1_usize..=3, 1_usize..=2, 1_usize..=3, 1_usize..=5, 1_usize..=3, 0_usize..=30);
    (shape, any::<(bool, bool, bool, u64)>()).prop_map(|(shape, (relu, adds, is_extreme, seed))| {
        let (side, stride, dilation, pairs, blocks, windows) = shape;
        let mut state = seed | 1;
        let mut draw = |bits: u32| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ((state >> 20) as i16) >> (16 - bits)
        };
        let bits = if is_extreme { 16 } else { 10 };
        let pixels = windows.saturating_sub(1) * stride + (side - 1) * dilation + 1;
        let mut pair = || [draw(bits), draw(bits)];
        let rows = (0..side).map(|_| (0..pixels * pairs).map(|_| pair()).collect()).collect();
        let weights = (0..blocks * side * side * pairs).map(|_| std::array::from_fn(|_| pair())).collect();
        let scales = (0..blocks)
            .map(|_| Scales {
                scale: std::array::from_fn(|_| f32::from(draw(12)) / 65_536.0),
                offset: std::array::from_fn(|_| f32::from(draw(12)) / 3.0),
            })
            .collect();
        let added =
            if adds { (0..windows * blocks * OUTPUTS).map(|_| draw(14)).collect() } else { Vec::new() };
        let (least, most) = if relu { (0, 4_095) } else { (i16::MIN, i16::MAX) };
        let layer = Layer { columns: side, stride, dilation, pairs, weights, scales, least, most };
        Case { layer, rows, added, windows }
    })
}

#[test]
fn known_answer() {
    // One window of one place: 3 * 5 - 2 * 7 = 1, times 2.5, and 1; halves go to the even neighbour.
    let layer = Layer {
        columns: 1,
        stride: 1,
        dilation: 1,
        pairs: 1,
        weights: vec![[[5, 7]; OUTPUTS]],
        scales: vec![Scales { scale: [2.5; OUTPUTS], offset: [1.0; OUTPUTS] }],
        least: i16::MIN,
        most: i16::MAX,
    };
    let rows = vec![vec![[3, -2], [0, 0], [-3, 2]]];
    let case = Case { layer, rows, added: Vec::new(), windows: 3 };
    for kernels in Kernels::all() {
        let out = case.run(kernels);
        assert_eq!([out[0], out[OUTPUTS], out[2 * OUTPUTS + 15]], [4, 1, -2], "{kernels:?}");
    }
}

#[test]
#[should_panic(expected = "rows under all windows")]
fn short_rows_are_refused() {
    let layer = Layer {
        columns: 3,
        stride: 1,
        dilation: 1,
        pairs: 1,
        weights: vec![[[0; 2]; OUTPUTS]; 3],
        scales: vec![Scales { scale: [0.0; OUTPUTS], offset: [0.0; OUTPUTS] }],
        least: 0,
        most: 9,
    };
    Kernels::active().convolve_row(&layer, &[&[[0; 2]; 4]], &[], &mut [0; 3 * OUTPUTS]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_level_gives_the_bits_of_the_definition(case in cases()) {
        let expected = case.oracle();
        for kernels in Kernels::all() {
            prop_assert_eq!(&case.run(kernels), &expected, "{:?}", kernels);
        }
    }
}
