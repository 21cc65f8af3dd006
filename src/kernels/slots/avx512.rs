//! Eight of the probe's slots in the 64-bit lanes of a register, VPOPCNTQ. A row's words are copied to
//! a buffer that goes half around the circle again, so that a window is read from one address without
//! arithmetic; each word is then an operand that the exclusive or broadcasts by itself.
#![allow(unsafe_code)] // intrinsics: loads and stores through raw pointers, and the call into them
#![allow(clippy::needless_range_loop)] // several arrays by one index

use std::arch::x86_64::*;

use super::{BLOCK, BLOCKS, Chosen, Directions, Rows, SLOTS as ROW, SlotProbe, Slots, WINDOW, Words};

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

/// A row's words around the circle, once and half again.
#[repr(align(64))]
struct Around([u64; ROW + WINDOW]);

/// The probe in registers.
struct Held<const W: usize> {
    words: [[__m512i; BLOCKS]; W],
    /// The middles of blocks 0 and 1, and of 2 and 3: each of all 32 bytes of a half.
    middles: [__m512i; 2],
    far: __m512i,
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq,popcnt")]
fn scores<const W: usize>(probe: &SlotProbe, rows: Rows<'_>, chosen: Chosen<'_>, out: &mut [u32]) {
    let held = Held::<W> {
        words: std::array::from_fn(|w| {
            let (blocks, _) = probe.words[w].as_chunks::<BLOCK>();
            // SAFETY: a block is eight u64, the 64 bytes that an unaligned load reads.
            std::array::from_fn(|b| unsafe { _mm512_loadu_si512(blocks[b].as_ptr().cast()) })
        }),
        middles: [0, 2].map(|b| {
            let half = |b: usize| _mm256_set1_epi8(probe.middles[b].cast_signed());
            _mm512_inserti64x4::<1>(_mm512_castsi256_si512(half(b)), half(b + 1))
        }),
        far: _mm512_set1_epi64(i64::from(probe.far[W - 1])),
    };
    match chosen {
        Chosen::First => {
            for (row, out) in out.iter_mut().enumerate() {
                *out = score(&held, std::array::from_fn(|w| &rows.words[w][row]), &rows.directions[row]);
            }
        }
        Chosen::Listed(at) => {
            for (i, out) in out.iter_mut().enumerate() {
                if let Some(&next) = at.get(i + AHEAD) {
                    fetch::<W>(rows, next as usize);
                }
                let row = at[i] as usize;
                *out = score(&held, std::array::from_fn(|w| &rows.words[w][row]), &rows.directions[row]);
            }
        }
    }
}

/// Asks memory for a row that exists.
#[inline]
#[target_feature(enable = "avx512f")]
fn fetch<const W: usize>(rows: Rows<'_>, row: usize) {
    for words in &rows.words[..W] {
        for words in words[row].as_chunks::<8>().0 {
            _mm_prefetch::<_MM_HINT_T0>(words.as_ptr().cast());
        }
    }
    _mm_prefetch::<_MM_HINT_T0>(rows.directions[row].as_ptr().cast());
}

/// The first slot of each block's window.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
fn starts(middles: &[__m512i; 2], directions: &Directions) -> [usize; BLOCKS] {
    // SAFETY: a row's directions are 32 bytes, what an unaligned load reads.
    let directions = unsafe { _mm256_loadu_si256(directions.as_ptr().cast()) };
    let twice = _mm512_broadcast_i64x4(directions);
    let below = middles.map(|middles| _mm512_cmplt_epu8_mask(twice, middles));
    let start = |below: u64| (below as u32).count_ones() as usize + ROW - WINDOW / 2;
    [below[0], below[0] >> 32, below[1], below[1] >> 32].map(|below| start(below) % ROW)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq,popcnt")]
fn score<const W: usize>(held: &Held<W>, words: [&Words; W], directions: &Directions) -> u32 {
    let around = words.map(|words| around(words));
    let starts = starts(&held.middles, directions);
    let mut squares = _mm512_setzero_si512();
    for b in 0..BLOCKS {
        let windows: [&[u64; WINDOW]; W] = std::array::from_fn(|w| window(&around[w], starts[b]));
        let mut least = _mm512_set1_epi8(-1);
        for s in 0..WINDOW {
            let mut distance = _mm512_setzero_si512();
            for w in 0..W {
                let word = _mm512_set1_epi64(windows[w][s].cast_signed());
                let ones = _mm512_popcnt_epi64(_mm512_xor_si512(held.words[w][b], word));
                distance = if w == 0 { ones } else { _mm512_add_epi64(distance, ones) };
            }
            // At most 128, so the lowest byte has it all.
            least = _mm512_min_epu8(least, distance);
        }
        let near = _mm512_subs_epu8(held.far, least);
        squares = _mm512_dpwssd_epi32(squares, near, near);
    }
    _mm512_reduce_add_epi32(squares).cast_unsigned()
}

/// Copies a plane.
#[inline]
#[target_feature(enable = "avx512f")]
fn around(words: &Words) -> Around {
    let mut around = Around([0; ROW + WINDOW]);
    let (from, _) = words.as_chunks::<8>();
    let (to, _) = around.0.as_chunks_mut::<8>();
    for (i, to) in to.iter_mut().enumerate() {
        // SAFETY: both are eight u64, the 64 bytes that an unaligned load reads and a store writes.
        unsafe {
            let words = _mm512_loadu_si512(from[i % from.len()].as_ptr().cast());
            _mm512_storeu_si512(to.as_mut_ptr().cast(), words);
        }
    }
    around
}

/// The window that starts at a slot.
#[inline]
fn window(around: &Around, start: usize) -> &[u64; WINDOW] {
    // SAFETY: a start is below 32, so the 16 words from it on are among the 48.
    unsafe { &*around.0.as_ptr().add(start).cast() }
}

/// Two of the probe's slots at a time meet the whole row. In a vector of bytes, byte `b` of lane `l` is of
/// the row's slot `8 (b % 4) + l`, and of the first of the two slots up to byte 3, else of the second.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")]
fn nearest(probe: &SlotProbe, words: [&Words; 2], directions: &Directions, out: &mut [u16; ROW]) {
    let row = words.map(|words| {
        let (blocks, _) = words.as_chunks::<BLOCK>();
        // SAFETY: a block is eight u64, the 64 bytes that an unaligned load reads.
        std::array::from_fn::<_, BLOCKS, _>(|b| unsafe { _mm512_loadu_si512(blocks[b].as_ptr().cast()) })
    });
    let (eights, _) = directions.as_chunks::<BLOCK>();
    // SAFETY: eight directions are the 8 bytes that the load reads.
    let eight = |b: usize| unsafe { _mm_loadl_epi64(eights[b].as_ptr().cast()) };
    let directions = bytes(std::array::from_fn(|b| _mm512_cvtepu8_epi64(eight(b % BLOCKS))));
    let gate = _mm512_set1_epi8(probe.gate.cast_signed());
    let none = _mm512_set1_epi8(-1);
    // Keys of even lanes, and of odd ones.
    let mut keys = [none; 2];
    for own in (0..ROW).step_by(2) {
        let distance = |b: usize| {
            let ones = |w: usize| {
                let word = _mm512_set1_epi64(probe.words[w][own + b / BLOCKS].cast_signed());
                _mm512_popcnt_epi64(_mm512_xor_si512(row[w][b % BLOCKS], word))
            };
            _mm512_add_epi64(ones(0), ones(1))
        };
        let distances = bytes(std::array::from_fn(distance));
        let [first, second] = [own, own + 1].map(|own| u32::from_le_bytes([probe.directions[own]; 4]));
        let turn = _mm512_sub_epi8(directions, pair(first, second));
        // A turn of -128 stays 128 as an unsigned byte.
        let is_near = _mm512_cmple_epu8_mask(_mm512_abs_epi8(turn), gate);
        let distances = _mm512_mask_mov_epi8(none, is_near, distances);
        let [first, second] = [own, own + 1].map(|own| u32::from_le_bytes([own as u8; 4]));
        let slots = pair(first, second);
        keys[0] = _mm512_min_epu16(keys[0], _mm512_unpacklo_epi8(slots, distances));
        keys[1] = _mm512_min_epu16(keys[1], _mm512_unpackhi_epi8(slots, distances));
    }
    let keys = keys.map(|keys| _mm512_min_epu16(keys, _mm512_shuffle_epi32::<0b01_00_11_10>(keys)));
    // Four numbers of 32 bits in a quarter, each of neighbours in lanes; then in the row's order.
    let neighbours = _mm512_unpacklo_epi16(keys[0], keys[1]);
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let keys = _mm512_permutexvar_epi32(order, neighbours);
    // A key of no distance still names a slot.
    let is_some = _mm512_cmplt_epu16_mask(keys, _mm512_set1_epi16(0xff00_u16.cast_signed()));
    let keys = _mm512_mask_mov_epi16(none, is_some, keys);
    // SAFETY: `out` is 32 u16, the 64 bytes that an unaligned store writes.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), keys) }
}

/// Byte `b` of each lane of the result is the lowest of that lane of vector `b`; the rest of the vectors
/// is zero.
#[inline]
#[target_feature(enable = "avx512f")]
fn bytes(of: [__m512i; 8]) -> __m512i {
    let [a, b, c, d, e, f, g, h] = of;
    let or3 = |a, b, c| _mm512_ternarylogic_epi64::<0xfe>(a, b, c);
    let abc = or3(a, _mm512_slli_epi64::<8>(b), _mm512_slli_epi64::<16>(c));
    let def = or3(_mm512_slli_epi64::<24>(d), _mm512_slli_epi64::<32>(e), _mm512_slli_epi64::<40>(f));
    let gh = _mm512_or_si512(_mm512_slli_epi64::<48>(g), _mm512_slli_epi64::<56>(h));
    or3(abc, def, gh)
}

/// Two numbers in every lane.
#[inline]
#[target_feature(enable = "avx512f")]
fn pair(first: u32, second: u32) -> __m512i {
    _mm512_set1_epi64((u64::from(second) << 32 | u64::from(first)).cast_signed())
}
