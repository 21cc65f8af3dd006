//! Scores keep their bits: calibration tables and gates rest on them. A change of the score on purpose
//! changes these numbers, and the calibration with them.

use crate::fingers_common::Random;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::kernels::Kernels;
use biomatch::template::Minutia;
use biomatch::units::{Angle, Length, Score};

/// Fingers of many sizes, from whole numbers alone: the same minutiae on every machine.
fn finger(random: &mut Random) -> Vec<Minutia> {
    let most = if random.below(8) == 0 { 140 } else { 60 };
    let count = 4 + random.below(most);
    (0..count).map(|_| random.minutia()).collect()
}

/// Another impression: turned and stretched a little, shaken, with minutiae lost and won.
fn impression(finger: &[Minutia], random: &mut Random) -> Vec<Minutia> {
    let turn = random.below(200) as i32 - 100;
    let shake = |random: &mut Random| random.below(81) as i32 - 40;
    let mut minutiae = Vec::new();
    for m in finger {
        if random.below(5) == 0 {
            continue;
        }
        let (x, y) = (i32::from(m.x.steps()) - 1500, i32::from(m.y.steps()) - 2000);
        let (x, y) = (x + (x * x / 40_000 - y * turn) / 512, y + x * turn / 512);
        let step = |value: i32, random: &mut Random| {
            Length::from_steps(u16::try_from(value + 6000 + shake(random)).unwrap())
        };
        // A turn by `turn / 512` radians, in 65536ths.
        let angle = -turn * 20 + shake(random) * 30;
        let angle = m.angle.to_binary().wrapping_add_signed(i16::try_from(angle).unwrap());
        let (x, y) = (step(x, random), step(y, random));
        minutiae.push(Minutia::new(x, y, Angle::from_binary(angle), m.kind(), m.quality()));
    }
    minutiae.extend((0..random.below(8)).map(|_| random.minutia()));
    minutiae
}

/// FNV-1a over words.
fn mix(hash: u64, bits: u32) -> u64 {
    (hash ^ u64::from(bits)).wrapping_mul(0x0100_0000_01b3)
}

#[test]
fn scores_keep_their_bits() {
    let mut random = Random(3);
    let pairs: Vec<[FingerFeatures; 2]> = (0..70)
        .map(|_| {
            let finger = finger(&mut random);
            let mate = impression(&finger, &mut random);
            [FingerFeatures::new(&finger), FingerFeatures::new(&mate)]
        })
        .collect();
    for kernels in Kernels::all() {
        let (mut mates, mut others) = (0xcbf2_9ce4_8422_2325, 0xcbf2_9ce4_8422_2325);
        let mut sure = 0;
        let mut scratch = Scratch::default();
        for (i, [finger, _]) in pairs.iter().enumerate() {
            let probe = FingerProbe::with_kernels(finger.view(), kernels);
            for (j, [_, mate]) in pairs.iter().enumerate() {
                let score = probe.compare(mate.view(), &mut scratch);
                for least in [-8.0, 0.0, 6.0, 12.0, 20.0, score.get()].map(|least| Score::new(least).unwrap())
                {
                    let asked = probe.compare_at_least(mate.view(), least, &mut scratch);
                    assert_eq!(asked, (score >= least).then_some(score), "{least}");
                }
                let score = score.get();
                if i == j {
                    mates = mix(mates, score.to_bits());
                    sure += usize::from(score > 6.0);
                } else {
                    others = mix(others, score.to_bits());
                }
            }
        }
        let level = kernels.level();
        assert!(sure > 20, "{level}: {sure} mates of 70 score high: the impressions are mates");
        assert_eq!(
            (mates, others),
            (0xf978_92d1_c777_ac2c, 0xeff0_61d9_de63_2f15),
            "{level}: {mates:#018x} {others:#018x}"
        );
    }
}
