//! Whatever bytes are read, no reader panics, severer readings read less, and what is read can be used.

use crate::records_common::*;
use biomatch::fingerprint::FingerFeatures;
use biomatch::template::{Dialect, FingerprintRecord, Reading, XytConvention};
use proptest::collection::vec;
use proptest::prelude::*;

const WRITTEN: [Dialect; 3] = [Dialect::Iso2005, Dialect::Iso2011, Dialect::Ansi2004];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..600)) {
        use_whatever_is_read(&bytes);
    }

    #[test]
    fn any_bytes_after_a_right_beginning_are_read_without_panic(
        version in proptest::sample::select(vec![*b" 20\0", *b"020\0", *b"030\0", *b"035\0"]),
        length in proptest::option::of(prop_oneof![Just([0_u8, 0]), Just([1, 0])]),
        rest in vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..400),
    ) {
        let mut bytes = [&b"FMR\0"[..], &version, &rest].concat();
        if let (Some(high), Some(field)) = (length, bytes.get_mut(8..10)) {
            field.copy_from_slice(&high);
        }
        use_whatever_is_read(&bytes);
    }

    #[test]
    fn damaged_records_are_read_without_panic(
        which in 0..7_usize,
        changes in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let (_, _, mut bytes) = all().swap_remove(which);
        for (at, new) in changes {
            let at = at.index(bytes.len());
            bytes[at] = new;
        }
        use_whatever_is_read(&bytes);
    }
}

/// Reads bytes every way there is, and puts what comes out to use.
fn use_whatever_is_read(bytes: &[u8]) {
    let exact = FingerprintRecord::read(bytes, Reading::Exact);
    let strict = FingerprintRecord::read(bytes, Reading::Strict);
    let lenient = FingerprintRecord::read(bytes, Reading::Lenient);
    if let (Ok(strict), Ok(lenient)) = (&strict, &lenient)
        && lenient.warnings.is_empty()
    {
        assert_eq!(strict, lenient, "a record without flaws reads the same both ways");
    }
    if exact.is_ok() {
        assert_eq!(exact, strict, "strict reads what exact reads");
    }
    if strict.is_ok() {
        assert!(lenient.is_ok(), "lenient reads what strict reads");
    }
    let frame = frame(300, 400);
    let others = [Reading::Strict, Reading::Lenient].into_iter().flat_map(|reading| {
        [
            FingerprintRecord::read_card_normal(bytes, reading),
            FingerprintRecord::read_card_compact(bytes, reading),
            FingerprintRecord::read_xyt(bytes, XytConvention::Nist, frame, reading),
            FingerprintRecord::read_csv(bytes, frame, reading),
        ]
    });
    for record in [strict, lenient].into_iter().chain(others).flatten() {
        for view in &record.views {
            FingerFeatures::new(&view.minutiae);
        }
        for dialect in WRITTEN {
            let mut record = record.clone();
            record.conform(dialect);
            if let Ok(bytes) = record.write(dialect) {
                // Whatever is written has no flaw, be the source as damaged as it may.
                let again = FingerprintRecord::read(&bytes, Reading::Strict).unwrap();
                assert_eq!(again.views.len(), record.views.len());
                for (a, b) in record.views.iter().zip(&again.views) {
                    assert_eq!(a.minutiae.len(), b.minutiae.len());
                }
            }
        }
    }
}
