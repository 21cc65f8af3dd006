//! **biomatch** matches fingerprints and faces against a citizen database.
//!
//! Record bytes become typed templates, templates become fixed-layout features, features live in
//! memory-mapped immutable segments, a search streams them through SIMD kernels, scores are
//! calibrated to error rates, and a decision is made against one citizen or against all of them.
//! `ARCHITECTURE.md` holds the code map and the invariants; each module below names its one job.
//!
//! # For embedding services
//!
//! A limit on the size of files (`ulimit -f`, `LimitFSIZE` of systemd) sends `SIGXFSZ` to a process that writes
//! beyond it, and that ends the process. A library does not change what signals do. A service that may run
//! under such a limit must ignore or handle `SIGXFSZ`: the write then fails and the call returns an I/O error.
//! The `biomatch` program does so with `signal_hook::flag::register`.

#[cfg(target_endian = "big")]
compile_error!("the on-disk format is little-endian and mapped without conversion");

#[cfg(not(unix))]
compile_error!("a gallery needs a POSIX file system: durable directory entries, locks, atomic renames");

pub mod citizen;
pub mod escape;
pub mod input;
pub mod subject;
pub mod text;
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
