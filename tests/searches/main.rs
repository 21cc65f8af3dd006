//! Searches against plain oracles: exhaustive, by the cascade, by the codes of faces.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

#[path = "../search_support/mod.rs"]
mod search_support;

mod cascade;
mod exhaustive;
mod face_codes;
