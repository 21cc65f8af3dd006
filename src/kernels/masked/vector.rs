//! Over the vectors of a level: eight 64-bit lanes.

use super::{LANES, MaskedFn, Pattern, Planes, VALUE_WORDS, similarity};
use crate::kernels::vector::{At, Products, Vector, VectorWork};

pub(super) const fn similarities<A: At>() -> MaskedFn {
    |patterns, planes, least_common, out| A::run(All { patterns, planes, least_common, out })
}

struct All<'a> {
    patterns: &'a [Pattern],
    planes: &'a [Planes],
    least_common: u32,
    out: &'a mut [f32],
}

impl VectorWork for All<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Products>(self, vector: V) {
        let (out, _) = self.out.as_chunks_mut::<LANES>();
        for (pattern, row) in self.patterns.iter().zip(out.chunks_exact_mut(self.planes.len().max(1))) {
            let mut words = [vector.splat_word(0); VALUE_WORDS + 1];
            for (splat, &word) in words.iter_mut().zip(pattern) {
                *splat = vector.splat_word(word);
            }
            for (planes, out) in self.planes.iter().zip(row) {
                *out = one(vector, pattern, &words, planes, self.least_common);
            }
        }
    }
}

#[inline(always)]
fn one<V: Vector>(
    vector: V,
    pattern: &Pattern,
    words: &[V::Integers; VALUE_WORDS + 1],
    planes: &Planes,
    least_common: u32,
) -> [f32; LANES] {
    let common = words[VALUE_WORDS] & vector.line(bytemuck::cast_ref(&planes[VALUE_WORDS]));
    let zero = vector.no_counts();
    let (mut ones_a, mut ones_b, mut differing) = (zero, zero, zero);
    for (at, plane) in planes.iter().take(VALUE_WORDS).enumerate() {
        // Where registers do not hold the pattern, a word is taken from memory again.
        let word = if V::REGISTERS >= 32 { words[at] } else { vector.splat_word(pattern[at]) };
        let a = word & common;
        let b = vector.line(bytemuck::cast_ref(plane)) & common;
        ones_a = vector.count(ones_a, a);
        ones_b = vector.count(ones_b, b);
        differing = vector.count(differing, a ^ b);
    }
    let common = vector.counts(vector.count(zero, common));
    let [ones_a, ones_b, differing] = [ones_a, ones_b, differing].map(|counts| vector.counts(counts));
    let mut out = [0.0; LANES];
    for lane in 0..LANES {
        // All of the loop is done, and then chosen: so it becomes vectors.
        let similarity = similarity(ones_a[lane], ones_b[lane], differing[lane]);
        let counts = (common[lane].cast_unsigned() >= least_common) & (ones_a[lane] + ones_b[lane] > 0);
        out[lane] = if counts { similarity } else { 0.0 };
    }
    out
}
