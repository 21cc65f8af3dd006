//! How alike two fingers are by their codes alone: the definition, plain and slow.

use super::{CodesView, SLOTS, WORDS};

/// The probe's slots are looked at in blocks of this many, neighbours in direction.
const BLOCK: usize = 8;
const BLOCKS: usize = SLOTS / BLOCK;

/// A block meets this many slots of the candidate, around its own middle direction.
const WINDOW: usize = 16;

/// A distance from these on, by the first word alone and by both, counts nothing: 0.42 of the bits, and
/// strangers' codes are half a code apart.
const FAR: [u32; WORDS] = [27, 54];

/// The filter's scores of a probe and a candidate: by the first word alone, and by both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilterScores(pub [u32; WORDS]);

/// The sum over the probe's slots of the square of what the distance to the nearest slot of the
/// candidate falls short of [`FAR`]. The slots of a block of eight meet the 16 slots of the candidate
/// around the block's middle direction, in the candidate's order. Not symmetric.
#[inline(always)]
pub fn filter_scores(probe: CodesView<'_>, candidate: CodesView<'_>) -> FilterScores {
    if probe.count == 0 || candidate.count == 0 {
        return FilterScores::default();
    }
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
    FilterScores(scores)
}

/// The first of the candidate's slots that a block of the probe meets.
#[inline(always)]
fn window(probe: CodesView<'_>, block: usize, candidate: CodesView<'_>) -> usize {
    let directions = &probe.sites.directions;
    let ends = [directions[block * BLOCK], directions[block * BLOCK + BLOCK - 1]];
    let middle = ends.into_iter().map(u16::from).sum::<u16>() / 2;
    let rank = candidate.sites.directions.iter().filter(|direction| u16::from(**direction) < middle).count();
    (rank + SLOTS - WINDOW / 2) % SLOTS
}
