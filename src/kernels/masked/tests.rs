use proptest::prelude::*;

use super::{LANES, Pattern, Planes, VALUE_WORDS};
use crate::kernels::Kernels;

/// Bit by bit, by the formula of the module's documentation.
fn naive(pattern: &Pattern, planes: &Planes, lane: usize, least_common: u32) -> f32 {
    let bit = |word: u64, at: u32| word >> at & 1;
    let (mut common, mut a, mut b, mut differing) = (0, 0, 0, 0);
    for at in 0..64 {
        if bit(pattern[VALUE_WORDS], at) & bit(planes[VALUE_WORDS][lane], at) == 0 {
            continue;
        }
        common += 1;
        for word in 0..VALUE_WORDS {
            a += bit(pattern[word], at);
            b += bit(planes[word][lane], at);
            differing += bit(pattern[word], at) ^ bit(planes[word][lane], at);
        }
    }
    if common < least_common || a + b == 0 {
        return 0.0;
    }
    1.0 - (differing as f32).sqrt() / ((a as f32).sqrt() + (b as f32).sqrt())
}

/// Words of which many are sparse, dense, empty or full.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        (any::<u64>(), any::<u64>()).prop_map(|(a, b)| a & b),
        (any::<u64>(), any::<u64>()).prop_map(|(a, b)| a | b),
        Just(0),
        Just(u64::MAX),
    ]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop::array::uniform6(word())
}

fn planes() -> impl Strategy<Value = Planes> {
    prop::array::uniform8(prop::array::uniform8(word()))
}

proptest! {
    #[test]
    fn every_level_is_the_definition_to_the_bit(
        patterns in prop::collection::vec(pattern(), 0..5),
        planes in prop::collection::vec(planes(), 0..5),
        least_common in prop_oneof![0_u32..70, Just(u32::MAX)],
    ) {
        let mut expected = Vec::new();
        for pattern in &patterns {
            for planes in &planes {
                expected.extend((0..LANES).map(|lane| naive(pattern, planes, lane, least_common).to_bits()));
            }
        }
        for kernels in Kernels::all() {
            let mut out = vec![f32::NAN; expected.len()];
            kernels.masked_similarities(&patterns, &planes, least_common, &mut out);
            let bits: Vec<u32> = out.iter().map(|value| value.to_bits()).collect();
            prop_assert_eq!(&bits, &expected, "{:?}", kernels);
        }
    }

    #[test]
    fn similarity_is_in_its_range_and_the_sides_can_be_exchanged(a in pattern(), b in pattern()) {
        let lanes = |pattern: &Pattern| {
            let mut planes = [[0; LANES]; 8];
            for (plane, word) in planes.iter_mut().zip(pattern) {
                plane[3] = *word;
            }
            planes
        };
        for kernels in Kernels::all() {
            let (mut there, mut back) = ([0.0; LANES], [0.0; LANES]);
            kernels.masked_similarities(&[a], &[lanes(&b)], 1, &mut there);
            kernels.masked_similarities(&[b], &[lanes(&a)], 1, &mut back);
            prop_assert_eq!(there[3].to_bits(), back[3].to_bits());
            prop_assert!((-1e-6..=1.0).contains(&there[3]));
        }
    }
}

#[test]
fn known_similarities() {
    let mut planes = [[0; LANES]; 8];
    // Lane 0 equals the pattern, lane 1 is disjoint from it, lane 2 has no common mask.
    for plane in planes.iter_mut().take(VALUE_WORDS) {
        plane[..3].copy_from_slice(&[0b0011, 0b1100, 0b0011]);
    }
    planes[VALUE_WORDS] = [0b1111, 0b1111, 0b1111_0000, 0, 0, 0, 0, 0];
    let pattern = [0b0011, 0b0011, 0b0011, 0b0011, 0b0011, 0b1111];
    for kernels in Kernels::all() {
        let mut out = [f32::NAN; LANES];
        kernels.masked_similarities(&[pattern], &[planes], 4, &mut out);
        assert_eq!(out[0], 1.0);
        assert!((out[1] - (1.0 - 20_f32.sqrt() / (2.0 * 10_f32.sqrt()))).abs() < 1e-6);
        assert_eq!(out[2..], [0.0; 6]);
        kernels.masked_similarities(&[pattern], &[planes], 5, &mut out);
        assert_eq!(out, [0.0; LANES], "four common bits are not five");
    }
}

#[test]
#[should_panic(expected = "one place for each pattern and lane")]
fn a_wrong_output_is_refused() {
    Kernels::active().masked_similarities(&[[0; VALUE_WORDS + 1]], &[[[0; LANES]; 8]], 0, &mut [0.0; 7]);
}
