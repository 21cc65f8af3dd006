//! Slices in, numbers out; knows no biometrics.
//!
//! Every kernel is written three times: `scalar` is the definition, `avx2` and `avx512` return the
//! same bits. [`Kernels::active`] is chosen once a process; tests take each from [`Kernels::all`].

pub mod codes;
mod dispatch;
mod dot;
pub mod lanes;
pub mod masked;
mod prefetch;
pub mod slots;
#[cfg(target_arch = "x86_64")]
mod vector;
mod vectors;

pub use dispatch::{Kernels, Level};
pub use vectors::Work;
