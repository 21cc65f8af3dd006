//! The definition.

use super::{LANES, Pattern, Planes, VALUE_WORDS, similarity};

pub(super) fn similarities(patterns: &[Pattern], planes: &[Planes], least_common: u32, out: &mut [f32]) {
    let (out, _) = out.as_chunks_mut::<LANES>();
    for (pattern, row) in patterns.iter().zip(out.chunks_exact_mut(planes.len().max(1))) {
        for (planes, out) in planes.iter().zip(row) {
            for (lane, out) in out.iter_mut().enumerate() {
                *out = one(pattern, planes, lane, least_common);
            }
        }
    }
}

fn one(pattern: &Pattern, planes: &Planes, lane: usize, least_common: u32) -> f32 {
    let common = pattern[VALUE_WORDS] & planes[VALUE_WORDS][lane];
    let (mut ones_a, mut ones_b, mut differing) = (0, 0, 0);
    for word in 0..VALUE_WORDS {
        let a = pattern[word] & common;
        let b = planes[word][lane] & common;
        ones_a += a.count_ones();
        ones_b += b.count_ones();
        differing += (a ^ b).count_ones();
    }
    if common.count_ones() < least_common || ones_a + ones_b == 0 {
        return 0.0;
    }
    similarity(ones_a.cast_signed(), ones_b.cast_signed(), differing.cast_signed())
}
