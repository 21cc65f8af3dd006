//! Pictures from bytes: formats, records around them, hostile inputs; and, with the development data, real ones.
#![cfg(feature = "pictures")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)] // a test fails by panicking

#[path = "../data_support/mod.rs"]
mod data_support;
mod files;
mod formats;
mod hostile;
#[cfg(feature = "networks")]
mod portraits;
mod real;
mod record_builders;
mod records;
mod wrappers;
mod wsq;
mod wsq_encoder;
