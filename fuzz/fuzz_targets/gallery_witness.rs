//! The witness of a gallery, with checksums that fit or not.
#![no_main]

use biomatch_fuzz::gallery::{Kind, run_kind};

libfuzzer_sys::fuzz_target!(|input: &[u8]| run_kind(Kind::Witness, input));
