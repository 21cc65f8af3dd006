//! A gallery whose files the fuzzer owns, with checksums made to fit, so that what is behind them is
//! reached. The frames and offsets here are written from `docs/gallery-format.md`, not from the engine.

mod bytes;
mod log;
mod reseal;
mod samples;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use biomatch::face::FaceProbe;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::gallery::{Gallery, GalleryError, RequestId, VerifyReport, verify_in};
use biomatch::search::{DuplicateSearch, Search, identify_faces};
use biomatch::storage::Memory;
use biomatch::template::FaceTemplate;
use biomatch::units::Score;

use bytes::{edit, u32_at, u64_at};
use log::{append_batches, append_sealed};
use reseal::{reseal_manifest, reseal_pinned, reseal_segment, reseal_witness};
use samples::{files, finger, minutiae, name, old_files, options, subject};

type Files = BTreeMap<String, Vec<u8>>;

/// What differs between the files of a gallery of version 3 and those of versions 1 and 2.
struct Form {
    current: u32,
    tombstones: &'static str,
    /// Offsets in the manifest: of the length and the digest of the tombstone file, of the segments.
    tombstones_at: usize,
    segments_at: usize,
}

const THIRD: Form = Form { current: 3, tombstones: "tombstones-", tombstones_at: 120, segments_at: 320 };
const FIRST: Form = Form { current: 1, tombstones: "marks-", tombstones_at: 88, segments_at: 128 };

/// Reads a gallery as services do.
fn read(gallery: &Gallery) -> Result<(), GalleryError> {
    let snapshot = gallery.snapshot()?;
    let features = FingerFeatures::new(&minutiae(1));
    let probe = FingerProbe::new(features.view());
    let mut scratch = Scratch::default();
    let mut outcome = Ok(());
    for block in snapshot.finger_blocks() {
        for row in 0..block.len() {
            let _ = (block.meta(row).subject(), block.is_live(row), block.check(row));
            match block.finger(row) {
                Ok(view) => {
                    let _score = probe.compare(view, &mut scratch);
                }
                Err(error) => outcome = Err(error),
            }
        }
    }
    for (model, _) in snapshot.models() {
        for block in snapshot.face_blocks(model) {
            for row in 0..block.len() {
                let _sum: f32 = block.vector(row)?.iter().sum();
            }
        }
    }
    let model = "m".parse().expect("a name");
    let face = FaceTemplate::new(model, &[1.0, 2.0, 2.0]).expect("a face");
    let search = Search::top(NonZeroUsize::MIN);
    let _ = identify_faces(&snapshot, &[FaceProbe::new(&face)], &search);
    if let Ok(search) = DuplicateSearch::new(&snapshot, face.model(), Score::LOWEST) {
        (0..search.steps()).for_each(|step| drop(search.run(step)));
    }
    for c in 0..5 {
        snapshot.citizen(subject(c))?;
    }
    outcome
}

/// Changes a gallery as services do; what is refused is refused as a whole.
fn change(gallery: &Gallery) -> Result<(), GalleryError> {
    let writer = gallery.writer()?;
    writer.add_request(subject(4), &[finger(4)], RequestId::new([2; 16]))?;
    let _ = writer.commit_with(b"position 2");
    // What was refused is told once more, to whoever commits next.
    let _ = writer.commit();
    let _ = writer.erase(subject(1));
    if writer.delete(subject(2)).is_ok() {
        let _ = writer.commit();
    }
    writer.flush()?;
    writer.compact()
}

fn is_settled(report: &VerifyReport) -> bool {
    report.is_sound() && report.unacknowledged_bytes == 0
}

/// What is refused of a sound gallery: features and codes of others, and counters near their end, with which
/// nothing can be committed any more.
fn may_fail(files: &Files, error: &GalleryError) -> bool {
    let manifest = &files[&name(files, "manifest-")];
    let is_near_end = |at| u64_at(manifest, at).is_none_or(|counter| counter > 1 << 61);
    matches!(error, GalleryError::FeatureVersion { .. } | GalleryError::CodeModel { .. })
        || [48, 56, 64].into_iter().any(is_near_end)
}

/// A gallery that is sound can be read, written anew and changed, and is sound after each.
fn exercise(files: Files) {
    let memory = Memory::with(files.clone());
    let verify = || verify_in(Arc::new(memory.clone()));
    let before = verify().ok().filter(is_settled);
    let opened = Gallery::open_in(Arc::new(memory.clone()), options());
    let outcome = opened.and_then(|gallery| {
        read(&gallery)?;
        gallery.writer()?.compact()?;
        Ok(gallery)
    });
    let Some(before) = before else {
        // Whatever the files are, changing them does not panic.
        let _ = outcome.and_then(|gallery| change(&gallery));
        return;
    };
    let gallery = match outcome {
        Ok(gallery) => gallery,
        Err(error) => {
            assert!(may_fail(&files, &error), "verified, and yet: {error}");
            return;
        }
    };
    let after = verify().expect("verifies");
    assert!(is_settled(&after), "compacted, and then: {:?}", after.problems);
    assert_eq!((before.fingers, before.faces), (after.fingers, after.faces), "compaction keeps what is live");
    let changed = change(&gallery);
    if let Err(error) = changed {
        let partition = matches!(error, GalleryError::OtherPartition { .. });
        assert!(partition || may_fail(&files, &error), "compacted, and yet: {error}");
    }
    let report = verify().expect("verifies");
    assert!(report.is_sound(), "changed, and then: {:?}", report.problems);
}

/// The files of a gallery.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A segment of fingers.
    Fingers,
    /// A segment of faces.
    Faces,
    /// The manifest.
    Manifest,
    /// The tombstones.
    Tombstones,
    /// The log, with batches appended.
    Batches,
    /// The log, its bytes changed.
    Log,
    /// The requests.
    Requests,
    /// The witness.
    Witness,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Fingers,
        Self::Faces,
        Self::Manifest,
        Self::Tombstones,
        Self::Batches,
        Self::Log,
        Self::Requests,
        Self::Witness,
    ];
}

/// One input for any file: a byte whose low bits choose it, and what to do to it.
pub fn run(input: &[u8]) {
    let Some(&first) = input.first() else { return };
    run_kind(Kind::ALL[usize::from(first % 8)], input);
}

/// One input for a file: a byte of flags (the two high bits), and what to do to it.
pub fn run_kind(kind: Kind, input: &[u8]) {
    let Some((&flags, rest)) = input.split_first() else { return };
    let (first, second) = (flags & 0x80 != 0, flags & 0x40 != 0);
    let mut files = files().clone();
    match kind {
        Kind::Fingers | Kind::Faces => {
            let segment = name(&files, if matches!(kind, Kind::Fingers) { ".finger" } else { ".face" });
            edit(files.get_mut(&segment).expect("a segment"), rest);
            reseal_segment(&mut files, &THIRD, &segment, (!first, second));
        }
        Kind::Manifest => {
            let manifest = name(&files, "manifest-");
            edit(files.get_mut(&manifest).expect("a manifest"), rest);
            reseal_manifest(&mut files, &THIRD);
        }
        Kind::Tombstones => {
            let tombstones = name(&files, THIRD.tombstones);
            edit(files.get_mut(&tombstones).expect("tombstones"), rest);
            reseal_pinned(&mut files, &THIRD, &tombstones, THIRD.tombstones_at);
        }
        Kind::Batches => append_batches(&mut files, rest, first),
        Kind::Log => {
            let log = name(&files, "wal-");
            edit(files.get_mut(&log).expect("a log"), rest);
        }
        Kind::Requests => {
            let requests = name(&files, "requests-");
            edit(files.get_mut(&requests).expect("requests"), rest);
            let segments = u32_at(&files[&name(&files, "manifest-")], 200).expect("a manifest") as usize;
            let entry = THIRD.segments_at + 64 * segments;
            reseal_pinned(&mut files, &THIRD, &requests, entry + 8);
        }
        Kind::Witness => {
            let witness = files.get_mut("WITNESS").expect("a witness");
            edit(witness, rest);
            if !first {
                reseal_witness(witness);
            }
        }
    }
    exercise(files);
}

/// One input for a gallery of versions 1 or 2, which the writer migrates: a byte that chooses the gallery, one
/// that chooses the file, and what to do to it.
pub fn run_old(input: &[u8]) {
    let [which, flags, rest @ ..] = input else { return };
    let (first, second) = (flags & 0x80 != 0, flags & 0x40 != 0);
    let mut files = old_files(*which);
    match flags % 6 {
        kind @ (0 | 1) => {
            let segment = name(&files, if kind == 0 { ".finger" } else { ".face" });
            edit(files.get_mut(&segment).expect("a segment"), rest);
            reseal_segment(&mut files, &FIRST, &segment, (!first, second));
        }
        2 => {
            let manifest = name(&files, "manifest-");
            edit(files.get_mut(&manifest).expect("a manifest"), rest);
            reseal_manifest(&mut files, &FIRST);
        }
        3 => {
            let marks = name(&files, FIRST.tombstones);
            edit(files.get_mut(&marks).expect("marks"), rest);
            reseal_pinned(&mut files, &FIRST, &marks, FIRST.tombstones_at);
        }
        4 => append_sealed(&mut files, rest),
        _ => {
            let log = name(&files, "wal-");
            edit(files.get_mut(&log).expect("a log"), rest);
        }
    }
    exercise(files);
}
