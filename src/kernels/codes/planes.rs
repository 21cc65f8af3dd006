//! Blocks of codes, split in high and low nibbles.

use super::{HEAD, HIGH_HEAD, LOW_HEAD, Line};

/// Code blocks as a gallery stores them. A line of a plane has the nibbles of two lines of a block: those
/// of the first in the low halves of its bytes, those of the second in the high halves.
///
/// A block of the high plane: a line of scales, a line of errors of what this plane alone tells, nibbles.
/// A block of the low plane: a line of errors of the whole codes, nibbles.
#[derive(Clone, Copy)]
pub struct Planes<'a> {
    groups: usize,
    high: &'a [Line],
    low: &'a [Line],
}

impl<'a> Planes<'a> {
    /// Planes of vectors with `groups` groups of four codes. `None` unless `groups` is even, and at least
    /// two, and both planes have the same number of whole blocks.
    pub fn new(groups: usize, high: &'a [Line], low: &'a [Line]) -> Option<Self> {
        let (high_lines, low_lines) = (Self::high_lines(groups), Self::low_lines(groups));
        let whole = groups > 0
            && groups.is_multiple_of(2)
            && high.len().is_multiple_of(high_lines)
            && low.len().is_multiple_of(low_lines)
            && high.len() / high_lines == low.len() / low_lines;
        whole.then_some(Self { groups, high, low })
    }

    /// Lines of a block of the high plane.
    pub const fn high_lines(groups: usize) -> usize {
        HIGH_HEAD + groups / 2
    }

    /// Lines of a block of the low plane.
    pub const fn low_lines(groups: usize) -> usize {
        LOW_HEAD + groups / 2
    }

    /// Groups of four codes that a vector has.
    pub const fn groups(&self) -> usize {
        self.groups
    }

    /// How many blocks there are.
    pub const fn blocks(&self) -> usize {
        self.high.len() / Self::high_lines(self.groups)
    }

    /// The lines of the high plane.
    pub const fn high(&self) -> &'a [Line] {
        self.high
    }

    /// The lines of the low plane.
    pub const fn low(&self) -> &'a [Line] {
        self.low
    }

    /// Some of the blocks; none if there are not so many.
    #[must_use]
    pub fn part(&self, first: usize, count: usize) -> Self {
        let range = |lines| first.saturating_mul(lines)..first.saturating_add(count).saturating_mul(lines);
        let high = self.high.get(range(Self::high_lines(self.groups)));
        let low = self.low.get(range(Self::low_lines(self.groups)));
        let (high, low) = high.zip(low).unwrap_or_default();
        Self { high, low, ..*self }
    }

    /// The planes of each block.
    pub(super) fn each(self) -> impl Iterator<Item = (&'a [Line], &'a [Line])> {
        let low = self.low.chunks_exact(Self::low_lines(self.groups));
        self.high.chunks_exact(Self::high_lines(self.groups)).zip(low)
    }

    /// Splits a block with an even number of groups: appends its high plane, which has these errors, and
    /// its low plane.
    pub fn split(block: &[Line], errors: Line, high: &mut Vec<Line>, low: &mut Vec<Line>) {
        let [scales, fine, groups @ ..] = block else { return };
        high.extend([*scales, errors]);
        low.push(*fine);
        for pair in groups.as_chunks::<2>().0 {
            let (mut h, mut l) = ([0; 64], [0; 64]);
            for (line, shift) in pair.iter().zip([0, 4]) {
                for ((h, l), &byte) in h.iter_mut().zip(&mut l).zip(line) {
                    *h |= byte >> 4 << shift;
                    *l |= (byte & 15) << shift;
                }
            }
            high.push(h);
            low.push(l);
        }
    }
}

/// Blocks of planes, one after the other: joined into `buffer`, the lines of one block, and given to
/// `each`. For levels that have nothing better.
pub(super) fn join_each(
    planes: Planes<'_>,
    join: impl Fn(Planes<'_>, &mut [Line]),
    mut each: impl FnMut(&[Line]),
) {
    let mut buffer = vec![[0; 64]; HEAD + planes.groups];
    for block in 0..planes.blocks() {
        join(planes.part(block, 1), &mut buffer);
        each(&buffer);
    }
}
