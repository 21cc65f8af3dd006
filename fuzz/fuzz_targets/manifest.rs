//! Any bytes as a manifest and as a probe list.
#![no_main]

use std::io::BufReader;

use biomatch::ingest::{enrolments, probes};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let not_blank = input.split(|&b| b == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
    let lines: Vec<_> = enrolments(BufReader::with_capacity(7, input)).collect();
    // A byte order mark alone on the first line is a blank line too.
    assert!(lines.len() == not_blank || lines.len() + 1 == not_blank && input.starts_with(b"\xEF\xBB\xBF"));
    let blocks = enrolments(input).next_block(usize::MAX);
    assert_eq!(format!("{lines:?}"), format!("{blocks:?}"), "blocks are the same lines");
    let mut last = 0;
    for line in lines {
        let number = match line {
            Ok(line) => {
                assert!(!line.fingers.is_empty() || line.face.is_some());
                line.line
            }
            Err(error) => {
                let _ = error.to_string();
                error.line
            }
        };
        assert!(number > last);
        last = number;
    }
    for line in probes(input).flatten() {
        assert!(!line.fingers.is_empty() || line.face.is_some());
    }
});
