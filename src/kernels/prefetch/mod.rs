//! Asks memory for bytes ahead of their turn: a hint, which changes no result.

#[cfg(target_arch = "x86_64")]
mod avx2;

use super::Level;

/// Bytes of a cache line.
const LINE: usize = 64;

/// Asks for every line of a slice; nothing at the scalar level.
#[inline]
pub(super) fn prefetch(level: Level, bytes: &[u8]) {
    match level {
        Level::Scalar => {}
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::AvxVnni | Level::Avx512 => avx2::prefetch(bytes),
        #[cfg(not(target_arch = "x86_64"))]
        Level::Avx2 | Level::AvxVnni | Level::Avx512 => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::kernels::Kernels;

    #[test]
    fn any_slice_may_be_asked_for() {
        let bytes = vec![7_u8; 9_000];
        for kernels in Kernels::all() {
            for length in [0, 1, 63, 64, 65, 256, 8_900] {
                for start in [0, 1, 63] {
                    kernels.prefetch(&bytes[start..start + length]);
                }
            }
            kernels.prefetch::<[u64; 8]>(&[]);
        }
        assert!(bytes.iter().all(|byte| *byte == 7));
    }
}
