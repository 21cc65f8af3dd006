//! Plain code compiled for each level, in vectors of the width that is faster there.
//!
//! Rust neither joins a product and a sum nor reorders sums, so every level returns the same bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use super::Level;

/// Work for [`super::Kernels::run`].
pub trait Work {
    /// What it returns.
    type Output;

    /// Whether AVX-512 runs it in vectors of 256 bits, as AVX2 does: for work that a measurement found slower in
    /// 512. For loops that are not plain streams the compiler takes gathers and scatters with AVX-512, which cost
    /// several times as much as the loads and shuffles that it takes with AVX2.
    const IS_NARROW: bool = false;

    /// Does it. To be `#[inline(always)]`, with what it calls: only code inlined into the level's
    /// function is compiled for the level. Other code is as right, and as slow as elsewhere.
    fn run(self) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
pub(super) fn run<W: Work>(level: Level, work: W) -> W::Output {
    match level {
        Level::Scalar => work.run(),
        Level::Avx512 if !W::IS_NARROW => avx512::run(work),
        Level::Avx2 | Level::AvxVnni | Level::Avx512 => avx2::run(work),
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn run<W: Work>(_: Level, work: W) -> W::Output {
    work.run()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Kernels;

    /// A sum of products, in lanes.
    struct Sum<'a>(&'a [f32]);

    impl Work for Sum<'_> {
        type Output = [u32; 8];

        #[inline(always)]
        fn run(self) -> [u32; 8] {
            let mut sums = [0.1_f32; 8];
            for chunk in self.0.as_chunks::<8>().0 {
                for (sum, value) in sums.iter_mut().zip(chunk) {
                    *sum += value * value / (1.0 + value.sqrt());
                }
            }
            sums.map(f32::to_bits)
        }
    }

    #[test]
    fn every_level_returns_the_same_bits() {
        let values: Vec<f32> = (0..4096_u16).map(|i| f32::from(i.wrapping_mul(40_503)) / 777.0).collect();
        for kernels in Kernels::all() {
            assert_eq!(kernels.run(Sum(&values)), Sum(&values).run(), "{kernels:?}");
        }
    }
}
