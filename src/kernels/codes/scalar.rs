//! The definition.

use super::{Codes, Group, HEAD, LANES, Line, Terms};

pub(super) const CODES: Codes = Codes { sums, candidates };

fn sums(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [[i32; LANES]]) {
    walk(codes, terms, lines, out, |sums, _, _| sums);
}

fn candidates(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [u16]) {
    walk(codes, terms, lines, out, |sums, terms, head| {
        let mut mask = 0;
        for (lane, sum) in sums.into_iter().enumerate() {
            let bound = sum as f32 * number(&head[0], lane) + terms.weight * number(&head[1], lane);
            let below = bound < terms.floor;
            mask |= u16::from(!below) << lane;
        }
        mask
    });
}

fn walk<T>(
    codes: &[Group],
    terms: &[Terms],
    lines: &[Line],
    out: &mut [T],
    finish: impl Fn([i32; LANES], &Terms, &[Line]) -> T,
) {
    let groups = codes.len() / terms.len();
    let blocks = lines.chunks_exact(HEAD + groups);
    let probes = codes.chunks_exact(groups).zip(terms);
    for ((codes, terms), out) in probes.zip(out.chunks_exact_mut(blocks.len())) {
        for (block, out) in blocks.clone().zip(out) {
            let (head, lines) = block.split_at(HEAD);
            *out = finish(block_sums(codes, terms.start, lines), terms, head);
        }
    }
}

fn block_sums(codes: &[Group], start: i32, lines: &[Line]) -> [i32; LANES] {
    let mut sums = [start; LANES];
    for (group, line) in codes.iter().zip(lines) {
        for (sum, bytes) in sums.iter_mut().zip(line.as_chunks::<4>().0) {
            for (&code, &byte) in group.iter().zip(bytes) {
                *sum += i32::from(code) * i32::from(byte);
            }
        }
    }
    sums
}

/// The number of a lane in a line of scales or errors.
fn number(line: &Line, lane: usize) -> f32 {
    line.as_chunks().0.get(lane).map_or(0.0, |&bytes| f32::from_le_bytes(bytes))
}
