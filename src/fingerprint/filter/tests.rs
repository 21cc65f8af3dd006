//! Every stage against its plain definition, on every level, for codes of any bytes.

use proptest::prelude::*;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::SeedableRng as _;

use super::parameters::{KEEP, MISS, ROUNDS, STRETCH, TURN_FAR, TURN_NEAR};
use super::{CodeProbe, CodeRows, FilterScore};
use crate::fingerprint::codes::{CodeMeans, CodeWords, CodesView, FingerCodes, SLOTS, WORDS};
use crate::kernels::Kernels;
use crate::maths::sin_cos;
use crate::units::{Angle, Score};

/// A finger of `count` minutiae whose codes differ in the bits of `mask` only.
fn finger(seed: u64, count: u8, mask: u64) -> FingerCodes {
    let mut numbers = SplitMix64::seed_from_u64(seed);
    let mut minutiae: Vec<(u8, [u64; 2], [i16; 2])> = (0..count)
        .map(|_| {
            let place = [0, 1].map(|_| (numbers.next_u64() % 4_000) as i16 - 2_000);
            (numbers.next_u64() as u8, [0, 1].map(|_| numbers.next_u64() & mask), place)
        })
        .collect();
    minutiae.sort_unstable_by_key(|minutia| minutia.0);
    let mut codes = FingerCodes { count, means: CodeMeans([900, 1_900]), ..FingerCodes::EMPTY };
    for slot in 0..if count == 0 { 0 } else { SLOTS } {
        let (direction, words, place) = minutiae[slot * usize::from(count) / SLOTS];
        codes.sites.directions[slot] = direction;
        codes.sites.places[slot] = place;
        (codes.words[0].0[slot], codes.words[1].0[slot]) = (words[0], words[1]);
    }
    codes
}

/// A finger as a model makes it, or any bytes.
fn any_finger() -> impl Strategy<Value = FingerCodes> {
    let mask = prop_oneof![3 => Just(u64::MAX), 1 => Just(0x1111_0101_8001_0003), 1 => Just(0)];
    (0..5, any::<u64>(), 0_u8..=32, mask, any::<[u16; 2]>()).prop_map(|(kind, seed, count, mask, means)| {
        let mut codes = finger(seed, if kind == 1 { 32 } else { count }, mask);
        if kind == 0 {
            // Damage: nothing is sorted, extreme places, a count that no finger has.
            let mut numbers = SplitMix64::seed_from_u64(seed);
            codes.sites.directions = std::array::from_fn(|_| numbers.next_u64() as u8);
            let extreme = [i16::MIN, i16::MAX, 0, -1];
            codes.sites.places =
                std::array::from_fn(|_| [0, 1].map(|_| extreme[numbers.next_u64() as usize % 4]));
            codes.count = numbers.next_u64() as u8;
            codes.means = CodeMeans(means);
        }
        codes
    })
}

/// Columns of fingers.
#[derive(Default)]
struct Columns {
    words: [Vec<CodeWords>; 2],
    directions: Vec<[u8; SLOTS]>,
    places: Vec<[[i16; 2]; SLOTS]>,
    counts: Vec<u8>,
    means: Vec<CodeMeans>,
}

impl Columns {
    fn new(fingers: &[FingerCodes]) -> Self {
        let mut columns = Self::default();
        for finger in fingers {
            columns.words[0].push(finger.words[0]);
            columns.words[1].push(finger.words[1]);
            columns.directions.push(finger.sites.directions);
            columns.places.push(finger.sites.places);
            columns.counts.push(finger.count);
            columns.means.push(finger.means);
        }
        columns
    }

    fn rows(&self) -> CodeRows<'_> {
        CodeRows {
            words: [&self.words[0], &self.words[1]],
            directions: &self.directions,
            places: &self.places,
            counts: &self.counts,
            means: &self.means,
        }
    }
}

/// The probe's slots are looked at in blocks of this many, neighbours in direction.
const BLOCK: usize = 8;
const BLOCKS: usize = SLOTS / BLOCK;

/// A block meets this many slots of the candidate, around its own middle direction.
const WINDOW: usize = 16;

/// A distance from these on, by the first word alone and by both, counts nothing: 0.42 of the bits, and codes
/// of non-mates differ in half of them.
const FAR: [u32; WORDS] = [27, 54];

/// The sum over the probe's slots of the square of what the distance to the nearest slot of the
/// candidate falls short of [`FAR`]. The slots of a block of eight meet the 16 slots of the candidate
/// around the block's middle direction, in the candidate's order. Not symmetric.
fn naive_sums(probe: CodesView<'_>, candidate: CodesView<'_>) -> [u32; WORDS] {
    let mut scores = [0; WORDS];
    for block in 0..BLOCKS {
        let start = window(probe, block, candidate);
        let of = |words: &[u64; SLOTS]| -> [u64; BLOCK] {
            std::array::from_fn(|lane| words[block * BLOCK + lane])
        };
        let (first, second) = (of(&probe.words[0].0), of(&probe.words[1].0));
        let mut nearest = [[u32::MAX; BLOCK]; WORDS];
        for offset in 0..WINDOW {
            let slot = (start + offset) % SLOTS;
            let (one, other) = (candidate.words[0].0[slot], candidate.words[1].0[slot]);
            for lane in 0..BLOCK {
                let short = (first[lane] ^ one).count_ones();
                let long = short + (second[lane] ^ other).count_ones();
                nearest[0][lane] = nearest[0][lane].min(short);
                nearest[1][lane] = nearest[1][lane].min(long);
            }
        }
        for (score, (far, nearest)) in scores.iter_mut().zip(FAR.into_iter().zip(nearest)) {
            for distance in nearest {
                let near = far.saturating_sub(distance);
                *score += near * near;
            }
        }
    }
    scores
}

/// The first of the candidate's slots that a block of the probe meets.
fn window(probe: CodesView<'_>, block: usize, candidate: CodesView<'_>) -> usize {
    let directions = &probe.sites.directions;
    let ends = [directions[block * BLOCK], directions[block * BLOCK + BLOCK - 1]];
    let middle = ends.into_iter().map(u16::from).sum::<u16>() / 2;
    let rank = candidate.sites.directions.iter().filter(|direction| u16::from(**direction) < middle).count();
    (rank + SLOTS - WINDOW / 2) % SLOTS
}

fn naive_score(probe: CodesView<'_>, candidate: CodesView<'_>, word: usize) -> FilterScore {
    if probe.count == 0 || candidate.count == 0 {
        return FilterScore::LOWEST;
    }
    let root = (naive_sums(probe, candidate)[word] as f32).sqrt() * 64.0;
    FilterScore::of(root as i32, candidate.means.0[word])
}

/// A pair: distance, slots of the probe and of the candidate.
type Pair = (u32, usize, usize);

/// The sixteen nearest pairs, by their definition.
fn naive_pairs(a: CodesView<'_>, b: CodesView<'_>) -> Vec<Pair> {
    let count = usize::from(b.count).min(SLOTS);
    let firsts = (0..SLOTS).filter(|&s| s == 0 || s * count / SLOTS != (s - 1) * count / SLOTS);
    let mut pairs: Vec<Pair> = firsts
        .filter(|_| count > 0)
        .filter_map(|slot| {
            let of = |own: usize| -> u32 {
                (0..2).map(|w| (a.words[w].0[own] ^ b.words[w].0[slot]).count_ones()).sum()
            };
            let apart = |own: usize| {
                let apart = i32::from(a.sites.directions[own]).abs_diff(i32::from(b.sites.directions[slot]));
                apart.min(256 - apart)
            };
            let (distance, own) =
                (0..SLOTS).filter(|&own| apart(own) <= 48).map(|own| (of(own), own)).min()?;
            Some((distance, own, slot))
        })
        .collect();
    pairs.sort_unstable_by_key(|&(distance, _, slot)| (distance, slot));
    pairs.truncate(16);
    pairs
}

fn naive_agreement(a: CodesView<'_>, b: CodesView<'_>, (_, ai, bi): Pair, (_, aj, bj): Pair) -> f32 {
    let between = |codes: CodesView<'_>, i: usize, j: usize, axis: usize| {
        f32::from(codes.sites.places[j][axis]) - f32::from(codes.sites.places[i][axis])
    };
    let turn = |own: usize, slot: usize| b.sites.directions[slot].wrapping_sub(a.sites.directions[own]);
    let (ti, tj) = (turn(ai, bi), turn(aj, bj));
    let [(si, ci), (sj, cj)] = [ti, tj].map(|turn| sin_cos(Angle::from_binary(u16::from(turn) << 8)));
    let (cos, sin) = (0.5 * (cj + ci), 0.5 * (sj + si));
    let (ax, ay) = (between(a, ai, aj, 0), between(a, ai, aj, 1));
    let (bx, by) = (between(b, bi, bj, 0), between(b, bi, bj, 1));
    let (x, y) = (ax * cos + ay * sin - bx, ay * cos - ax * sin - by);
    let excess = (x * x + y * y) - (STRETCH * STRETCH) * (bx * bx + by * by);
    let place = (1.0 - excess * (1.0 / (MISS * MISS))).clamp(0.0, 1.0);
    let turned = (f32::from(tj.cast_signed()) - f32::from(ti.cast_signed())).abs();
    place * ((TURN_FAR - turned) * (1.0 / (TURN_FAR - TURN_NEAR))).clamp(0.0, 1.0)
}

fn naive_relaxed(a: CodesView<'_>, b: CodesView<'_>) -> Score {
    let pairs = naive_pairs(a, b);
    let mut weight = [0.0; 16];
    for (weight, pair) in weight.iter_mut().zip(&pairs) {
        *weight = (1.0 - pair.0 as f32 / 64.0_f32).max(0.0);
    }
    for _ in 0..ROUNDS {
        let before = weight;
        for (i, weight) in weight.iter_mut().enumerate() {
            let mut support = [0.0; 4];
            for k in 1..16 {
                let j = (i + k) % 16;
                if let (Some(&one), Some(&other)) = (pairs.get(i), pairs.get(j)) {
                    support[k % 4] += naive_agreement(a, b, one, other) * before[j];
                }
            }
            let support = (support[0] + support[1]) + (support[2] + support[3]);
            *weight = KEEP * before[i] + (1.0 - KEEP) / 15.0 * support;
        }
    }
    let mut cubes = weight.map(|weight| weight * weight * weight);
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            cubes[i] += cubes[i + half];
        }
    }
    Score::new(cubes[0]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_stage_is_its_definition_on_every_level(
        probe in any_finger(),
        mut fingers in prop::collection::vec(any_finger(), 1..8),
        repeat in 1_usize..20,
        listed in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
    ) {
        // Its own mate is among them, and there are more rows than one chunk.
        fingers.push(probe);
        let columns = Columns::new(&fingers.repeat(repeat));
        let rows = columns.rows();
        let listed: Vec<u32> = listed.iter().map(|at| at.index(rows.len()) as u32).collect();
        let mate = |row: usize| fingers[row % fingers.len()];
        for kernels in Kernels::all() {
            let prepared = CodeProbe::with_kernels(probe.view(), kernels);
            for word in 0..2 {
                let naive = |row: usize| naive_score(probe.view(), mate(row).view(), word);
                let mut found = vec![FilterScore::EXCLUDED; rows.len()];
                let mut some = vec![FilterScore::EXCLUDED; listed.len()];
                if word == 0 {
                    prepared.coarse(rows, &mut found);
                    prepared.coarse_at(rows, &listed, &mut some);
                } else {
                    prepared.fine(rows, &mut found);
                    prepared.fine_at(rows, &listed, &mut some);
                }
                prop_assert_eq!(found, (0..rows.len()).map(naive).collect::<Vec<_>>(), "{:?}", kernels);
                let naive: Vec<_> = listed.iter().map(|&row| naive(row as usize)).collect();
                prop_assert_eq!(some, naive, "{:?} listed", kernels);
            }
            let mut relaxed = vec![Score::LOWEST; listed.len()];
            prepared.relaxed_at(rows, &listed, &mut relaxed);
            for (relaxed, &row) in relaxed.iter().zip(&listed) {
                let naive = naive_relaxed(probe.view(), mate(row as usize).view());
                prop_assert_eq!(relaxed.get().to_bits(), naive.get().to_bits(), "{:?}", kernels);
            }
        }
    }
}

fn relaxed(probe: &FingerCodes, candidate: &FingerCodes) -> f32 {
    let columns = Columns::new(std::slice::from_ref(candidate));
    let mut score = [Score::LOWEST];
    CodeProbe::new(probe.view()).relaxed_at(columns.rows(), &[0], &mut score);
    score[0].get()
}

#[test]
fn a_finger_relaxes_wholly_with_itself_moved_and_hardly_with_another() {
    let own = finger(1, 32, u64::MAX);
    let mut moved = own;
    moved.sites.places = own.sites.places.map(|[x, y]| [x + 300, y - 500]);
    // A weight of one that all others support stays one: sixteen of them.
    assert_eq!(relaxed(&own, &own), 16.0);
    assert_eq!(relaxed(&own, &moved), 16.0);
    assert!(relaxed(&own, &finger(2, 32, u64::MAX)) < 0.1);
}

#[test]
fn a_quarter_turn_clockwise_is_beyond_the_gate_and_an_eighth_is_not() {
    let own = finger(3, 32, u64::MAX);
    let turned = |turn: u8| {
        let (sin, cos) = sin_cos(Angle::from_binary(u16::from(turn) << 8));
        let mut turned = own;
        turned.sites.directions = own.sites.directions.map(|direction| direction.wrapping_add(turn));
        turned.sites.places = own.sites.places.map(|[x, y]| {
            let (x, y) = (f32::from(x), f32::from(y));
            [(x * cos + y * sin).round() as i16, (y * cos - x * sin).round() as i16]
        });
        turned
    };
    assert!(relaxed(&own, &turned(32)) > 15.0);
    assert!(relaxed(&own, &turned(192)) < 0.1);
}

#[test]
fn few_minutiae_score_low_also_among_themselves() {
    let few = finger(4, 5, u64::MAX);
    assert!(relaxed(&few, &few) < 2.0, "{}", relaxed(&few, &few));
    assert_eq!(relaxed(&few, &FingerCodes::EMPTY), 0.0);
    assert_eq!(relaxed(&FingerCodes::EMPTY, &FingerCodes::EMPTY), 0.0);
}
