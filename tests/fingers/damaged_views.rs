//! Views over bytes that no enrolment wrote: a score of no meaning, no panic, and still symmetric.

use crate::fingers_common::{Random, impression};
use biomatch::fingerprint::{CylinderBlock, FingerFeatures, FingerProbe, FingerView, Scratch};
use biomatch::template::Minutia;
use proptest::prelude::*;

/// Any bytes as minutiae.
fn minutiae(bytes: &[u8]) -> Vec<Minutia> {
    bytes.chunks_exact(8).map(bytemuck::pod_read_unaligned).collect()
}

fn compare_both_ways(a: FingerView<'_>, b: FingerView<'_>) {
    let mut scratch = Scratch::default();
    let there = FingerProbe::new(a).compare(b, &mut scratch);
    let back = FingerProbe::new(b).compare(a, &mut scratch);
    assert!(there.get().is_finite());
    assert_eq!(there.get().to_bits(), back.get().to_bits());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes(
        bytes in prop::collection::vec(any::<u8>(), 0..8 * 300),
        words in prop::collection::vec(any::<u64>(), 0..40 * 8),
        lanes in prop::collection::vec(0_u64..300, 8 * 8),
        plausible in any::<bool>(),
    ) {
        let damaged = minutiae(&bytes);
        let mut blocks: Vec<CylinderBlock> = Vec::new();
        for words in words.chunks(8) {
            let mut block = CylinderBlock::default();
            for (plane, word) in block.words.iter_mut().zip(words) {
                *plane = std::array::from_fn(|lane| word.rotate_left(lane as u32 * 7));
            }
            // Lanes that name minutiae, twice and too far as well: most random words name none.
            if plausible {
                block.words[6] = std::array::from_fn(|lane| lanes[(blocks.len() % 8) * 8 + lane]);
                block.words[5] = [u64::MAX; 8];
            }
            blocks.push(block);
        }
        let damaged = FingerView { minutiae: &damaged, cylinders: &blocks };
        let sound = FingerFeatures::new(&impression(1, 0));
        compare_both_ways(damaged, sound.view());
        compare_both_ways(damaged, damaged);
    }

    #[test]
    fn flipped_bits(finger in 0_u64..100, seed in any::<u64>(), flips in 1_usize..30) {
        let features = FingerFeatures::new(&impression(finger, 0));
        let mut random = Random(seed);
        let mut minutiae = features.view().minutiae.to_vec();
        let mut cylinders = features.view().cylinders.to_vec();
        for _ in 0..flips {
            let bytes: &mut [u8] = match random.below(2) {
                0 => bytemuck::cast_slice_mut(&mut minutiae),
                _ => bytemuck::cast_slice_mut(&mut cylinders),
            };
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        let damaged = FingerView { minutiae: &minutiae, cylinders: &cylinders };
        let mate = FingerFeatures::new(&impression(finger, 1));
        compare_both_ways(damaged, mate.view());
        compare_both_ways(damaged, features.view());
    }
}

#[test]
fn minutiae_in_one_place_and_in_no_order() {
    let minutia = impression(1, 0)[0];
    let heap = FingerFeatures::new(&vec![minutia; 255]);
    compare_both_ways(heap.view(), heap.view());
    let features = FingerFeatures::new(&impression(1, 0));
    let mut reversed = features.view().minutiae.to_vec();
    reversed.reverse();
    let view = FingerView { minutiae: &reversed, cylinders: features.view().cylinders };
    compare_both_ways(view, features.view());
    compare_both_ways(view, heap.view());
    let nothing = FingerView { minutiae: &[], cylinders: features.view().cylinders };
    compare_both_ways(nothing, features.view());
    compare_both_ways(FingerView { minutiae: &reversed, cylinders: &[] }, nothing);
}
