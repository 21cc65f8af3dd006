//! Plain reading of the bytes that a scan reads: what no scan of them can beat.

use std::hint::black_box;

use biomatch::kernels::{Kernels, Work};
use rayon::ThreadPool;

use crate::measure::best;

/// How far ahead a reader asks for bytes; the best is the roofline. 0: it leaves that to the processor.
const AHEAD: [usize; 6] = [0, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14];

/// The least seconds to read all bytes, each part by a thread.
pub fn read(parts: &[&[u8]], pool: &ThreadPool) -> f64 {
    let time = |ahead| best(|| pass(parts, pool, ahead));
    AHEAD.into_iter().map(time).fold(f64::INFINITY, f64::min)
}

/// Reads all bytes once, each part by a thread.
pub fn pass(parts: &[&[u8]], pool: &ThreadPool, ahead: usize) {
    let read = |bytes: &[u8]| black_box(Kernels::active().run(Read { bytes, ahead }));
    pool.install(|| halves(parts, pool.current_num_threads(), &read));
}

/// Reads each part, in halves by two threads if there are two.
fn halves(parts: &[&[u8]], threads: usize, read: &(impl Fn(&[u8]) -> u64 + Sync)) {
    for part in parts {
        if threads == 1 {
            read(part);
        } else {
            let (left, right) = part.split_at(part.len() / 2);
            rayon::join(|| read(left), || read(right));
        }
    }
}

struct Read<'a> {
    bytes: &'a [u8],
    ahead: usize,
}

impl Work for Read<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let mut sums = [0_u64; 32];
        for line in self.bytes.as_chunks::<256>().0 {
            if self.ahead > 0 {
                ask(line, self.ahead);
            }
            let words: &[[u8; 8]] = line.as_chunks().0;
            for (sum, word) in sums.iter_mut().zip(words) {
                *sum ^= u64::from_ne_bytes(*word);
            }
        }
        sums.iter().fold(0, |a, b| a ^ b)
    }
}

/// Asks for the four lines that are so far behind these.
#[inline(always)]
fn ask(lines: &[u8; 256], ahead: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..4 {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = lines.as_ptr().wrapping_add(ahead + 64 * line);
        // SAFETY: it is a hint; the processor ignores it for addresses that are not mapped.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
}
