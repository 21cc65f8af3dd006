//! Slices in, numbers out; knows no biometrics.
//!
//! Every kernel is written as `scalar`, which is the definition; every level returns the same bits. Kernels that
//! differ between levels only in the width of their vectors are written once more, over the vectors of `vector`; others for
//! each level. [`Kernels::active`] is chosen once a process; tests take each from [`Kernels::all`].

pub mod codes;
pub mod convolution;
mod dispatch;
mod dot;
mod error;
pub mod lanes;
mod level;
pub mod masked;
mod prefetch;
pub mod slots;
#[cfg(target_arch = "x86_64")]
mod vector;
mod vectors;

pub use dispatch::Kernels;
pub use error::KernelsError;
pub use level::Level;
pub use vectors::Work;
