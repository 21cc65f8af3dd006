//! A gallery whose files the fuzzer owns, with checksums made to fit, so that what is behind them is
//! reached. The frames and offsets here are written from `docs/gallery-format.md`, not from the engine.

use std::collections::BTreeMap;
use std::num::{NonZeroU8, NonZeroUsize};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use biomatch::face::FaceProbe;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::gallery::{
    Gallery, GalleryError, GalleryOptions, Maintenance, NewReference, RequestId, Status, VerifyReport,
    verify_in,
};
use biomatch::search::{DuplicateSearch, Search, identify_faces};
use biomatch::storage::Memory;
use biomatch::subject::SubjectId;
use biomatch::template::{FaceTemplate, Finger, FingerPosition, FingerprintTemplate, Minutia, MinutiaKind};
use biomatch::units::{Angle, Length, Score};

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

fn minutiae(seed: u64) -> Vec<Minutia> {
    let step = |n: u64| (seed * 7919 + n * 104_729) % 4000;
    let minutia = |n: u64| {
        let (x, y) = (Length::from_steps(step(n) as u16), Length::from_steps(step(n + 50) as u16));
        Minutia::new(x, y, Angle::from_binary((step(n) * 17) as u16), MinutiaKind::Ending, None)
    };
    (0..20).map(minutia).collect()
}

fn finger(seed: u64) -> NewReference {
    let position = FingerPosition::Known(Finger::RightIndex);
    NewReference::finger(FingerprintTemplate::new(position, minutiae(seed)))
}

fn face(seed: u64) -> NewReference {
    let model = "m".parse().expect("a name");
    NewReference::face(FaceTemplate::new(model, &[1.0, seed as f32, 2.0]).expect("a face"))
}

/// Subjects of all forms of keys.
fn subject(number: u64) -> SubjectId {
    match number {
        0 => SubjectId::new(&[0]).expect("a key"),
        1 => SubjectId::from_uuid([7; 16]),
        _ => format!("{number:012}").parse().expect("twelve digits"),
    }
}

fn options() -> GalleryOptions {
    GalleryOptions::default().maintenance(Maintenance::Manual)
}

/// A small gallery with every kind of file, as the engine wrote it.
fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let memory = Memory::new();
        let gallery = Gallery::create_in(Arc::new(memory.clone()), options()).expect("creates");
        let writer = gallery.writer().expect("writes");
        for c in 0..4 {
            let request = RequestId::new([c as u8; 16]);
            writer.add_request(subject(c), &[finger(c), face(c)], request).expect("adds");
        }
        writer.flush().expect("flushes");
        let view = gallery.snapshot().expect("reads").citizen(subject(1)).expect("sound").expect("known");
        writer.remove(subject(1), view.fingers[0].meta.reference()).expect("removes");
        writer.set_status(subject(2), Status::Locked(NonZeroU8::MIN)).expect("locks");
        writer.flush().expect("flushes");
        writer.set_status(subject(3), Status::Locked(NonZeroU8::MIN)).expect("locks");
        writer.commit_with(b"position 1").expect("commits");
        drop(writer);
        memory.files()
    })
}

/// Galleries that earlier versions of the engine left.
fn old_files(which: u8) -> Files {
    static FILES: OnceLock<Vec<Files>> = OnceLock::new();
    const FOLDERS: [&str; 8] = [
        "v2/settled",
        "v2/unsealed",
        "v2/torn",
        "v1/settled",
        "v1/unsealed",
        "v1/torn",
        "v1-vectors/settled",
        "v1-whole-codes/settled",
    ];
    // `tests/fuzz_seeds/` compiles this file in a package one folder up.
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut golden = above.map(|above| above.join("tests/golden"));
    let golden = golden.find(|folder| folder.is_dir()).expect("golden galleries");
    let read = |folder: &&str| {
        let folder = golden.join(folder);
        let entries = std::fs::read_dir(folder).expect("golden galleries");
        let file = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry.expect("golden galleries");
            let bytes = std::fs::read(entry.path()).expect("golden galleries");
            (entry.file_name().into_string().expect("ASCII"), bytes)
        };
        entries.map(file).collect()
    };
    let all = FILES.get_or_init(|| FOLDERS.iter().map(read).collect());
    all[usize::from(which) % all.len()].clone()
}

fn name(files: &Files, part: &str) -> String {
    files.keys().find(|name| name.contains(part)).expect("every kind of file").clone()
}

fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    if let Some(place) = offset.checked_add(value.len()).and_then(|end| bytes.get_mut(offset..end)) {
        place.copy_from_slice(value);
    }
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(offset..offset.checked_add(8)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(offset..offset.checked_add(4)?)?.try_into().ok()?))
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

/// The bytes of a section of a segment.
fn section(bytes: &[u8], id: u32) -> Option<std::ops::Range<usize>> {
    let at = (248..1272).step_by(32).find(|&at| u32_at(bytes, at) == Some(id))?;
    let start = usize::try_from(u64_at(bytes, at + 8)?).ok()?;
    let end = start.checked_add(usize::try_from(u64_at(bytes, at + 16)?).ok()?)?;
    (end <= bytes.len()).then_some(start..end)
}

/// Makes the checksum of each record fit its meta and columns.
fn reseal_records(bytes: &mut [u8]) -> Option<()> {
    let is_face = u32_at(bytes, 24)? == 2;
    let (size, crc_at) = if u32_at(bytes, 16)? < 3 { (32, 24) } else { (40, 32) };
    let metas = section(bytes, 1)?;
    for (row, at) in metas.step_by(size).enumerate() {
        let items = |offsets: u32, column: u32, item: usize| {
            let offsets = section(bytes, offsets)?.start;
            let bound =
                |row: usize| usize::try_from(u64_at(bytes, offsets + 8 * row)?).ok()?.checked_mul(item);
            bytes.get(section(bytes, column)?)?.get(bound(row)?..bound(row + 1)?)
        };
        let vector = || {
            let length = 4 * usize::try_from(u32_at(bytes, 72)?).ok()?;
            bytes.get(section(bytes, 6)?)?.get(row.checked_mul(length)?..(row + 1).checked_mul(length)?)
        };
        let mut meta = bytes.get(at..at + size)?.to_vec();
        put(&mut meta, crc_at, &[0; 4]);
        let mut crc = crc32fast::Hasher::new();
        crc.update(&meta);
        if is_face {
            crc.update(vector()?);
        } else {
            crc.update(items(2, 3, 8)?);
            crc.update(items(4, 5, 512)?);
        }
        put(bytes, at + crc_at, &crc.finalize().to_le_bytes());
    }
    Some(())
}

/// Makes the checksums of sections, header, footer, manifest and CURRENT fit a segment.
fn reseal_segment(files: &mut Files, form: &Form, segment: &str, (sections, records): (bool, bool)) {
    let number: u64 = segment[4..10].parse().expect("a number");
    let bytes = files.get_mut(segment).expect("the segment");
    let length = bytes.len() as u64;
    put(bytes, 64, &length.to_le_bytes());
    if records {
        let _ = reseal_records(bytes);
    }
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
    for at in (form.segments_at..manifest.len() - 4).step_by(64) {
        if u64_at(manifest, at) == Some(number) {
            put(manifest, at + 16, &rows.to_le_bytes());
            put(manifest, at + 24, &length.to_le_bytes());
            put(manifest, at + 32, &digest);
        }
    }
    reseal_manifest(files, form);
}

/// Makes the checksum of a file that ends in one fit, and the length and digest in the manifest.
fn reseal_pinned(files: &mut Files, form: &Form, pinned: &str, at: usize) {
    let bytes = files.get_mut(pinned).expect("the file");
    let end = bytes.len().saturating_sub(4);
    let crc = crc32fast::hash(&bytes[..end]);
    put(bytes, end, &crc.to_le_bytes());
    let (length, digest) = (bytes.len() as u64, *blake3::hash(bytes).as_bytes());
    let manifest = name(files, "manifest-");
    let manifest = files.get_mut(&manifest).expect("the manifest");
    put(manifest, at, &length.to_le_bytes());
    put(manifest, at + 8, &digest);
    reseal_manifest(files, form);
}

fn reseal_manifest(files: &mut Files, form: &Form) {
    let manifest = name(files, "manifest-");
    let bytes = files.get_mut(&manifest).expect("the manifest");
    let end = bytes.len().saturating_sub(4);
    let crc = crc32fast::hash(&bytes[..end]);
    put(bytes, end, &crc.to_le_bytes());
    let line = format!("biomatch gallery {} {manifest} {}\n", form.current, blake3::hash(bytes).to_hex());
    files.insert("CURRENT".into(), line.into_bytes());
}

/// Makes the checksums of both slots of the witness fit.
fn reseal_witness(bytes: &mut [u8]) {
    for slot in [0, 4096] {
        if let Some(crc) = bytes.get(slot..slot + 120).map(crc32fast::hash) {
            put(bytes, slot + 120, &crc.to_le_bytes());
        }
    }
}

/// A frame of the log.
fn frame(log: &mut Vec<u8>, (kind, generation): (u32, u64), body: &[u8]) {
    let (gallery, number) = (log[24..40].to_vec(), log[40..48].to_vec());
    let mut head = Vec::new();
    head.extend_from_slice(&(body.len() as u32).to_le_bytes());
    head.extend_from_slice(&kind.to_le_bytes());
    head.extend_from_slice(&generation.to_le_bytes());
    head.extend_from_slice(&(log.len() as u64).to_le_bytes());
    head.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(&gallery);
    crc.update(&number);
    crc.update(&head);
    log.extend_from_slice(&head);
    log.extend_from_slice(&crc.finalize().to_le_bytes());
    log.extend_from_slice(body);
    log.resize(log.len().next_multiple_of(8), 0);
}

/// Batches that the fuzzer owns: for each record a byte of kind (high bit: end of the batch), two of length, the
/// body. Gives what is left over.
fn batches(mut input: &[u8], mut batch: impl FnMut(&[(u32, &[u8])])) -> &[u8] {
    let mut records = Vec::new();
    while let [kind, low, high, rest @ ..] = input {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let Some((body, rest)) = rest.split_at_checked(length) else { break };
        input = rest;
        records.push((u32::from(kind & 0x7f), body));
        if kind & 0x80 != 0 {
            batch(&records);
            records.clear();
        }
    }
    input
}

/// Appends batches to a log of version 3, and what is left over as it is. The witness covers them if it is to.
fn append_batches(files: &mut Files, input: &[u8], covered: bool) {
    let mut witness = files["WITNESS"].clone();
    let slot = if u64_at(&witness, 40) > u64_at(&witness, 4096 + 40) { 0 } else { 4096 };
    let mut generation = u64_at(&witness, slot + 56).expect("a witness");
    let mut before = witness[slot + 80..slot + 112].to_vec();
    let log_name = name(files, "wal-");
    let log = files.get_mut(&log_name).expect("the log");
    let rest = batches(input, |records| {
        generation += 1;
        let mut head = blake3::Hasher::new();
        head.update(&before).update(&generation.to_le_bytes());
        head.update(&(records.len() as u64).to_le_bytes());
        for (kind, body) in records {
            head.update(&kind.to_le_bytes()).update(&(body.len() as u64).to_le_bytes()).update(body);
            frame(log, (*kind, generation), body);
        }
        before = head.finalize().as_bytes().to_vec();
        let mut commit = (records.len() as u64).to_le_bytes().to_vec();
        commit.extend_from_slice(&before);
        frame(log, (0xffff_fffe, generation), &commit);
    });
    if covered {
        put(&mut witness, slot + 56, &generation.to_le_bytes());
        put(&mut witness, slot + 72, &(log.len() as u64).to_le_bytes());
        put(&mut witness, slot + 80, &before);
        reseal_witness(&mut witness);
    }
    log.extend_from_slice(rest);
    files.insert("WITNESS".into(), witness);
}

/// The same to a log of versions 1 and 2, with seals. The last batch of what is there may have none yet.
fn append_sealed(files: &mut Files, input: &[u8]) {
    let log_name = name(files, "wal-");
    let log = files.get_mut(&log_name).expect("the log");
    let (mut generation, mut at, mut sealed) = (u64_at(log, 48).expect("a log"), 64, true);
    while let (Some(length), Some(kind)) = (u32_at(log, at), u32_at(log, at + 4)) {
        at += 32 + (length as usize).next_multiple_of(8);
        generation += u64::from(kind == 0xffff_fffe);
        sealed = kind != 0xffff_fffe && (kind == 0xffff_ffff || sealed);
    }
    if !sealed {
        frame(log, (0xffff_ffff, generation), &[]);
    }
    let rest = batches(input, |records| {
        generation += 1;
        records.iter().for_each(|(kind, body)| frame(log, (*kind, generation), body));
        frame(log, (0xffff_fffe, generation), &(records.len() as u64).to_le_bytes());
        frame(log, (0xffff_ffff, generation), &[]);
    });
    log.extend_from_slice(rest);
}

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
