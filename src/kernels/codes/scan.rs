//! Scans of planes for one probe, and joined blocks, over the vectors of a level.

use super::planes::Planes;
use super::{Group, HEAD, HIGH_HEAD, LOW_HEAD, Line, Terms};
use crate::kernels::vector::{Products, Vector, VectorWork};

/// How far ahead of a scan of planes their lines are asked for, in lines: 8 KiB. Each is asked for while an
/// earlier one is summed: asked for by the block, they wait for one another, and sums wait for them.
const AHEAD: usize = 128;

/// Candidates among the lanes of these sums, scales and errors.
#[inline(always)]
pub(super) fn candidates<V: Vector>(
    vector: V,
    sums: V::Integers,
    terms: &Terms,
    scales: &Line,
    errors: &Line,
) -> u16 {
    let (scales, errors) = (vector.with_bits(vector.line(scales)), vector.with_bits(vector.line(errors)));
    let bound = vector.numbers(sums) * scales + vector.splat(terms.weight) * errors;
    vector.not_less(bound, vector.splat(terms.floor))
}

#[inline(always)]
fn prefetch_each<V: Vector, const N: usize>(vector: V, lines: &[Line; N]) {
    for line in lines {
        vector.prefetch(line, AHEAD);
    }
}

/// [`super::Codes::join`].
pub(super) struct Join<'a> {
    pub(super) planes: Planes<'a>,
    pub(super) lines: &'a mut [Line],
}

impl VectorWork for Join<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Products>(self, vector: V) {
        let blocks = self.lines.chunks_exact_mut(HEAD + self.planes.groups());
        for ((high, low), block) in self.planes.each().zip(blocks) {
            let (head, groups) = block.split_at_mut(HEAD);
            head.copy_from_slice(&[high[0], low[0]]);
            let nibbles = high[HIGH_HEAD..].iter().zip(&low[LOW_HEAD..]);
            for ([first, second], (high, low)) in groups.as_chunks_mut::<2>().0.iter_mut().zip(nibbles) {
                let bytes = vector.join_nibbles(vector.line(high), vector.line(low));
                vector.store_line(bytes[0], first);
                vector.store_line(bytes[1], second);
            }
        }
    }
}

/// [`super::Codes::planes`].
pub(super) struct BothPlanes<'a> {
    pub(super) codes: &'a [Group],
    pub(super) terms: &'a Terms,
    pub(super) planes: Planes<'a>,
    pub(super) out: &'a mut [u16],
}

impl VectorWork for BothPlanes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Products>(self, vector: V) {
        let (pairs, _) = self.codes.as_chunks::<2>();
        let start = vector.splat_integer(self.terms.start);
        for ((high, low), out) in self.planes.each().zip(self.out) {
            let (Some((high_head, high_lines)), Some((low_head, low_lines))) =
                (high.split_first_chunk::<HIGH_HEAD>(), low.split_first_chunk::<LOW_HEAD>())
            else {
                return;
            };
            prefetch_each(vector, high_head);
            prefetch_each(vector, low_head);
            let sums = vector.byte_sums(pairs, high_lines, low_lines, AHEAD);
            *out = candidates(vector, vector.add(sums, start), self.terms, &high_head[0], &low_head[0]);
        }
    }
}

/// [`super::Codes::high`].
pub(super) struct HighPlane<'a> {
    pub(super) codes: &'a [Group],
    pub(super) terms: &'a Terms,
    pub(super) lines: &'a [Line],
    pub(super) out: &'a mut [u16],
}

impl VectorWork for HighPlane<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Products>(self, vector: V) {
        let (pairs, _) = self.codes.as_chunks::<2>();
        let start = vector.splat_integer(self.terms.start);
        for (block, out) in self.lines.chunks_exact(HIGH_HEAD + pairs.len()).zip(self.out) {
            let Some((head, lines)) = block.split_first_chunk::<HIGH_HEAD>() else { return };
            prefetch_each(vector, head);
            let sums = vector.double::<5>(vector.nibble_sums(pairs, lines, AHEAD));
            *out = candidates(vector, vector.add(sums, start), self.terms, &head[0], &head[1]);
        }
    }
}
