//! The fast steps beside the plain ones.

use std::path::{Path, PathBuf};
use std::{env, fs};

use biomatch_datasets::{Capture, Finger};
use proptest::prelude::*;

use super::edge::Edge;
use super::finger::finger;
use super::hull::{corners, is_within};
use super::{compare, score};
use crate::fingerprint::features::geometry::Geometry;
use crate::fingerprint::features::neighbours::valid_cells;
use crate::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use crate::kernels::Kernels;
use crate::template::{FingerprintRecord, Minutia, Reading};
use crate::units::{Angle, Length, Quality, Resolution, Score};

/// Compares two fingers by every level and by the plain steps; whether rounding decided nothing, so that their
/// outcomes were compared.
fn agree(a: &[Minutia], b: &[Minutia]) -> bool {
    let (fa, fb) = (FingerFeatures::new(a), FingerFeatures::new(b));
    let mut seen = false;
    for kernels in Kernels::all() {
        let mut scratch = Scratch::default();
        let probe = FingerProbe::with_kernels(fa.view(), kernels);
        let terms = probe.terms(fb.view(), Score::LOWEST, &mut scratch);
        if !terms.is_comparable() {
            return true;
        }
        let (first, second) = if terms.is_swapped { (&fb, &fa) } else { (&fa, &fb) };
        let (pairs, relaxation) = scratch.listed();
        let plain = compare(first.view().minutiae, second.view().minutiae, pairs, relaxation);
        if plain.is_edge {
            continue;
        }
        seen = true;
        let level = kernels.level();
        let matched = scratch.matched();
        let indices: Vec<_> = matched.iter().map(|(i, j, _)| (*i, *j)).collect();
        let expected: Vec<_> = plain.matched.iter().map(|(i, j, _)| (*i, *j)).collect();
        assert_eq!(indices, expected, "{level}: the matching");
        for ((_, _, found), (i, j, expected)) in matched.iter().zip(&plain.matched) {
            assert!(
                (f64::from(*found) - expected).abs() < 5e-3,
                "{level}: part of {i}, {j}: {found} {expected}"
            );
        }
        assert!(
            (f64::from(terms.share) - plain.share).abs() < 2e-3,
            "{level}: {} {}",
            terms.share,
            plain.share
        );
        let expected = score(f64::from(terms.relaxed), plain.share);
        assert!((f64::from(terms.score().get()) - expected).abs() < 0.05, "{level}: {expected}");
    }
    seen
}

fn drawn(finger: u64, capture: &Capture, number: u64) -> Vec<Minutia> {
    let impression = Finger::new(2027, [finger, 2], 2).impression(capture, number);
    let length = |pixels| Length::from_pixels(pixels, Resolution::DPI_500).unwrap_or_default();
    let minutia = |m: &biomatch_datasets::Minutia| {
        let quality = Quality::new(m.quality);
        Minutia::new(length(m.x), length(m.y), Angle::from_binary(m.angle), Default::default(), quality)
    };
    impression.minutiae.iter().map(minutia).collect()
}

#[test]
fn generated_mates_and_non_mates_agree() {
    let impressions: Vec<[Vec<Minutia>; 2]> = (0..14)
        .map(|finger| [drawn(finger, &Capture::ENROLMENT, 0), drawn(finger, &Capture::FIELD, 1)])
        .collect();
    let (mut compared, mut all) = ([0, 0], [0, 0]);
    for (i, [a, _]) in impressions.iter().enumerate() {
        for (j, [_, b]) in impressions.iter().enumerate() {
            let kind = usize::from(i != j);
            all[kind] += 1;
            compared[kind] += usize::from(agree(a, b));
        }
    }
    println!("{compared:?} of {all:?} mates and strangers");
    // Rounding decides somewhere among the hundreds of choices of some comparisons, not of most.
    assert!(2 * compared[0] > all[0] && 2 * compared[1] > all[1], "{compared:?} of {all:?}");
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn development_templates_agree() {
    let data = env::var_os("BIOMATCH_DATA").expect("BIOMATCH_DATA names the development data");
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries
    };
    let (mut compared, mut all) = (0, 0);
    for extractor in entries(&Path::new(&data).join("fingers")) {
        for database in entries(&extractor).into_iter().filter(|path| path.is_dir()) {
            let files = entries(&database).into_iter().step_by(9);
            let impressions: Vec<Vec<Minutia>> = files
                .filter_map(|file| FingerprintRecord::read(&fs::read(file).ok()?, Reading::Lenient).ok())
                .filter_map(|mut record| Some(record.views.pop()?.minutiae))
                .collect();
            for pair in impressions.windows(2) {
                all += 1;
                compared += usize::from(agree(&pair[0], &pair[1]));
            }
        }
    }
    println!("{compared} of {all}");
    assert!(all > 0 && 2 * compared > all, "{compared} of {all}");
}

/// Minutiae anywhere, or crowded into a corner so that everything is near everything.
fn any_finger() -> impl Strategy<Value = Vec<Minutia>> {
    let minutia = |extent: u16| {
        (0..extent, 0..extent, any::<u16>(), prop::option::of(0_u8..=100)).prop_map(
            |(x, y, angle, quality)| {
                let (x, y) = (Length::from_steps(x), Length::from_steps(y));
                let quality = quality.and_then(Quality::new);
                Minutia::new(x, y, Angle::from_binary(angle), Default::default(), quality)
            },
        )
    };
    (0..3_usize).prop_flat_map(move |kind| prop::collection::vec(minutia([300, 3000, u16::MAX][kind]), 0..50))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_templates_agree(a in any_finger(), b in any_finger()) {
        agree(&a, &b);
    }

    /// A finger beside itself, shaken, with minutiae lost: much is matched, and costs compete.
    #[test]
    fn shaken_templates_agree(
        a in any_finger(),
        shakes in prop::collection::vec((-60_i16..60, -60_i16..60, -4000_i16..4000, 0_u8..6), 50),
    ) {
        let shaken = a.iter().zip(&shakes).filter(|(_, shake)| shake.3 > 0).map(|(m, (dx, dy, turn, _))| {
            let moved = |at: Length, by: i16| Length::from_steps(at.steps().saturating_add_signed(by));
            let angle = Angle::from_binary(m.angle.to_binary().wrapping_add_signed(*turn));
            Minutia::new(moved(m.x, *dx), moved(m.y, *dy), angle, m.kind(), m.quality())
        });
        let shaken: Vec<Minutia> = shaken.collect();
        agree(&a, &shaken);
    }

    /// The cells of a base that count: in the disc, and in the hull or within 50 pixels of it.
    #[test]
    fn valid_cells_agree(a in any_finger()) {
        let features = FingerFeatures::new(&a);
        let minutiae = features.view().minutiae;
        let mut geometry = Geometry::default();
        geometry.fill(minutiae);
        let fingers = finger(minutiae);
        let mut edge = Edge::default();
        let hull: Vec<_> = corners(minutiae, &mut edge).into_iter().map(|corner| fingers[corner].at).collect();
        // With a corner too many or too few, what lies outside a side is another thing.
        prop_assume!(!edge.0);
        for centre in (0..minutiae.len()).step_by(3) {
            let found = valid_cells(&geometry, centre);
            let (sin, cos) = fingers[centre].direction.sin_cos();
            for cell in 0..64 {
                let [u, v] = [cell % 8, cell / 8].map(|index| 17.5 * (f64::from(index) - 3.5));
                let [x, y] = fingers[centre].at;
                let place = [x + u * cos - v * sin, y + u * sin + v * cos];
                let mut edge = Edge::default();
                let expected = u.hypot(v) <= 70.0 && is_within(&hull, place, 50.0, &mut edge);
                let found = found >> cell & 1 == 1;
                prop_assert!(edge.0 || found == expected, "cell {} of {}", cell, centre);
            }
        }
    }
}
