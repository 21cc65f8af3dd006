//! What becomes of a mate alone among non-mates.

use biomatch::fingerprint::filter::FilterScore;
use biomatch::search::{Cascade, Share};
use biomatch::units::Score;

/// What the stages say of a print.
#[derive(Clone, Copy)]
pub(crate) struct Scores {
    pub(crate) coarse: FilterScore,
    pub(crate) fine: FilterScore,
    pub(crate) relaxed: Score,
    pub(crate) full: Score,
}

/// Where a mate ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Ruled out by the first words.
    Coarse,
    /// Ruled out by both words.
    Fine,
    /// Ruled out by the relaxation.
    Relaxed,
    /// Compared in full; a non-mate that was too scores as high.
    Outranked,
    /// Ranked first.
    First,
}

/// A share that is kept, what becomes of the others, and by which score.
type Stage = (Share, Fate, fn(&Scores) -> f64);

/// Passes a mate and non-mates through the shares of a cascade, without its floors.
pub(crate) fn fate(non_mates: &[Scores], mate: Scores, cascade: &Cascade) -> Fate {
    let rows = non_mates.len() + 1;
    let mut left = non_mates.to_vec();
    let stages: [Stage; 3] = [
        (cascade.coarse.share(), Fate::Coarse, |scores| f64::from(scores.coarse.value())),
        (cascade.fine.share(), Fate::Fine, |scores| f64::from(scores.fine.value())),
        (cascade.relaxed.share(), Fate::Relaxed, |scores| f64::from(scores.relaxed.get())),
    ];
    for (share, fate, key) in stages {
        let keep = ((share.get() * rows as f64).ceil() as usize).max(1);
        // All that tie with the last are kept: a mate is if fewer are above it.
        if left.iter().filter(|non_mate| key(non_mate) > key(&mate)).count() >= keep {
            return fate;
        }
        let mut keys: Vec<f64> = left.iter().chain([&mate]).map(key).collect();
        keys.sort_by(|a, b| b.total_cmp(a));
        let cut = keys.get(keep - 1).copied().unwrap_or(f64::NEG_INFINITY);
        left.retain(|non_mate| key(non_mate) >= cut);
    }
    if left.iter().all(|non_mate| non_mate.full < mate.full) { Fate::First } else { Fate::Outranked }
}

/// The share of non-mates that each stage puts before the mate: by the first words, by both, relaxed.
pub(crate) fn penetration(non_mates: &[Scores], mate: Scores) -> [f64; 3] {
    let share = |is_before: &dyn Fn(&Scores) -> bool| {
        non_mates.iter().filter(|non_mate| is_before(non_mate)).count() as f64 / non_mates.len().max(1) as f64
    };
    [
        share(&|non_mate| non_mate.coarse > mate.coarse),
        share(&|non_mate| non_mate.fine > mate.fine),
        share(&|non_mate| non_mate.relaxed > mate.relaxed),
    ]
}
