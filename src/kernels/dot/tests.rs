use proptest::prelude::*;

use crate::kernels::{Kernels, Level};

/// Bits, with every NaN alike.
fn bits(x: f32) -> u32 {
    if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }
}

/// The order of summation written out once more, in another shape than the kernel.
fn oracle(a: &[f32], b: &[f32]) -> f32 {
    fn tree(lanes: &[f32]) -> f32 {
        match lanes {
            [one] => *one,
            _ => {
                let (low, high) = lanes.split_at(lanes.len() / 2);
                let sums: Vec<f32> = low.iter().zip(high).map(|(l, h)| l + h).collect();
                tree(&sums)
            }
        }
    }
    let lanes: Vec<f32> = (0..Kernels::DOT_LANES)
        .map(|l| {
            (l..a.len()).step_by(Kernels::DOT_LANES).fold(0.0, |sum, i| {
                let product = a[i] * b[i];
                sum + product
            })
        })
        .collect();
    tree(&lanes)
}

/// Ordinary numbers, and with them subnormals, huge values whose products overflow, zeros of both
/// signs, infinities and NaN.
fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        6 => -1.0_f32..1.0,
        1 => any::<f32>(),
        1 => (0_u32..0x0080_0000).prop_map(f32::from_bits),
        1 => prop_oneof![Just(0.0), Just(-0.0), Just(f32::MIN_POSITIVE), Just(f32::MAX), Just(-f32::MAX)],
    ]
}

fn vectors(count: usize) -> impl Strategy<Value = (usize, Vec<f32>)> {
    (0_usize..6).prop_flat_map(move |chunks| {
        let length = chunks * Kernels::DOT_LANES;
        (Just(length), proptest::collection::vec(number(), length * count))
    })
}

#[test]
fn this_machine_runs_what_it_should() {
    let levels: Vec<Level> = Kernels::all().map(|k| k.level()).collect();
    assert_eq!(levels[0], Level::Scalar);
    assert!(levels.is_sorted());
    println!("levels: {levels:?}");
}

#[test]
fn known_answer() {
    let a: Vec<f32> = (0..64).map(|i| i as f32).collect();
    for kernels in Kernels::all() {
        assert_eq!(kernels.dot(&a, &a), 85_344.0, "{kernels:?}");
        assert_eq!(kernels.dot(&[], &[]), 0.0, "{kernels:?}");
    }
}

#[test]
fn products_are_rounded_before_they_are_added() {
    // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24: rounding drops the last term, a fused multiply-add keeps it.
    let x = 1.0 + 2.0_f32.powi(-12);
    let (mut a, mut b) = ([0.0; 64], [0.0; 64]);
    (a[0], b[0]) = (-1.0, 1.0 + 2.0_f32.powi(-11));
    (a[32], b[32]) = (x, x);
    for kernels in Kernels::all() {
        assert_eq!(kernels.dot(&a, &b).to_bits(), 0.0_f32.to_bits(), "{kernels:?}");
    }
}

#[test]
fn subnormals_are_not_flushed() {
    let tiny = f32::from_bits(1);
    let (mut a, mut b) = ([0.0; 32], [0.0; 32]);
    (a[7], b[7]) = (tiny, 1.0);
    for kernels in Kernels::all() {
        assert_eq!(kernels.dot(&a, &b), tiny, "{kernels:?}");
    }
}

#[test]
#[should_panic(expected = "padded vectors of one length")]
fn unpadded_vectors_are_refused() {
    Kernels::active().dot(&[0.0; 31], &[0.0; 31]);
}

#[test]
#[should_panic(expected = "one row for each product")]
fn rows_of_another_length_are_refused() {
    Kernels::active().dot_rows(&[0.0; 32], &[0.0; 64], &mut [0.0; 3]);
}

#[test]
#[should_panic(expected = "one product for each probe and row")]
fn a_tile_of_another_size_is_refused() {
    Kernels::active().dot_tile(32, &[0.0; 64], &[0.0; 96], &mut [0.0; 5]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_level_gives_the_bits_of_the_definition((length, v) in vectors(2)) {
        let (a, b) = v.split_at(length);
        let expected = bits(oracle(a, b));
        for kernels in Kernels::all() {
            prop_assert_eq!(bits(kernels.dot(a, b)), expected, "{:?}", kernels);
            prop_assert_eq!(bits(kernels.dot(b, a)), expected, "{:?} swapped", kernels);
        }
    }

    #[test]
    fn rows_and_tiles_give_the_bits_of_pairs(
        (length, v) in vectors(16),
        probes in 0_usize..=9,
    ) {
        let (probe_values, rows) = v.split_at(length * probes);
        let n = 16 - probes;
        let scalar = Kernels::at(Level::Scalar).unwrap();
        let vector = |values: &[f32], i: usize| values[i * length..(i + 1) * length].to_vec();
        let expected: Vec<u32> = (0..probes)
            .flat_map(|p| (0..n).map(move |r| (p, r)))
            .map(|(p, r)| bits(scalar.dot(&vector(probe_values, p), &vector(rows, r))))
            .collect();
        for kernels in Kernels::all() {
            let mut out = vec![1.0; probes * n];
            kernels.dot_tile(length, probe_values, rows, &mut out);
            // Of vectors without numbers only the products say how many there are.
            let found: Vec<u32> = out.iter().map(|&x| bits(x)).collect();
            prop_assert_eq!(&found, &expected, "{:?}", kernels);
            for p in 0..probes {
                let mut out = vec![1.0; n];
                kernels.dot_rows(&vector(probe_values, p), rows, &mut out);
                let found: Vec<u32> = out.iter().map(|&x| bits(x)).collect();
                prop_assert_eq!(&found[..], &expected[p * n..(p + 1) * n], "{:?}", kernels);
            }
        }
    }
}
