//! The definition.

use super::planes::{Planes, join_each};
use super::{Codes, Group, HEAD, HIGH_HEAD, LANES, LOW_HEAD, Line, Terms};

pub(super) const CODES: Codes = Codes { sums, candidates, join, planes, high };

fn sums(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [[i32; LANES]]) {
    walk(codes, terms, lines, out, |sums, _, _| sums);
}

fn candidates(codes: &[Group], terms: &[Terms], lines: &[Line], out: &mut [u16]) {
    walk(codes, terms, lines, out, mask);
}

fn mask(sums: [i32; LANES], terms: &Terms, head: &[Line]) -> u16 {
    let mut mask = 0;
    for (lane, sum) in sums.into_iter().enumerate() {
        let bound = sum as f32 * number(&head[0], lane) + terms.weight * number(&head[1], lane);
        let below = bound < terms.floor;
        mask |= u16::from(!below) << lane;
    }
    mask
}

fn join(planes: Planes<'_>, lines: &mut [Line]) {
    let blocks = lines.chunks_exact_mut(HEAD + planes.groups());
    for ((high, low), block) in planes.each().zip(blocks) {
        let (head, groups) = block.split_at_mut(HEAD);
        head.copy_from_slice(&[high[0], low[0]]);
        let nibbles = high[HIGH_HEAD..].iter().zip(&low[LOW_HEAD..]);
        for ([first, second], (high, low)) in groups.as_chunks_mut::<2>().0.iter_mut().zip(nibbles) {
            for byte in 0..64 {
                first[byte] = high[byte] << 4 | low[byte] & 15;
                second[byte] = high[byte] & 0xf0 | low[byte] >> 4;
            }
        }
    }
}

fn planes(codes: &[Group], terms: &Terms, planes: Planes<'_>, out: &mut [u16]) {
    let mut out = out.iter_mut();
    join_each(planes, join, |block| {
        let sums = block_sums(codes, terms.start, &block[HEAD..]);
        out.next().into_iter().for_each(|out| *out = mask(sums, terms, block));
    });
}

fn high(codes: &[Group], terms: &Terms, lines: &[Line], out: &mut [u16]) {
    for (block, out) in lines.chunks_exact(Planes::high_lines(codes.len())).zip(out) {
        let mut sums = [0; LANES];
        for (groups, line) in codes.as_chunks::<2>().0.iter().zip(&block[HIGH_HEAD..]) {
            for (sum, bytes) in sums.iter_mut().zip(line.as_chunks::<4>().0) {
                for (at, &byte) in bytes.iter().enumerate() {
                    *sum += i32::from(groups[0][at]) * i32::from(byte & 15);
                    *sum += i32::from(groups[1][at]) * i32::from(byte >> 4);
                }
            }
        }
        *out = mask(sums.map(|sum| 32 * sum + terms.start), terms, block);
    }
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
