//! Batches of changes, appended to the log of a gallery.
#![no_main]

use biomatch_fuzz::gallery::{Kind, run_kind};

libfuzzer_sys::fuzz_target!(|input: &[u8]| run_kind(Kind::Batches, input));
