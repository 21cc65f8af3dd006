//! Faces: files of embeddings, duplicates, real embeddings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

#[path = "../data_support/mod.rs"]
mod data_support;

mod duplicates;
mod files;
mod misread;
mod real;
