//! The program: what each command prints, writes and refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

#[path = "../audit_support/mod.rs"]
mod audit_support;
#[path = "../data_support/mod.rs"]
mod data_support;
#[path = "../gallery_support/mod.rs"]
mod gallery_support;
#[path = "../program_support/mod.rs"]
mod program_support;

mod attempts;
mod audit;
mod backup;
mod borders;
mod citizens;
mod duplicates;
mod evaluate;
mod exit_codes;
mod explain;
mod extract;
mod help;
mod inputs;
mod inspect;
mod limits;
mod messages;
mod models;
mod normaliser;
mod portraits;
mod real_scores;
mod requests;
mod score;
mod skip_enrolled;
mod text;
