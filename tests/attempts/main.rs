//! Limits of attempts: in a file, against a model, through crashes and damage, by several processes, and before claims.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

#[path = "../database_support/mod.rs"]
mod database_support;
mod support;

mod claims;
mod crash;
mod damage;
mod model;
mod processes;
