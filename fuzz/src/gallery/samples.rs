//! The galleries that inputs change: one that the engine writes, and those of earlier versions.

use std::num::NonZeroU8;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use biomatch::gallery::{Gallery, GalleryOptions, Maintenance, NewReference, RequestId, Status};
use biomatch::storage::Memory;
use biomatch::subject::SubjectId;
use biomatch::template::{FaceTemplate, Finger, FingerPosition, FingerprintTemplate, Minutia, MinutiaKind};
use biomatch::units::{Angle, Length};

use super::Files;

pub(super) fn minutiae(seed: u64) -> Vec<Minutia> {
    let step = |n: u64| (seed * 7919 + n * 104_729) % 4000;
    let minutia = |n: u64| {
        let (x, y) = (Length::from_steps(step(n) as u16), Length::from_steps(step(n + 50) as u16));
        Minutia::new(x, y, Angle::from_binary((step(n) * 17) as u16), MinutiaKind::Ending, None)
    };
    (0..20).map(minutia).collect()
}

pub(super) fn finger(seed: u64) -> NewReference {
    let position = FingerPosition::Known(Finger::RightIndex);
    NewReference::finger(FingerprintTemplate::new(position, minutiae(seed)))
}

pub(super) fn face(seed: u64) -> NewReference {
    let model = "m".parse().expect("a name");
    NewReference::face(FaceTemplate::new(model, &[1.0, seed as f32, 2.0]).expect("a face"))
}

/// Subjects of all forms of keys.
pub(super) fn subject(number: u64) -> SubjectId {
    match number {
        0 => SubjectId::new(&[0]).expect("a key"),
        1 => SubjectId::from_uuid([7; 16]),
        _ => format!("{number:012}").parse().expect("twelve digits"),
    }
}

pub(super) fn options() -> GalleryOptions {
    GalleryOptions::default().maintenance(Maintenance::Manual)
}

/// A small gallery with every kind of file, as the engine wrote it.
pub(super) fn files() -> &'static Files {
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
pub(super) fn old_files(which: u8) -> Files {
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

pub(super) fn name(files: &Files, part: &str) -> String {
    files.keys().find(|name| name.contains(part)).expect("every kind of file").clone()
}
