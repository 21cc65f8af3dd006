//! The row's slots in the bytes of a register, and ones counted by nibble: nibbles of four slots of the probe
//! pick a table of distances, a row's nibbles look themselves up in it, so a lookup and a sum of bytes do a
//! nibble of 64 pairs, and after three of them two nibbles are taken apart. A row's words are first turned into
//! planes of nibbles that go half around the circle again, so that a window is one load.
#![allow(unsafe_code)] // intrinsics: loads and stores through raw pointers, and the call into them

use std::arch::x86_64::*;

use super::probe::{NIBBLES, Tables};
use super::{BLOCKS, Chosen, Directions, Rows, SLOTS as ROW, SlotProbe, Slots, WINDOW, Words};

// SAFETY (all): `dispatch` hands these out only for a level that it found available.
pub(super) const SLOTS: Slots = Slots {
    scores: [
        |probe, rows, chosen, out| {
            // SAFETY: the processor has the features, see above.
            unsafe { scores::<1>(probe, rows, chosen, out) }
        },
        |probe, rows, chosen, out| {
            // SAFETY: the processor has the features, see above.
            unsafe { scores::<2>(probe, rows, chosen, out) }
        },
    ],
    nearest: |probe, words, directions, out| {
        // SAFETY: the processor has the features, see above.
        unsafe { nearest(probe, words, directions, out) }
    },
};

/// Rows of a list that are asked of memory ahead of their turn.
const AHEAD: usize = 5;

/// Fours of the probe's slots in a block.
const FOURS: usize = ROW / BLOCKS / 4;

/// Lookups whose sums a nibble holds.
const TOGETHER: usize = 3;

/// A nibble of every slot around the circle, once and half again.
#[repr(align(16))]
#[derive(Clone, Copy)]
struct Around([u8; ROW + WINDOW]);

/// The nibbles of a word, lowest first.
type Planes = [Around; NIBBLES];

/// A row's planes are made while the row before is scored: a window that lies across two stores waits until
/// both are done.
#[target_feature(enable = "avx2,popcnt")]
fn scores<const W: usize>(probe: &SlotProbe, rows: Rows<'_>, chosen: Chosen<'_>, out: &mut [u32]) {
    let mut buffers = [[[Around([0; ROW + WINDOW]); NIBBLES]; W]; 2];
    let count = out.len();
    let row = |i: usize| match chosen {
        Chosen::First => i,
        Chosen::Listed(at) => at[i] as usize,
    };
    if count > 0 {
        spread_row(rows, row(0), &mut buffers[0]);
    }
    for (i, out) in out.iter_mut().enumerate() {
        if let Chosen::Listed(at) = chosen
            && let Some(&next) = at.get(i + AHEAD)
        {
            fetch::<W>(rows, next as usize);
        }
        if i + 1 < count {
            spread_row(rows, row(i + 1), &mut buffers[(i + 1) % 2]);
        }
        *out = score(probe, &buffers[i % 2], &rows.directions[row(i)]);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn spread_row<const W: usize>(rows: Rows<'_>, row: usize, planes: &mut [Planes; W]) {
    for (words, planes) in rows.words.iter().zip(planes) {
        spread(&words[row], planes);
    }
}

/// Asks memory for a row that exists.
#[inline]
#[target_feature(enable = "avx2")]
fn fetch<const W: usize>(rows: Rows<'_>, row: usize) {
    for words in &rows.words[..W] {
        for words in words[row].as_chunks::<8>().0 {
            _mm_prefetch::<_MM_HINT_T0>(words.as_ptr().cast());
        }
    }
    _mm_prefetch::<_MM_HINT_T0>(rows.directions[row].as_ptr().cast());
}

/// Turns words into planes of nibbles.
#[inline]
#[target_feature(enable = "avx2")]
fn spread(words: &Words, planes: &mut Planes) {
    let nibble = _mm256_set1_epi8(0x0f);
    for (byte, bytes) in bytes_of(words).into_iter().enumerate() {
        let low = _mm256_and_si256(bytes, nibble);
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
        for (half, nibbles) in [low, high].into_iter().enumerate() {
            let to = planes[2 * byte + half].0.as_mut_ptr();
            // SAFETY: 32 bytes and 16 after them are the 48 of a plane.
            unsafe {
                _mm256_storeu_si256(to.cast(), nibbles);
                _mm_storeu_si128(to.add(ROW).cast(), _mm256_castsi256_si128(nibbles));
            }
        }
    }
}

/// Byte `b` of every slot's word, slots in order.
#[inline]
#[target_feature(enable = "avx2")]
fn bytes_of(words: &Words) -> [__m256i; 8] {
    let (pairs, _) = words.as_chunks::<2>();
    // Byte 0 of both words, then byte 1 of both, and so on.
    let zip =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
    // Slots 2 i and 2 i + 1 in the low half, 16 further ones in the high half.
    let two: [__m256i; 8] = std::array::from_fn(|i| {
        // SAFETY: a pair is two u64, the 16 bytes that an unaligned load reads.
        let half = |at: usize| unsafe { _mm_loadu_si128(pairs[at].as_ptr().cast()) };
        let both = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(half(i)), half(i + 8));
        _mm256_shuffle_epi8(both, zip)
    });
    // Of four slots bytes 0 to 3, and bytes 4 to 7.
    let four: [[__m256i; 2]; 4] = std::array::from_fn(|i| {
        let (a, b) = (two[2 * i], two[2 * i + 1]);
        [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)]
    });
    // Of eight slots bytes 0 and 1, 2 and 3, 4 and 5, 6 and 7.
    let eight: [[__m256i; 4]; 2] = std::array::from_fn(|i| {
        let (a, b) = (four[2 * i], four[2 * i + 1]);
        [
            _mm256_unpacklo_epi32(a[0], b[0]),
            _mm256_unpackhi_epi32(a[0], b[0]),
            _mm256_unpacklo_epi32(a[1], b[1]),
            _mm256_unpackhi_epi32(a[1], b[1]),
        ]
    });
    std::array::from_fn(|byte| {
        let (a, b) = (eight[0][byte / 2], eight[1][byte / 2]);
        if byte % 2 == 0 { _mm256_unpacklo_epi64(a, b) } else { _mm256_unpackhi_epi64(a, b) }
    })
}

/// The first slot of each block's window.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn starts(middles: &[u8; BLOCKS], directions: &Directions) -> [usize; BLOCKS] {
    // SAFETY: a row's directions are 32 bytes, what an unaligned load reads.
    let directions = unsafe { _mm256_loadu_si256(directions.as_ptr().cast()) };
    middles.map(|middle| {
        let middle = _mm256_set1_epi8(middle.cast_signed());
        // Equal to the greater of both: not below.
        let not_below = _mm256_cmpeq_epi8(_mm256_max_epu8(directions, middle), directions);
        let below = ROW - _mm256_movemask_epi8(not_below).count_ones() as usize;
        (below + ROW - WINDOW / 2) % ROW
    })
}

#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn score<const W: usize>(probe: &SlotProbe, planes: &[Planes; W], directions: &Directions) -> u32 {
    let starts = starts(&probe.middles, directions);
    let (tables, _) = probe.tables.as_chunks::<NIBBLES>();
    let mut least = [_mm256_setzero_si256(); BLOCKS];
    for block in 0..BLOCKS {
        // Of each four of slots the distances of the first two, and of the others.
        let mut distances = [[_mm256_setzero_si256(); 2]; FOURS];
        for w in 0..W {
            for (nibbles, tables) in planes[w].chunks(TOGETHER).zip(tables[w].chunks(TOGETHER)) {
                let mut sums = [_mm256_setzero_si256(); FOURS];
                for (nibble, tables) in nibbles.iter().zip(tables) {
                    let window = window(nibble, starts[block]);
                    for (four, sum) in sums.iter_mut().enumerate() {
                        let table = table(&tables[block * FOURS + four]);
                        *sum = _mm256_add_epi8(*sum, _mm256_shuffle_epi8(table, window));
                    }
                }
                for (distances, sum) in distances.iter_mut().zip(sums) {
                    add_nibbles(distances, sum);
                }
            }
        }
        let [[a, b], [c, d]] = distances;
        // Of each slot eight candidates, then four, beside each other in twos and fours.
        let (ab, cd) = (least_of_bytes(a, b), least_of_bytes(c, d));
        least[block] = _mm256_min_epu8(_mm256_unpacklo_epi16(ab, cd), _mm256_unpackhi_epi16(ab, cd));
    }
    let [a, b, c, d] = least;
    let halves = |a, b| _mm256_min_epu8(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let (ab, cd) = (halves(a, b), halves(c, d));
    let least = _mm256_min_epu8(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd));
    let near = _mm256_subs_epu8(_mm256_set1_epi8(probe.far[W - 1].cast_signed()), least);
    // At most 127, so neither the signed side nor the sum of two squares is too great.
    let squares = _mm256_madd_epi16(_mm256_maddubs_epi16(near, near), _mm256_set1_epi16(1));
    let four = _mm_add_epi32(_mm256_castsi256_si128(squares), _mm256_extracti128_si256::<1>(squares));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
    let one = _mm_add_epi32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two));
    _mm_cvtsi128_si32(one).cast_unsigned()
}

/// Adds the low and the high nibbles of `sum` to two sums of bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn add_nibbles(sums: &mut [__m256i; 2], sum: __m256i) {
    let nibble = _mm256_set1_epi8(0x0f);
    sums[0] = _mm256_add_epi8(sums[0], _mm256_and_si256(sum, nibble));
    sums[1] = _mm256_add_epi8(sums[1], _mm256_and_si256(_mm256_srli_epi16::<4>(sum), nibble));
}

/// The window that starts at a slot, in both halves.
#[inline]
#[target_feature(enable = "avx2")]
fn window(nibble: &Around, start: usize) -> __m256i {
    // SAFETY: a start is below 32, so the 16 bytes from it on are among the 48.
    let window = unsafe { _mm_loadu_si128(nibble.0.as_ptr().add(start).cast()) };
    _mm256_broadcastsi128_si256(window)
}

#[inline]
#[target_feature(enable = "avx2")]
fn table(tables: &Tables) -> __m256i {
    // SAFETY: two tables are 32 bytes, what an unaligned load reads.
    unsafe { _mm256_loadu_si256(tables.0.as_ptr().cast()) }
}

/// Of each half the lesser of neighbours eight bytes apart, bytes of `a` and `b` in turn.
#[inline]
#[target_feature(enable = "avx2")]
fn least_of_bytes(a: __m256i, b: __m256i) -> __m256i {
    _mm256_min_epu8(_mm256_unpacklo_epi8(a, b), _mm256_unpackhi_epi8(a, b))
}

/// Four of the probe's slots at a time, two in each half of a register, meet half of the row.
#[target_feature(enable = "avx2")]
fn nearest(probe: &SlotProbe, words: [&Words; 2], directions: &Directions, out: &mut [u16; ROW]) {
    let nibble = _mm256_set1_epi8(0x0f);
    let halves = |bytes| {
        [_mm256_permute2x128_si256::<0x00>(bytes, bytes), _mm256_permute2x128_si256::<0x11>(bytes, bytes)]
    };
    // Of each nibble the first 16 slots and the last, in both halves each.
    let mut nibbles = [[[_mm256_setzero_si256(); 2]; NIBBLES]; 2];
    for (word, nibbles) in words.into_iter().zip(&mut nibbles) {
        for (bytes, nibbles) in bytes_of(word).into_iter().zip(nibbles.as_chunks_mut::<2>().0) {
            nibbles[0] = halves(_mm256_and_si256(bytes, nibble));
            nibbles[1] = halves(_mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble));
        }
    }
    // SAFETY: a row's directions are 32 bytes, what an unaligned load reads.
    let directions = halves(unsafe { _mm256_loadu_si256(directions.as_ptr().cast()) });
    let gate = _mm256_set1_epi8(probe.gate.cast_signed());
    let none = _mm256_set1_epi8(-1);
    let (tables, _) = probe.tables.as_chunks::<NIBBLES>();
    // By half of the row: keys of its slots 0 to 7, and 8 to 15.
    let mut keys = [[none; 2]; 2];
    for four in 0..ROW / 4 {
        // By half of the row: distances of the first two of these slots, and of the others.
        let mut distances = [[_mm256_setzero_si256(); 2]; 2];
        for (nibbles, tables) in nibbles.iter().zip(tables) {
            for (nibbles, tables) in nibbles.chunks(TOGETHER).zip(tables.chunks(TOGETHER)) {
                let mut sums = [_mm256_setzero_si256(); 2];
                for (nibbles, tables) in nibbles.iter().zip(tables) {
                    let table = table(&tables[four]);
                    for (sum, nibble) in sums.iter_mut().zip(nibbles) {
                        *sum = _mm256_add_epi8(*sum, _mm256_shuffle_epi8(table, *nibble));
                    }
                }
                for (distances, sum) in distances.iter_mut().zip(sums) {
                    add_nibbles(distances, sum);
                }
            }
        }
        let two = |numbers: [u8; 2]| {
            let [first, second] = numbers.map(|number| _mm_set1_epi8(number.cast_signed()));
            _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(first), second)
        };
        for (pair, own) in [4 * four, 4 * four + 2].into_iter().enumerate() {
            let turns = two([probe.directions[own], probe.directions[own + 1]]);
            let slots = two([own as u8, own as u8 + 1]);
            for ((keys, distances), directions) in keys.iter_mut().zip(distances).zip(directions) {
                // A turn of -128 stays 128 as an unsigned byte.
                let apart = _mm256_abs_epi8(_mm256_sub_epi8(directions, turns));
                let is_near = _mm256_cmpeq_epi8(_mm256_min_epu8(apart, gate), apart);
                let distance = _mm256_blendv_epi8(none, distances[pair], is_near);
                keys[0] = _mm256_min_epu16(keys[0], _mm256_unpacklo_epi8(slots, distance));
                keys[1] = _mm256_min_epu16(keys[1], _mm256_unpackhi_epi8(slots, distance));
            }
        }
    }
    let (eights, _) = out.as_chunks_mut::<8>();
    for (eight, keys) in eights.iter_mut().zip(keys.as_flattened()) {
        let keys = _mm_min_epu16(_mm256_castsi256_si128(*keys), _mm256_extracti128_si256::<1>(*keys));
        // A key of no distance still names a slot.
        let is_some = _mm_cmpgt_epi16(_mm_set1_epi16(0x00ff), _mm_srli_epi16::<8>(keys));
        let keys = _mm_blendv_epi8(_mm_set1_epi8(-1), keys, is_some);
        // SAFETY: `eight` is eight u16, the 16 bytes that an unaligned store writes.
        unsafe { _mm_storeu_si128(eight.as_mut_ptr().cast(), keys) }
    }
}
