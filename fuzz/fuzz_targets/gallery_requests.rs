//! The requests that a gallery remembers, with a checksum that fits.
#![no_main]

use biomatch_fuzz::gallery::{Kind, run_kind};

libfuzzer_sys::fuzz_target!(|input: &[u8]| run_kind(Kind::Requests, input));
