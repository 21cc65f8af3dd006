//! Compiled for AVX-512.
#![allow(unsafe_code)] // the call into code that the processor must be able to run

use super::Work;

pub(super) fn run<W: Work>(work: W) -> W::Output {
    // SAFETY: only called for a level that the dispatch table found available.
    unsafe { inside(work) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq,popcnt")]
fn inside<W: Work>(work: W) -> W::Output {
    work.run()
}
