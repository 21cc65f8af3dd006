//! Codes of fingers: what must not change them, what they are good for, and the file of their model.

use crate::fingers_common::{Random, impression, moved, rotated};
use biomatch::fingerprint::FingerFeatures;
use biomatch::fingerprint::codes::{CodeModel, FingerCodes, SLOTS};
use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore};
use biomatch::kernels::Kernels;
use biomatch::template::Minutia;
use biomatch::units::{Angle, Length, Quality};
use proptest::prelude::*;

fn encode(minutiae: &[Minutia]) -> FingerCodes {
    CodeModel::shipped().encode(FingerFeatures::new(minutiae).view())
}

/// The filter's score by both words.
fn score(probe: &FingerCodes, candidate: &FingerCodes) -> FilterScore {
    let rows = CodeRows {
        words: candidate.words.each_ref().map(std::slice::from_ref),
        directions: &[candidate.sites.directions],
        places: &[candidate.sites.places],
        counts: &[candidate.count],
        means: &[candidate.means],
    };
    let mut score = [FilterScore::LOWEST];
    CodeProbe::new(probe.view()).fine(rows, &mut score);
    score[0]
}

/// The different minutiae of the slots.
fn distinct(codes: &FingerCodes) -> Vec<([i16; 2], u8, [u64; 2])> {
    let slot = |s: usize| {
        (codes.sites.places[s], codes.sites.directions[s], codes.words.each_ref().map(|words| words.0[s]))
    };
    let mut slots: Vec<_> = (0..SLOTS).map(slot).collect();
    slots.dedup();
    slots
}

fn distance(a: [u64; 2], b: [u64; 2]) -> u32 {
    (a[0] ^ b[0]).count_ones() + (a[1] ^ b[1]).count_ones()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn translation_and_order_change_no_bit(
        finger in 0_u64..500,
        shift in (0_u16..30_000, 0_u16..30_000),
        seed in any::<u64>(),
    ) {
        let here = impression(finger, 0);
        let mut there =
            moved(&here, Angle::default(), |x, y| (x + f64::from(shift.0), y + f64::from(shift.1)));
        let mut random = Random(seed);
        for i in (1..there.len()).rev() {
            there.swap(i, random.below(i + 1));
        }
        prop_assert!(encode(&here) == encode(&there));
    }

    /// Which minutiae are chosen and what is around them does not turn with the finger.
    #[test]
    fn rotation_changes_few_bits(finger in 0_u64..500, degrees in -180.0..180.0) {
        let here = impression(finger, 0);
        let (a, b) = (encode(&here), encode(&rotated(&here, degrees)));
        prop_assert_eq!(a.count, b.count);
        let b = distinct(&b);
        let nearest = |code| b.iter().map(|slot| distance(code, slot.2)).min().unwrap();
        let mut off: Vec<u32> = distinct(&a).iter().map(|slot| nearest(slot.2)).collect();
        off.sort_unstable();
        // Rounding to five micrometres moves values near a threshold; a cell at the hull's edge may tip.
        prop_assert!(off[off.len() / 2] <= 2, "{:?}", off);
        prop_assert!(off[off.len() * 9 / 10] <= 16, "{:?}", off);
    }

    #[test]
    fn every_kernel_level_gives_the_same_bits(finger in 0_u64..500, count in 0_usize..90) {
        let mut minutiae = impression(finger, 0);
        minutiae.truncate(count);
        let features = FingerFeatures::new(&minutiae);
        let mut codes = Kernels::all().map(|k| CodeModel::shipped().encode_with(features.view(), &k));
        let scalar = codes.next().unwrap();
        for codes in codes {
            prop_assert!(codes == scalar);
        }
    }

    /// Fewer than 32 minutiae are repeated: slot `s` holds the one numbered `floor(s n / 32)`.
    #[test]
    fn slots_are_filled_in_the_order_of_directions(finger in 0_u64..500, count in 1_usize..70) {
        let mut minutiae = impression(finger, 0);
        minutiae.truncate(count);
        let n = minutiae.len().min(SLOTS);
        let codes = encode(&minutiae);
        prop_assert_eq!(usize::from(codes.count), n);
        prop_assert!(codes.sites.directions.is_sorted());
        let first_of = |s: usize| (0..SLOTS).find(|&first| first * n / SLOTS == s * n / SLOTS).unwrap();
        for s in 0..SLOTS {
            let first = first_of(s);
            prop_assert_eq!(codes.sites.places[s], codes.sites.places[first]);
            prop_assert_eq!(codes.sites.directions[s], codes.sites.directions[first]);
            prop_assert_eq!(codes.words[0].0[s], codes.words[0].0[first]);
        }
        if minutiae.len() <= SLOTS {
            let mut directions: Vec<u8> = minutiae.iter().map(|m| (m.angle.to_binary() >> 8) as u8).collect();
            directions.sort_unstable();
            prop_assert!((0..SLOTS).all(|s| codes.sites.directions[s] == directions[s * n / SLOTS]));
        }
    }

    /// Any minutiae that a record can hold have codes, whatever their places.
    #[test]
    fn any_minutiae_are_encoded(
        all in prop::collection::vec((any::<u16>(), any::<u16>(), any::<u16>(), 0_u8..=100), 0..260),
    ) {
        let minutia = |&(x, y, angle, quality): &(u16, u16, u16, u8)| {
            let (x, y) = (Length::from_steps(x), Length::from_steps(y));
            Minutia::new(x, y, Angle::from_binary(angle), Default::default(), Quality::new(quality))
        };
        let minutiae: Vec<Minutia> = all.iter().map(minutia).collect();
        let codes = encode(&minutiae);
        prop_assert_eq!(usize::from(codes.count), minutiae.len().min(SLOTS));
    }
}

#[test]
fn a_finger_without_minutiae_has_no_codes_and_no_score() {
    let (nothing, finger) = (encode(&[]), encode(&impression(1, 0)));
    assert!(nothing == FingerCodes::EMPTY);
    assert_eq!(score(&nothing, &finger), FilterScore::LOWEST);
    assert_eq!(score(&finger, &nothing), FilterScore::LOWEST);
    assert!(score(&finger, &finger) > FilterScore::LOWEST);
}

#[test]
fn only_the_best_minutiae_have_codes() {
    let whole = (0..).map(|finger| impression(finger, 0)).find(|minutiae| minutiae.len() >= SLOTS);
    let mut minutiae: Vec<Minutia> = whole
        .unwrap()
        .into_iter()
        .map(|m| Minutia::new(m.x, m.y, m.angle, m.kind(), Quality::new(80)))
        .collect();
    minutiae.truncate(SLOTS);
    assert_eq!(minutiae.len(), SLOTS);
    let without = encode(&minutiae);
    // A bad minutia in their midst is not coded, though what is around the others has changed.
    let middle = minutiae[SLOTS / 2];
    let beside = Length::from_steps(middle.x.steps() + 400);
    minutiae.push(Minutia::new(beside, middle.y, middle.angle, middle.kind(), Quality::new(5)));
    let with = encode(&minutiae);
    assert_eq!(with.count as usize, SLOTS);
    assert!(with.sites == without.sites);
    assert!(with.words != without.words);
}

#[test]
fn mates_rank_before_strangers() {
    let enrolled: Vec<FingerCodes> = (0..60).map(|finger| encode(&impression(finger, 0))).collect();
    let mut better = 0;
    for finger in 0..30 {
        let probe = encode(&impression(finger, 1));
        let own = score(&probe, &enrolled[finger as usize]);
        better += enrolled.iter().filter(|candidate| score(&probe, candidate) >= own).count() - 1;
    }
    // Of 30 times 59 strangers; by chance it would be half of them.
    assert!(better <= 20, "{better}");
}

#[test]
fn the_shipped_model_is_its_own_file() {
    let model = CodeModel::shipped();
    let bytes = model.write();
    assert_eq!(bytes, include_bytes!("../../src/fingerprint/codes/shipped.codes"));
    let again = CodeModel::read(&bytes).unwrap();
    assert!(again == *model && again.id() == model.id());
    assert!(model.note().len() > 20, "{}", model.note());
}

/// The same bits on every machine: of these fingers, made by the shipped model.
#[test]
fn known_codes() {
    let mut hash = 0_u64;
    for finger in 0..20 {
        let codes = encode(&impression(finger, finger));
        let words = codes.words.iter().flat_map(|words| words.0);
        let places = codes
            .sites
            .places
            .iter()
            .map(|[x, y]| u64::from(x.cast_unsigned()) << 16 | u64::from(y.cast_unsigned()));
        let rest = codes.sites.directions.map(u64::from);
        let rest = rest.into_iter().chain([u64::from(codes.count)]).chain(codes.means.0.map(u64::from));
        for word in words.chain(places).chain(rest) {
            hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
    let expected = ("3cabc96d33c73a54edfa30778edf2b22", 14_858_513_123_134_502_275_u64);
    assert_eq!((CodeModel::shipped().id().to_string().as_str(), hash), expected);
}
