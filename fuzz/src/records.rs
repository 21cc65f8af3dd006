//! Fingerprint records: what is read is written again in every dialect and made into features.

use biomatch::fingerprint::FingerFeatures;
use biomatch::template::{Dialect, FingerprintRecord, Frame, Reading, RecordError};
use biomatch::units::Resolution;

const WRITTEN: [Dialect; 3] = [Dialect::Iso2005, Dialect::Iso2011, Dialect::Ansi2004];

/// A picture for formats that state none.
pub fn frame() -> Frame {
    Frame::new(300, 400, Resolution::DPI_500)
}

/// Reads in all ways and checks what holds for every reader and every writer.
pub fn exercise(read: impl Fn(Reading) -> Result<FingerprintRecord, RecordError>) {
    let (exact, strict, lenient) = (read(Reading::Exact), read(Reading::Strict), read(Reading::Lenient));
    if let Ok(exact) = &exact {
        assert!(exact.warnings.is_empty(), "an exact reading has no warnings");
        assert_eq!(Ok(exact), strict.as_ref(), "a strict reading takes what an exact one does");
    }
    if let Ok(strict) = &strict {
        let lenient = lenient.as_ref().expect("a lenient reading takes what a strict one does");
        assert!(!lenient.warnings.is_empty() || lenient == strict, "without flaws all read the same");
    }
    // Most often both are the same record; using it once is enough.
    let different = strict.ok().filter(|strict| lenient.as_ref() != Ok(strict));
    for record in lenient.into_iter().chain(different) {
        use_record(&record);
    }
}

fn use_record(record: &FingerprintRecord) {
    for view in &record.views {
        let features = FingerFeatures::new(&view.minutiae);
        assert!(features.view().minutiae.len() <= view.minutiae.len());
        let _ = view.capture.time.map(|time| time.timestamp());
    }
    let _ = format!("{record:?} {}", record.warnings.iter().map(ToString::to_string).collect::<String>());
    for dialect in WRITTEN {
        let mut record = record.clone();
        record.conform(dialect);
        let Ok(bytes) = record.write(dialect) else { continue };
        let again = FingerprintRecord::read(&bytes, Reading::Strict)
            .expect("what is written has no flaw that counts");
        assert_eq!(again.dialect, dialect);
        assert_eq!(again.views.len(), record.views.len());
        for (a, b) in record.views.iter().zip(&again.views) {
            assert_eq!((a.position, a.view, a.quality), (b.position, b.view, b.quality));
            assert_eq!(a.minutiae.len(), b.minutiae.len());
        }
        // The second time around nothing changes.
        assert_eq!(again.write(dialect).as_ref(), Ok(&bytes));
    }
}

/// The input with a right beginning, so that the fuzzer works on what lies behind it: identifier
/// and version as given, and, unless the input's first byte is odd, a right length.
pub fn with_preamble(input: &[u8], version: &[u8; 4], length_at: usize, length_bytes: usize) -> Vec<u8> {
    let mut bytes = input.to_vec();
    let keep_length = input.first().is_some_and(|first| first % 2 == 1);
    bytes.resize(bytes.len().max(length_at + length_bytes), 0);
    bytes[..4].copy_from_slice(b"FMR\0");
    bytes[4..8].copy_from_slice(version);
    if !keep_length {
        let length = (bytes.len() as u64).to_be_bytes();
        bytes[length_at..length_at + length_bytes].copy_from_slice(&length[8 - length_bytes..]);
    }
    bytes
}
