//! AVX2 with AVX-VNNI: two registers of 256 bits, products of bytes in one instruction that does not saturate.
#![allow(unsafe_code)] // an intrinsic, and the call into code that the processor must be able to run

use std::arch::x86_64::_mm256_dpbusd_avx_epi32;

use super::{At, AtBytes, ByteProducts, ByteWork, Group, Line, Products, VectorWork, vnni};
use crate::kernels::lanes::avx2::{Avx2, Integers};

/// The level.
pub(in crate::kernels) struct AtAvxVnni;

impl At for AtAvxVnni {
    fn run<W: VectorWork>(work: W) -> W::Output {
        // SAFETY: only tables of functions for a level that `dispatch` found available call this.
        unsafe { inside(work) }
    }
}

impl AtBytes for AtAvxVnni {
    fn run_bytes<W: ByteWork>(work: W) -> W::Output {
        // SAFETY: as above.
        unsafe { inside_bytes(work) }
    }
}

#[target_feature(enable = "avx2,popcnt,avxvnni")]
fn inside<W: VectorWork>(work: W) -> W::Output {
    work.run(Avx2::<true>(()))
}

#[target_feature(enable = "avx2,popcnt,avxvnni")]
fn inside_bytes<W: ByteWork>(work: W) -> W::Output {
    work.run(Avx2::<true>(()))
}

impl Products for Avx2<true> {
    #[inline(always)]
    fn nibble_sums(self, codes: &[[Group; 2]], lines: &[Line], ahead: usize) -> Integers {
        vnni::nibble_sums(self, codes, lines, ahead)
    }

    #[inline(always)]
    fn byte_sums(self, codes: &[[Group; 2]], high: &[Line], low: &[Line], ahead: usize) -> Integers {
        vnni::byte_sums(self, codes, high, low, ahead)
    }
}

impl ByteProducts for Avx2<true> {
    #[inline(always)]
    fn add_products(self, sums: Integers, bytes: Integers, codes: Integers) -> Integers {
        // SAFETY: a value of these types exists only where the processor has the level; the intrinsic
        // touches no memory.
        let half = |at: usize| unsafe { _mm256_dpbusd_avx_epi32(sums.0[at], bytes.0[at], codes.0[at]) };
        Integers([half(0), half(1)])
    }
}
