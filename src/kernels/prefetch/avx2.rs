//! Prefetch instructions, which are older than every level but the scalar one.
#![allow(unsafe_code)] // the call into the instruction

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

use super::LINE;

#[inline]
pub(super) fn prefetch(bytes: &[u8]) {
    // SAFETY: every x86-64 processor has SSE.
    unsafe { lines(bytes) }
}

#[inline]
#[target_feature(enable = "sse")]
fn lines(bytes: &[u8]) {
    for line in bytes.chunks(LINE) {
        _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
    }
    // A slice that begins within a line ends within one more.
    if let Some(last) = bytes.last() {
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(last).cast());
    }
}
