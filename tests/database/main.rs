//! The citizen database: claims, searches, changes, and the records of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

#[path = "../database_support/mod.rs"]
mod database_support;

mod changes;
mod claims_without_positions;
mod damaged_references;
mod decision_records;
mod decisions;
mod decisions_audited;
mod excepted;
mod fused;
mod identifications;
mod processes;
