//! Likelihood ratios and their fusion, on simulated people whose distributions are known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bounds;
mod ratios;
mod simulated;
