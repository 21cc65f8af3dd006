//! Records of fingers: every dialect, wrapper and fault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

#[path = "../data_support/mod.rs"]
mod data_support;
#[path = "../records_common/mod.rs"]
mod records_common;

mod ansi_nist;
mod any_bytes;
mod cards_and_text;
mod foreign;
mod grades;
mod known_answers;
mod layout;
mod malformed;
mod resolution;
mod round_trip;
mod seeds;
mod sourceafis;
mod wrapped;
