//! A gallery whose files the fuzzer owns, with checksums made to fit, so that what is behind them is
//! reached. The frames and offsets here are written from `docs/gallery-format.md`, not from the engine.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use biomatch::citizen::CitizenId;
use biomatch::face::FaceProbe;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::gallery::{Gallery, GalleryError, NewReference, Options, Status, verify_in};
use biomatch::search::{DuplicateSearch, Search, identify_faces};
use biomatch::storage::Memory;
use biomatch::template::{FaceTemplate, Finger, FingerPosition, FingerprintTemplate, Minutia, MinutiaKind};
use biomatch::units::{Angle, Length, Score};

type Files = BTreeMap<String, Vec<u8>>;

const REASON: std::num::NonZeroU8 = std::num::NonZeroU8::MIN;

fn minutiae(seed: u64) -> Vec<Minutia> {
    let step = |n: u64| (seed * 7919 + n * 104_729) % 4000;
    let minutia = |n: u64| {
        let (x, y) = (Length::from_steps(step(n) as u16), Length::from_steps(step(n + 50) as u16));
        Minutia::new(x, y, Angle::from_binary((step(n) * 17) as u16), MinutiaKind::Ending, None)
    };
    (0..20).map(minutia).collect()
}

fn citizen(number: u64) -> CitizenId {
    CitizenId::from_value(number).expect("twelve digits")
}

/// A small gallery with every kind of file, as the engine wrote it.
fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let memory = Memory::new();
        let gallery = Gallery::create_in(Arc::new(memory.clone()), Options::default()).expect("creates");
        let writer = gallery.writer().expect("writes");
        let model = "m".parse::<biomatch::template::ModelId>().expect("a name");
        for c in 0..4 {
            let position = FingerPosition::Known(Finger::RightIndex);
            let finger = NewReference::finger(FingerprintTemplate::new(position, minutiae(c)));
            let face = FaceTemplate::new(model.clone(), &[1.0, c as f32, 2.0]).expect("a face");
            writer.add(citizen(c), &[finger, NewReference::face(face)]).expect("adds");
        }
        writer.flush().expect("flushes");
        let view = gallery.snapshot().expect("reads").citizen(citizen(1)).expect("sound").expect("known");
        writer.remove(citizen(1), view.fingers[0].meta.reference()).expect("removes");
        writer.set_status(citizen(2), Status::Locked(REASON)).expect("locks");
        writer.flush().expect("flushes");
        writer.set_status(citizen(3), Status::Locked(REASON)).expect("locks");
        writer.commit().expect("commits");
        drop(writer);
        memory.files()
    })
}

fn name(files: &Files, part: &str) -> String {
    files.keys().find(|name| name.contains(part)).expect("every kind of file").clone()
}

fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(offset..offset + value.len()) {
        place.copy_from_slice(value);
    }
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(offset..offset + 8)?.try_into().ok()?))
}

/// Applies edits: two bytes of offset, one of length, the bytes. An odd length inserts at the end of
/// the file instead; offset 65535 cuts it.
fn edit(bytes: &mut Vec<u8>, mut edits: &[u8]) {
    while let [low, high, length, rest @ ..] = edits {
        let offset = usize::from(u16::from_le_bytes([*low, *high]));
        let (piece, rest) = rest.split_at(rest.len().min(usize::from(*length / 2)));
        edits = rest;
        if offset == 0xffff {
            bytes.truncate(bytes.len().saturating_sub(usize::from(*length)));
        } else if length % 2 == 1 && bytes.len() < 1 << 16 {
            bytes.extend_from_slice(piece);
        } else if !bytes.is_empty() {
            let offset = offset % bytes.len();
            let fits = piece.len().min(bytes.len() - offset);
            put(bytes, offset, &piece[..fits]);
        }
    }
}

/// Makes the checksums of sections, header, footer, manifest and CURRENT fit a segment.
fn reseal_segment(files: &mut Files, segment: &str, sections: bool) {
    let number: u64 = segment[4..10].parse().expect("a number");
    let bytes = files.get_mut(segment).expect("the segment");
    let length = bytes.len() as u64;
    put(bytes, 64, &length.to_le_bytes());
    for at in (248..1272).step_by(32).filter(|_| sections) {
        let range = u64_at(bytes, at + 8).zip(u64_at(bytes, at + 16));
        let range = range.map(|(offset, length)| offset as usize..offset.saturating_add(length) as usize);
        let crc = range.and_then(|range| bytes.get(range)).map(crc32fast::hash);
        if let Some(crc) = crc.filter(|_| u64_at(bytes, at + 16) != Some(0)) {
            put(bytes, at + 4, &crc.to_le_bytes());
        }
    }
    let crc = crc32fast::hash(bytes.get(..4092).unwrap_or_default());
    put(bytes, 4092, &crc.to_le_bytes());
    let mut digest = blake3::Hasher::new();
    let end = bytes.len().saturating_sub(64);
    digest.update(bytes.get(4096..end).unwrap_or_default());
    digest.update(bytes.get(..4096).unwrap_or_default());
    let digest = *digest.finalize().as_bytes();
    put(bytes, end, b"biomatch-e\0\x1a\n\xa9\r\n");
    put(bytes, end + 16, &length.to_le_bytes());
    put(bytes, end + 24, &digest);
    put(bytes, end + 56, &[0; 4]);
    let crc = crc32fast::hash(bytes.get(end..end + 60).unwrap_or_default());
    put(bytes, end + 60, &crc.to_le_bytes());
    let rows = u64_at(bytes, 56).unwrap_or_default();

    let manifest = name(files, "manifest-");
    let manifest = files.get_mut(&manifest).expect("the manifest");
    for at in (128..manifest.len() - 4).step_by(64) {
        if u64_at(manifest, at) == Some(number) {
            put(manifest, at + 16, &rows.to_le_bytes());
            put(manifest, at + 24, &length.to_le_bytes());
            put(manifest, at + 32, &digest);
        }
    }
    reseal_manifest(files);
}

fn reseal_marks(files: &mut Files, marks: &str) {
    let bytes = files.get_mut(marks).expect("the marks");
    let end = bytes.len().saturating_sub(4);
    let crc = crc32fast::hash(&bytes[..end]);
    put(bytes, end, &crc.to_le_bytes());
    let (length, digest) = (bytes.len() as u64, *blake3::hash(bytes).as_bytes());
    let manifest = name(files, "manifest-");
    let manifest = files.get_mut(&manifest).expect("the manifest");
    put(manifest, 88, &length.to_le_bytes());
    put(manifest, 96, &digest);
    reseal_manifest(files);
}

fn reseal_manifest(files: &mut Files) {
    let manifest = name(files, "manifest-");
    let bytes = files.get_mut(&manifest).expect("the manifest");
    let end = bytes.len().saturating_sub(4);
    let crc = crc32fast::hash(&bytes[..end]);
    put(bytes, end, &crc.to_le_bytes());
    let line = format!("biomatch gallery 1 {manifest} {}\n", blake3::hash(bytes).to_hex());
    files.insert("CURRENT".into(), line.into_bytes());
}

/// A frame of the log.
fn frame(log: &mut Vec<u8>, gallery: &[u8], number: u64, kind: u32, generation: u64, body: &[u8]) {
    let mut head = Vec::new();
    head.extend_from_slice(&(body.len() as u32).to_le_bytes());
    head.extend_from_slice(&kind.to_le_bytes());
    head.extend_from_slice(&generation.to_le_bytes());
    head.extend_from_slice(&(log.len() as u64).to_le_bytes());
    head.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(gallery);
    crc.update(&number.to_le_bytes());
    crc.update(&head);
    log.extend_from_slice(&head);
    log.extend_from_slice(&crc.finalize().to_le_bytes());
    log.extend_from_slice(body);
    log.resize(log.len().next_multiple_of(8), 0);
}

/// Appends batches of records that the fuzzer owns: a byte of kind (high bit: end of the batch), two of
/// length, the body. What is left over is appended as it is.
fn append_records(files: &mut Files, mut input: &[u8]) {
    let log_name = name(files, "wal-");
    let log = files.get_mut(&log_name).expect("the log");
    let gallery = log[24..40].to_vec();
    let number = u64_at(log, 40).expect("a log");
    // The base has one batch.
    let mut generation = u64_at(log, 48).expect("a log") + 2;
    let mut records = 0_u64;
    while let [kind, low, high, rest @ ..] = input {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let Some((body, rest)) = rest.split_at_checked(length) else { break };
        input = rest;
        frame(log, &gallery, number, u32::from(kind & 0x7f), generation, body);
        records += 1;
        if kind & 0x80 != 0 {
            frame(log, &gallery, number, 0xffff_fffe, generation, &records.to_le_bytes());
            frame(log, &gallery, number, 0xffff_ffff, generation, &[]);
            (generation, records) = (generation + 1, 0);
        }
    }
    log.extend_from_slice(input);
}

/// Opens and uses a gallery as services do.
fn exercise(memory: &Memory) -> Result<(), GalleryError> {
    let gallery = Gallery::open_in(Arc::new(memory.clone()), Options::default())?;
    let snapshot = gallery.snapshot()?;
    let features = FingerFeatures::new(&minutiae(1));
    let probe = FingerProbe::new(features.view());
    let mut scratch = Scratch::default();
    let mut outcome = Ok(());
    for block in snapshot.finger_blocks() {
        for row in 0..block.len() {
            let _ = (block.meta(row).citizen(), block.is_live(row), block.check(row));
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
        snapshot.citizen(citizen(c))?;
    }
    let writer = gallery.writer()?;
    writer.compact()?;
    outcome
}

/// One input: a byte that chooses the file, and what to do to it.
pub fn run(input: &[u8]) {
    let Some((&kind, rest)) = input.split_first() else { return };
    let mut files = files().clone();
    match kind % 6 {
        0 | 1 => {
            let segment = name(&files, if kind % 6 == 0 { ".finger" } else { ".face" });
            edit(files.get_mut(&segment).expect("a segment"), rest);
            reseal_segment(&mut files, &segment, kind & 0x80 == 0);
        }
        2 => {
            let manifest = name(&files, "manifest-");
            edit(files.get_mut(&manifest).expect("a manifest"), rest);
            reseal_manifest(&mut files);
        }
        3 => {
            let marks = name(&files, "marks-");
            edit(files.get_mut(&marks).expect("marks"), rest);
            reseal_marks(&mut files, &marks);
        }
        4 => append_records(&mut files, rest),
        _ => {
            let log = name(&files, "wal-");
            edit(files.get_mut(&log).expect("a log"), rest);
        }
    }
    let memory = Memory::with(files);
    let report = verify_in(Arc::new(memory.clone()));
    let outcome = exercise(&memory);
    if let (Ok(report), Err(error)) = (report, outcome) {
        let sound = report.is_sound() && report.unsealed_bytes == 0;
        let feature_version = matches!(error, GalleryError::FeatureVersion { .. });
        assert!(!sound || feature_version, "verified, and yet: {error}");
    }
}
