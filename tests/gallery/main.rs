//! Galleries: what is stored, found again, and left by crashes, damage and other processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

#[path = "../gallery_support/mod.rs"]
mod gallery_support;
#[path = "../segment_edit/mod.rs"]
mod segment_edit;

mod attacks;
mod backup;
mod codes;
mod crash;
mod crash_twice;
mod damage;
mod delete;
mod golden;
mod life;
mod model;
mod processes;
mod repair;
mod truncation;
mod upgrade;
