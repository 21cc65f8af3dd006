//! PNG, JPEG, BMP, TIFF and PNM.
#![no_main]

use biomatch_fuzz::pictures::{exercise, with_start};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    exercise(&with_start(input, &[
            b"\x89PNG\r\n\x1A\n",
            b"\xFF\xD8\xFF",
            b"II*\0",
            b"MM\0*",
            b"BM\0\0\0\0\0\0\0\0",
            b"P4\n",
            b"P5\n",
            b"P6\n",
            b"P7\n",
        ]));
});
