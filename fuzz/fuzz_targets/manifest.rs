//! Any bytes as a manifest and as a probe list.
#![no_main]

use std::io::BufReader;

use biomatch::ingest::{enrolments, probes};
use biomatch::text;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // As many as the one rule for text has; text in another encoding is one error.
    let not_blank = text::lines(input)
        .map_or(1, |lines| lines.filter(|line| !line.bytes.trim_ascii().is_empty()).count());
    let lines: Vec<_> = enrolments(BufReader::with_capacity(7, input)).collect();
    assert_eq!(lines.len(), not_blank);
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
