//! The row's slots in the bytes of a register, and ones counted by nibble: a probe's nibble picks its
//! table of distances, a row's nibbles look themselves up in it, so a lookup and a sum of bytes do a
//! nibble of 32 pairs. A row's words are first turned into planes of nibbles that go half around the
//! circle again, so that a window is one load.
#![allow(unsafe_code)] // intrinsics: loads and stores through raw pointers, and the call into them

use std::arch::x86_64::*;

use super::probe::{NIBBLES, NibbleTables, Tables};
use super::{BLOCKS, Chosen, Directions, NONE, Rows, SLOTS as ROW, SlotProbe, Slots, WINDOW, Words};

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

/// Pairs of the probe's slots in a block, and in all.
const PAIRS: usize = ROW / BLOCKS / 2;

/// A nibble of every slot around the circle, once and half again.
#[repr(align(16))]
#[derive(Clone, Copy)]
struct Around([u8; ROW + WINDOW]);

/// The nibbles of a word, lowest first.
type Planes = [Around; NIBBLES];

#[target_feature(enable = "avx2,popcnt")]
fn scores<const W: usize>(probe: &SlotProbe, rows: Rows<'_>, chosen: Chosen<'_>, out: &mut [u32]) {
    let mut planes = [[Around([0; ROW + WINDOW]); NIBBLES]; W];
    let mut one = |row: usize| {
        for w in 0..W {
            spread(&rows.words[w][row], &mut planes[w]);
        }
        score(probe, &planes, &rows.directions[row])
    };
    match chosen {
        Chosen::First => out.iter_mut().enumerate().for_each(|(row, out)| *out = one(row)),
        Chosen::Listed(at) => {
            for (i, out) in out.iter_mut().enumerate() {
                if let Some(&next) = at.get(i + AHEAD) {
                    fetch::<W>(rows, next as usize);
                }
                *out = one(at[i] as usize);
            }
        }
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
    let zip = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
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
    let (tables, _) = probe.tables.split_at(W * NIBBLES);
    let mut least = [_mm256_setzero_si256(); BLOCKS];
    for block in 0..BLOCKS {
        let mut distances = [_mm256_setzero_si256(); PAIRS];
        for (nibble, tables) in planes.as_flattened().iter().zip(tables) {
            let window = window(nibble, starts[block]);
            for (pair, distance) in distances.iter_mut().enumerate() {
                let table = table(&tables[block * PAIRS + pair]);
                *distance = _mm256_add_epi8(*distance, _mm256_shuffle_epi8(table, window));
            }
        }
        let [a, b, c, d] = distances;
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

#[target_feature(enable = "avx2")]
fn nearest(probe: &SlotProbe, words: [&Words; 2], directions: &Directions, out: &mut [u16; ROW]) {
    let nibble = _mm256_set1_epi8(0x0f);
    let mut nibbles = [[_mm256_setzero_si256(); 2]; NIBBLES];
    let bytes = words.map(|words| bytes_of(words));
    for (nibbles, bytes) in nibbles.iter_mut().zip(bytes.as_flattened()) {
        *nibbles = [*bytes, _mm256_srli_epi16::<4>(*bytes)].map(|half| _mm256_and_si256(half, nibble));
    }
    // SAFETY: a row's directions are 32 bytes, what an unaligned load reads.
    let directions = unsafe { _mm256_loadu_si256(directions.as_ptr().cast()) };
    let gate = _mm256_set1_epi8(probe.gate.cast_signed());
    // Keys of slots 0 to 7 and 16 to 23, and of 8 to 15 and 24 to 31.
    let mut keys = [_mm256_set1_epi16(NONE.cast_signed()); 2];
    for own in 0..ROW {
        let mut distance = _mm256_setzero_si256();
        for (nibbles, tables) in nibbles.as_flattened().iter().zip(&probe.tables) {
            distance = _mm256_add_epi8(distance, _mm256_shuffle_epi8(both(tables, own), *nibbles));
        }
        let turn = _mm256_sub_epi8(directions, _mm256_set1_epi8(probe.directions[own].cast_signed()));
        let apart = _mm256_abs_epi8(turn);
        // A turn of -128 stays 128 as an unsigned byte.
        let is_near = _mm256_cmpeq_epi8(_mm256_min_epu8(apart, gate), apart);
        // A distance of all ones is greater than all, and its key as great as none.
        let distance = _mm256_or_si256(distance, _mm256_xor_si256(is_near, _mm256_set1_epi8(-1)));
        let index = _mm256_set1_epi8(own as i8);
        let index = _mm256_or_si256(index, _mm256_xor_si256(is_near, _mm256_set1_epi8(-1)));
        keys[0] = _mm256_min_epu16(keys[0], _mm256_unpacklo_epi8(index, distance));
        keys[1] = _mm256_min_epu16(keys[1], _mm256_unpackhi_epi8(index, distance));
    }
    let low = _mm256_permute2x128_si256::<0x20>(keys[0], keys[1]);
    let high = _mm256_permute2x128_si256::<0x31>(keys[0], keys[1]);
    let (halves, _) = out.as_chunks_mut::<16>();
    for (half, keys) in halves.iter_mut().zip([low, high]) {
        // SAFETY: the half is 16 u16, the 32 bytes that an unaligned store writes.
        unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), keys) }
    }
}

/// The table of one of the probe's slots, in both halves.
#[inline]
#[target_feature(enable = "avx2")]
fn both(tables: &NibbleTables, own: usize) -> __m256i {
    let table = &tables[own / 2].0[own % 2];
    // SAFETY: a table is 16 bytes, what an unaligned load reads.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
}
