//! Manifests: lines, files, views and messages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

mod files;
mod lines;
mod messages;
mod views;
