use proptest::prelude::*;

use super::{Directions, NONE, Rows, SLOTS, SlotProbe, Width, Words};
use crate::kernels::Kernels;

/// A row of any bytes.
#[derive(Clone, Debug)]
struct Row {
    words: [Words; 2],
    directions: Directions,
}

/// Bit by bit.
fn distance(a: &Row, own: usize, b: &Row, other: usize, words: usize) -> u32 {
    let mut differing = 0;
    for word in 0..words {
        for bit in 0..64 {
            differing += u32::from(a.words[word][own] >> bit & 1 != b.words[word][other] >> bit & 1);
        }
    }
    differing
}

/// The score by the module's words: for each block the row's slots are turned until the first of those
/// not below the middle direction is in the middle of the window.
fn naive_score(probe: &Row, row: &Row, words: usize, far: u8) -> u32 {
    let mut score = 0;
    for block in 0..4 {
        let ends = [probe.directions[block * 8], probe.directions[block * 8 + 7]];
        let middle = (i32::from(ends[0]) + i32::from(ends[1])) / 2;
        let below = row.directions.iter().filter(|direction| i32::from(**direction) < middle).count();
        let mut circle: Vec<usize> = (0..SLOTS).collect();
        circle.rotate_left(below % SLOTS);
        circle.rotate_right(8);
        for own in block * 8..block * 8 + 8 {
            let least =
                circle[..16].iter().map(|&slot| distance(probe, own, row, slot, words)).min().unwrap();
            let near = i64::from(far) - i64::from(least);
            if near > 0 {
                score += u32::try_from(near * near).unwrap();
            }
        }
    }
    score
}

fn naive_nearest(probe: &Row, row: &Row, slot: usize, gate: u8) -> u16 {
    let mut best = NONE;
    for own in 0..SLOTS {
        let apart = (i32::from(probe.directions[own]) - i32::from(row.directions[slot])).rem_euclid(256);
        if apart.min(256 - apart) <= i32::from(gate) {
            best = best.min((distance(probe, own, row, slot, 2) * 256) as u16 + own as u16);
        }
    }
    best
}

/// Words of which many are sparse, dense, empty, full, or alike.
fn word() -> impl Strategy<Value = u64> {
    (0_u8..8, any::<u64>(), any::<u64>()).prop_map(|(kind, a, b)| match kind {
        0 => a & b & 0xff00_ff00_1234_ffff,
        1 => 0x0123_4567_89ab_cdef ^ 1 << (a % 64),
        2 => 0,
        3 => u64::MAX,
        _ => a,
    })
}

/// A row's slots: all different, all the same, or fewer than slots.
fn slots<T: Copy + std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = [T; SLOTS]> {
    (prop::collection::vec(one, SLOTS), prop_oneof![2 => Just(SLOTS), 1 => Just(1), 1 => 2..SLOTS])
        .prop_map(|(all, n)| std::array::from_fn(|slot| all[slot * n / SLOTS]))
}

/// Anywhere, about where the circle closes, or as damage leaves them.
fn directions() -> impl Strategy<Value = Directions> {
    (slots(any::<u8>()), 0..4).prop_map(|(mut directions, kind)| {
        if kind == 0 {
            return directions;
        }
        if kind == 1 {
            directions = directions.map(|direction| (direction % 12).wrapping_sub(6));
        }
        directions.sort_unstable();
        directions
    })
}

fn row() -> impl Strategy<Value = Row> {
    (slots(word()), slots(word()), directions())
        .prop_map(|(first, second, directions)| Row { words: [first, second], directions })
}

/// Columns of rows.
struct Columns {
    words: [Vec<Words>; 2],
    directions: Vec<Directions>,
}

impl Columns {
    fn new(rows: &[Row]) -> Self {
        Self {
            words: [0, 1].map(|w| rows.iter().map(|row| row.words[w]).collect()),
            directions: rows.iter().map(|row| row.directions).collect(),
        }
    }

    fn rows(&self) -> Rows<'_> {
        Rows { words: [&self.words[0], &self.words[1]], directions: &self.directions }
    }
}

fn prepared(kernels: &Kernels, probe: &Row, far: [u8; 2], gate: u8) -> SlotProbe {
    SlotProbe::new(kernels, [&probe.words[0], &probe.words[1]], &probe.directions, far, gate)
}

/// Holds every level to the naive numbers.
fn check(probe: &Row, rows: &[Row], far: [u8; 2], gate: u8, listed: &[u32]) -> Result<(), TestCaseError> {
    let columns = Columns::new(rows);
    for kernels in Kernels::all() {
        let prepared = prepared(&kernels, probe, far, gate);
        for (width, words) in [(Width::One, 1), (Width::Two, 2)] {
            let naive: Vec<u32> =
                rows.iter().map(|row| naive_score(probe, row, words, far[words - 1])).collect();
            let mut found = vec![u32::MAX; rows.len()];
            prepared.scores(columns.rows(), width, &mut found);
            prop_assert_eq!(&found, &naive, "{:?} {:?}", kernels, width);
            let naive: Vec<u32> = listed.iter().map(|&row| naive[row as usize]).collect();
            let mut found = vec![u32::MAX; listed.len()];
            prepared.scores_at(columns.rows(), width, listed, &mut found);
            prop_assert_eq!(&found, &naive, "{:?} {:?} listed", kernels, width);
        }
        for row in rows {
            let found = prepared.nearest([&row.words[0], &row.words[1]], &row.directions);
            let naive: [u16; SLOTS] = std::array::from_fn(|slot| naive_nearest(probe, row, slot, gate));
            prop_assert_eq!(found, naive, "{:?}", kernels);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_level_is_the_definition(
        probe in row(),
        rows in prop::collection::vec(row(), 1..12),
        far in prop_oneof![Just([27, 54]), any::<[u8; 2]>().prop_map(|far| far.map(|far| far % 128))],
        gate in prop_oneof![Just(48), any::<u8>()],
        listed in prop::collection::vec(any::<prop::sample::Index>(), 0..15),
    ) {
        let listed: Vec<u32> = listed.into_iter().map(|at| at.index(rows.len()) as u32).collect();
        check(&probe, &rows, far, gate, &listed)?;
    }
}
