//! LEADER, whose file is no part of the project: the folder that `BIOMATCH_MODELS` names has it.
#![cfg(feature = "networks")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::f64::consts::TAU;
use std::fs;

use biomatch::extraction::MinutiaeExtractor;
use biomatch::extraction::models::{KnownModel, ModelFolder, ModelState};
use biomatch::picture::FingerprintPicture;
use biomatch::template::{Minutia, MinutiaKind};
use biomatch::units::Resolution;

fn folder() -> ModelFolder {
    ModelFolder::new(std::env::var_os("BIOMATCH_MODELS").expect("BIOMATCH_MODELS names the folder of models"))
}

/// Waves of nine pixels; at each of these pixels one begins (1) or ends (-1).
const DISLOCATIONS: [(f64, f64, f64); 5] =
    [(60.0, 70.0, 1.0), (140.0, 60.0, -1.0), (100.0, 120.0, 1.0), (50.0, 180.0, -1.0), (150.0, 190.0, 1.0)];

fn waves() -> FingerprintPicture {
    let (width, height) = (200, 240);
    let pixel = |i: u32| {
        let (x, y) = (f64::from(i % width), f64::from(i / width));
        let turns = |&(a, b, sign): &(f64, f64, f64)| sign * (y - (b + 0.5)).atan2(x - (a + 0.5));
        let phase = TAU * (x * 0.95 + y * 0.3) / 9.0 + DISLOCATIONS.iter().map(turns).sum::<f64>();
        (128.0 + 90.0 * phase.cos()).round() as u8
    };
    let pixels = (0..width * height).map(pixel).collect();
    FingerprintPicture::grey(width, height, pixels, Resolution::DPI_500).unwrap()
}

/// Column, row, kind, 256ths of a turn, quality.
type Known = (u32, u32, MinutiaKind, i32, i32);

/// What onnxruntime 1.32 finds in the waves with the same file.
const KNOWN: [Known; 5] = [
    (51, 180, MinutiaKind::Bifurcation, 182, 97),
    (151, 192, MinutiaKind::Bifurcation, 54, 97),
    (61, 71, MinutiaKind::Ending, 53, 97),
    (142, 60, MinutiaKind::Ending, 182, 97),
    (101, 122, MinutiaKind::Bifurcation, 54, 96),
];

fn known(minutia: &Minutia) -> Known {
    let pixel = |length: biomatch::units::Length| length.to_pixels(Resolution::DPI_500);
    let quality = i32::from(minutia.quality().unwrap().get());
    let angle = i32::from(minutia.angle.to_binary() >> 8);
    (pixel(minutia.x), pixel(minutia.y), minutia.kind(), angle, quality)
}

#[test]
#[ignore = "needs BIOMATCH_MODELS"]
fn leader_finds_what_onnxruntime_finds() {
    let extractor = folder().minutiae_extractor("leader").unwrap();
    assert_eq!(extractor.name(), "leader:7124fef2");
    let found: Vec<Known> = waves().template(&extractor).unwrap().minutiae.iter().map(known).collect();
    assert_eq!(found.len(), KNOWN.len(), "{found:?}");
    for (x, y, kind, angle, quality) in KNOWN {
        let same = found.iter().find(|found| (found.0, found.1, found.2) == (x, y, kind));
        let same = same.unwrap_or_else(|| panic!("no {kind:?} at {x}, {y}: {found:?}"));
        assert!((same.3 - angle).abs() <= 1 && (same.4 - quality).abs() <= 1, "{same:?}");
    }
    let empty = FingerprintPicture::grey(100, 90, vec![200; 9000], Resolution::DPI_500).unwrap();
    assert_eq!(empty.template(&extractor).unwrap().minutiae.len(), 0);
}

#[test]
#[ignore = "needs BIOMATCH_MODELS"]
fn leader_is_shared_by_threads_and_gives_each_the_same() {
    let extractor = folder().minutiae_extractor("leader").unwrap();
    let alone = waves().template(&extractor).unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| waves().template(&extractor).unwrap())).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), alone);
        }
    });
}

#[test]
#[ignore = "needs BIOMATCH_MODELS"]
fn leader_is_added_from_its_file_and_a_flipped_bit_is_found() {
    let ours = tempfile::tempdir().unwrap();
    let (models, leader) = (ModelFolder::new(ours.path()), KnownModel::named("leader").unwrap());
    for _ in 0..2 {
        assert_eq!(models.add(folder().file(leader)).unwrap(), [leader]);
    }
    assert_eq!(models.state(leader).unwrap(), ModelState::Sound);
    let file = models.file(leader);
    assert!(fs::metadata(&file).unwrap().permissions().readonly());
    assert_eq!(fs::read_dir(models.path()).unwrap().count(), 1, "nothing is left beside it");
    let mut bytes = fs::read(&file).unwrap();
    bytes[2_000_000] ^= 1;
    fs::remove_file(&file).unwrap();
    fs::write(&file, &bytes).unwrap();
    assert_eq!(models.state(leader).unwrap(), ModelState::Damaged);
    assert!(MinutiaeExtractor::open(&file).is_err());
    models.add(folder().file(leader)).unwrap();
    assert_eq!(models.state(leader).unwrap(), ModelState::Sound);
}
