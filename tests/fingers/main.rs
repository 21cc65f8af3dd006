//! Comparison of fingers, and their codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

#[path = "../data_support/mod.rs"]
mod data_support;
#[path = "../fingers_common/mod.rs"]
mod fingers_common;

mod codes;
mod damaged_views;
mod golden;
mod invariance;
mod real;
