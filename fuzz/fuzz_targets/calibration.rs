//! Any text as a table of false match rates: refused, or a falling function that is written again as it is.
#![no_main]

use biomatch::calibration::Calibration;
use biomatch::units::{Fmr, Score};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(table) = Calibration::from_json(text) else { return };
    let written = table.to_json().expect("writes");
    assert_eq!(Calibration::from_json(&written).expect("reads"), table);
    let mut last = Fmr::ONE;
    for step in -40_i8..=40 {
        let score = Score::new(f32::from(step) / 2.0).expect("finite");
        let rate = table.fmr(score);
        assert!(rate <= last, "the rate rises at {score}");
        last = rate;
        if let Some(threshold) = table.threshold(rate) {
            assert!(threshold <= score && table.fmr(threshold) <= rate);
        }
    }
    assert!(table.floor() <= last);
});
