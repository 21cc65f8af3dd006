//! [`Products`](super::Products) of levels that have [`ByteProducts`]. Four sums, because each waits five
//! cycles for its last.

use super::{ByteProducts, Group, Line, splat_group};

#[inline(always)]
pub(super) fn nibble_sums<V: ByteProducts>(
    vector: V,
    codes: &[[Group; 2]],
    lines: &[Line],
    ahead: usize,
) -> V::Integers {
    let mut sums = [[vector.splat_integer(0); 2]; 2];
    let (twos, rest) = codes.as_chunks::<2>();
    let (lines, rest_lines) = lines[..codes.len()].as_chunks::<2>();
    for (codes, lines) in twos.iter().zip(lines) {
        for i in 0..2 {
            vector.prefetch(&lines[i], ahead);
            sums[i] = add(vector, sums[i], &codes[i], vector.nibbles(vector.line(&lines[i])));
        }
    }
    if let ([codes], [line]) = (rest, rest_lines) {
        vector.prefetch(line, ahead);
        sums[0] = add(vector, sums[0], codes, vector.nibbles(vector.line(line)));
    }
    total(vector, sums)
}

#[inline(always)]
pub(super) fn byte_sums<V: ByteProducts>(
    vector: V,
    codes: &[[Group; 2]],
    high: &[Line],
    low: &[Line],
    ahead: usize,
) -> V::Integers {
    let mut sums = [[vector.splat_integer(0); 2]; 2];
    let (twos, rest) = codes.as_chunks::<2>();
    let (high, rest_high) = high[..codes.len()].as_chunks::<2>();
    let (low, rest_low) = low[..codes.len()].as_chunks::<2>();
    for ((codes, high), low) in twos.iter().zip(high).zip(low) {
        for i in 0..2 {
            vector.prefetch(&high[i], ahead);
            vector.prefetch(&low[i], ahead);
            let bytes = vector.join_nibbles(vector.line(&high[i]), vector.line(&low[i]));
            sums[i] = add(vector, sums[i], &codes[i], bytes);
        }
    }
    if let ([codes], [high], [low]) = (rest, rest_high, rest_low) {
        vector.prefetch(high, ahead);
        vector.prefetch(low, ahead);
        let bytes = vector.join_nibbles(vector.line(high), vector.line(low));
        sums[0] = add(vector, sums[0], codes, bytes);
    }
    total(vector, sums)
}

#[inline(always)]
fn add<V: ByteProducts>(
    vector: V,
    sums: [V::Integers; 2],
    codes: &[Group; 2],
    bytes: [V::Integers; 2],
) -> [V::Integers; 2] {
    [
        vector.add_products(sums[0], bytes[0], splat_group(vector, codes[0])),
        vector.add_products(sums[1], bytes[1], splat_group(vector, codes[1])),
    ]
}

#[inline(always)]
fn total<V: ByteProducts>(vector: V, [even, odd]: [[V::Integers; 2]; 2]) -> V::Integers {
    vector.add(vector.add(even[0], even[1]), vector.add(odd[0], odd[1]))
}
