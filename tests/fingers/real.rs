//! Real templates, in the folder of development data that `BIOMATCH_DATA` names.

use std::fs;

use crate::data_support::real_data;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::template::{FingerprintRecord, Reading};

/// The equal error rate of an extractor's templates of one database: all mated pairs, and each
/// impression against every impression of the same number of other fingers.
fn equal_error_rate(extractor: &str, database: &str) -> f64 {
    let folder = real_data().join("fingers").join(extractor).join(database);
    let features = |finger: usize, impression: usize| {
        let bytes = fs::read(folder.join(format!("{finger}_{impression}.iso"))).unwrap();
        let record = FingerprintRecord::read(&bytes, Reading::Strict).unwrap();
        FingerFeatures::new(&record.views[0].minutiae)
    };
    let fingers: Vec<Vec<FingerFeatures>> =
        (101..=110).map(|finger| (1..=8).map(|impression| features(finger, impression)).collect()).collect();
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    let mut scratch = Scratch::default();
    for (i, finger) in fingers.iter().enumerate() {
        for (k, features) in finger.iter().enumerate() {
            let probe = FingerProbe::new(features.view());
            genuine.extend(finger[k + 1..].iter().map(|mate| probe.compare(mate.view(), &mut scratch)));
            impostor
                .extend(fingers[i + 1..].iter().map(|other| probe.compare(other[k].view(), &mut scratch)));
        }
    }
    genuine.sort();
    impostor.sort();
    // The greater of the two rates, where it is least.
    let rates = genuine.iter().enumerate().map(|(missed, threshold)| {
        let fnmr = missed as f64 / genuine.len() as f64;
        let matched = impostor.len() - impostor.partition_point(|score| score < threshold);
        fnmr.max(matched as f64 / impostor.len() as f64)
    });
    rates.min_by(f64::total_cmp).unwrap()
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn errors_on_real_templates_stay_where_they_were() {
    // These templates never change: a rate moves only if the scores do, for the better or the worse.
    for (extractor, database, measured) in [
        ("secugen", "fvc2002_DB4_B", 0.0071),
        ("mindtct", "fvc2002_DB2_B", 0.0056),
        ("sourceafis", "fvc2004_DB3_B", 0.0278),
        ("leader", "fvc2002_DB1_B", 0.0),
    ] {
        let rate = equal_error_rate(extractor, database);
        println!("{extractor} {database}: {rate:.4}");
        assert!(
            (rate - measured).abs() <= 0.05 * measured,
            "{extractor} {database}: {rate:.4}; measured before: {measured}"
        );
    }
}
