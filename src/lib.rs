//! **biomatch** matches fingerprints and faces against a citizen database.
//!
//! Record bytes become typed templates, templates become fixed-layout features, features live in
//! memory-mapped immutable segments, a search streams them through SIMD kernels, scores are
//! calibrated to error rates, and a decision is made against one citizen or against all of them.
//! `ARCHITECTURE.md` holds the code map and the invariants; each module below names its one job.

#[cfg(target_endian = "big")]
compile_error!("the on-disk format is little-endian and mapped without conversion");

pub mod citizen;
pub mod escape;
pub mod input;
pub mod units;

#[cfg(feature = "training")]
mod algebra;
pub mod kernels;
pub mod template;

pub mod face;
pub mod fingerprint;
pub mod storage;

pub mod ingest;

pub mod gallery;

pub mod search;

pub mod calibration;

pub mod database;

pub mod evaluation;

/// The README's example, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
