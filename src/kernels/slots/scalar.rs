//! The definition.

use super::{BLOCK, Chosen, Directions, NONE, Rows, SLOTS as ROW, SlotProbe, Slots, WINDOW, Words};

pub(super) const SLOTS: Slots = Slots { scores: [scores::<1>, scores::<2>], nearest };

fn scores<const W: usize>(probe: &SlotProbe, rows: Rows<'_>, chosen: Chosen<'_>, out: &mut [u32]) {
    let score = |row: usize| {
        let words: [&Words; W] = std::array::from_fn(|w| &rows.words[w][row]);
        score(probe, words, &rows.directions[row])
    };
    match chosen {
        Chosen::First => out.iter_mut().enumerate().for_each(|(row, out)| *out = score(row)),
        Chosen::Listed(at) => out.iter_mut().zip(at).for_each(|(out, &row)| *out = score(row as usize)),
    }
}

fn score<const W: usize>(probe: &SlotProbe, words: [&Words; W], directions: &Directions) -> u32 {
    let mut sum = 0;
    for (block, &middle) in probe.middles.iter().enumerate() {
        let rank = directions.iter().filter(|direction| **direction < middle).count();
        for own in block * BLOCK..(block + 1) * BLOCK {
            let least = (0..WINDOW)
                .map(|offset| (rank + ROW - WINDOW / 2 + offset) % ROW)
                .map(|slot| distance::<W>(std::array::from_fn(|w| probe.words[w][own] ^ words[w][slot])))
                .min();
            let near = u32::from(probe.far[W - 1]).saturating_sub(least.unwrap_or(u32::MAX));
            sum += near * near;
        }
    }
    sum
}

fn distance<const W: usize>(difference: [u64; W]) -> u32 {
    difference.into_iter().map(u64::count_ones).sum()
}

fn nearest(probe: &SlotProbe, words: [&Words; 2], directions: &Directions, out: &mut [u16; ROW]) {
    for (slot, out) in out.iter_mut().enumerate() {
        let meets = |own: &usize| {
            let turn = probe.directions[*own].wrapping_sub(directions[slot]);
            turn.min(turn.wrapping_neg()) <= probe.gate
        };
        let key = |own: usize| {
            let far = distance([0, 1].map(|w| probe.words[w][own] ^ words[w][slot]));
            (far << 8) as u16 | own as u16
        };
        *out = (0..ROW).filter(meets).map(key).min().unwrap_or(NONE);
    }
}
