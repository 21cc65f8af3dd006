//! Galleries that engines of old versions left (`tests/golden/README.md`) open, settle, are written on and
//! verify; what is in them is what `contents.json` says, whatever the engine makes of the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use biomatch::gallery::{Gallery, GalleryOptions, verify};
use serde::Deserialize;

/// What `contents.json` says of a gallery.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    generation: u64,
    citizens: Vec<Citizen>,
    /// Whom the gallery had once.
    unknown: Vec<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Citizen {
    citizen: String,
    status: u8,
    /// By their numbers.
    references: Vec<Reference>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Reference {
    reference: u64,
    captured: Option<i64>,
    #[serde(flatten)]
    sample: Sample,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Sample {
    Finger {
        position: u8,
        impression: u8,
        quality: Option<u8>,
        /// x, y, direction, kind, quality.
        minutiae: Vec<[u16; 5]>,
    },
    Face {
        model: String,
        /// The bits of each number, in hexadecimal.
        vector: String,
    },
}

impl Contents {
    fn read(golden: &str, file: &str) -> Self {
        serde_json::from_slice(&fs::read(folder(golden).join(file)).unwrap()).unwrap()
    }

    /// All references, each with its citizen.
    fn references(&self) -> BTreeMap<u64, (String, Reference)> {
        let of = |citizen: &Citizen| {
            let name = citizen.citizen.clone();
            let pairs = citizen.references.iter().map(move |r| (r.reference, (name.clone(), r.clone())));
            pairs.collect::<Vec<_>>()
        };
        self.citizens.iter().flat_map(of).collect()
    }
}

/// All that this test knows of the engine's types.
mod engine {
    use biomatch::citizen::CitizenId;
    use biomatch::gallery::{ReferenceMeta, Snapshot, Status};
    use biomatch::template::{Minutia, ModelId};

    use super::{BTreeMap, Citizen, Contents, Reference, Sample};

    /// Whether opening alone settles a log that ends in a whole batch without its seal.
    pub(crate) const OPENING_SETTLES: bool = false;

    fn key(citizen: &str) -> CitizenId {
        citizen.parse().unwrap()
    }

    fn name(meta: &ReferenceMeta) -> String {
        meta.subject().unwrap().to_string()
    }

    fn status(status: Status) -> u8 {
        match status {
            Status::Active => 0,
            Status::Locked(reason) => reason.get(),
            other => panic!("{other:?} is in no old gallery"),
        }
    }

    fn reference(meta: &ReferenceMeta, sample: Sample) -> Reference {
        let captured = meta.captured().map(|at| at.unix_seconds());
        Reference { reference: meta.reference().value(), captured, sample }
    }

    fn finger(meta: &ReferenceMeta, minutiae: &[Minutia]) -> Sample {
        let numbers = |m: &Minutia| {
            let quality = m.quality().map_or(0, |quality| quality.get().into());
            [m.x.steps(), m.y.steps(), m.angle.to_binary(), m.kind() as u16, quality]
        };
        Sample::Finger {
            position: meta.position().code(),
            impression: meta.impression().code(),
            quality: meta.quality().map(|quality| quality.get()),
            minutiae: minutiae.iter().map(numbers).collect(),
        }
    }

    fn face(model: &ModelId, vector: &[f32], dimension: usize) -> Sample {
        let (numbers, padding) = vector.split_at(dimension);
        assert!(padding.iter().all(|number| number.to_bits() == 0));
        let bits: Vec<_> = numbers.iter().map(|number| format!("{:08x}", number.to_bits())).collect();
        Sample::Face { model: model.as_str().to_owned(), vector: bits.join(" ") }
    }

    /// What the catalogue finds of the citizens that are expected, known and unknown.
    pub(crate) fn by_citizen(snapshot: &Snapshot, expected: &Contents) -> Contents {
        let dimensions: BTreeMap<_, _> = snapshot.models().collect();
        let (mut citizens, mut unknown) = (Vec::new(), Vec::new());
        let known = expected.citizens.iter().map(|citizen| &citizen.citizen);
        for citizen in known.chain(&expected.unknown) {
            assert_eq!(key(citizen).to_string(), *citizen);
            let Some(view) = snapshot.citizen(key(citizen)).unwrap() else {
                unknown.push(citizen.clone());
                continue;
            };
            assert_eq!(snapshot.status(key(citizen)), view.status);
            let fingers = view.fingers.iter().map(|found| {
                let view = snapshot.finger(found.location).unwrap();
                reference(&found.meta, finger(&found.meta, view.minutiae))
            });
            let faces = view.faces.iter().map(|found| {
                let view = snapshot.face(found.location).unwrap();
                assert_eq!(found.model.as_ref(), Some(view.model));
                reference(&found.meta, face(view.model, view.vector, dimensions[view.model]))
            });
            let mut references: Vec<_> = fingers.chain(faces).collect();
            references.sort_by_key(|reference| reference.reference);
            citizens.push(Citizen { citizen: citizen.clone(), status: status(view.status), references });
        }
        Contents { generation: snapshot.generation().value(), citizens, unknown }
    }

    /// What a search would read: all live rows of all blocks.
    pub(crate) fn by_row(snapshot: &Snapshot) -> BTreeMap<u64, (String, Reference)> {
        let mut found = Vec::new();
        for block in snapshot.finger_blocks() {
            for row in (0..block.len()).filter(|&row| block.is_live(row)) {
                block.check(row).unwrap();
                let meta = block.meta(row);
                let sample = finger(meta, block.finger(row).unwrap().minutiae);
                found.push((name(meta), reference(meta, sample)));
            }
        }
        assert_eq!(found.len(), snapshot.finger_count());
        for (model, dimension) in snapshot.models() {
            for block in snapshot.face_blocks(model) {
                for row in (0..block.len()).filter(|&row| block.is_live(row)) {
                    block.check(row).unwrap();
                    let meta = block.meta(row);
                    let sample = face(model, block.vector(row).unwrap(), dimension);
                    found.push((name(meta), reference(meta, sample)));
                }
            }
        }
        let count = found.len();
        assert_eq!(count, snapshot.finger_count() + snapshot.face_count());
        let found: BTreeMap<_, _> = found.into_iter().map(|pair| (pair.1.reference, pair)).collect();
        assert_eq!(found.len(), count, "each reference once");
        found
    }
}

fn folder(golden: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(golden)
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A copy to work on: what is committed is never opened as a gallery.
fn copy(golden: &str, variant: &str) -> tempfile::TempDir {
    let (from, to) = (folder(golden).join(variant), tempfile::tempdir().unwrap());
    for name in names(&from) {
        fs::write(to.path().join(&name), fs::read(from.join(&name)).unwrap()).unwrap();
    }
    to
}

fn compare(gallery: &Gallery, expected: &Contents, when: &str) {
    let snapshot = gallery.snapshot().unwrap();
    assert_eq!(engine::by_citizen(&snapshot, expected), *expected, "by citizen, {when}");
    assert_eq!(engine::by_row(&snapshot), expected.references(), "by row, {when}");
}

/// Verifies; gives the bytes behind the log's last seal.
fn sound(directory: &Path, expected: &Contents, when: &str) -> u64 {
    let report = verify(directory).unwrap();
    // Of an old log nobody can say whether bytes without a seal were acknowledged.
    let is_proved = report.unacknowledged_bytes == 0;
    assert!(report.problems.is_empty() && report.is_sound() == is_proved, "{when}: {report:?}");
    assert!(report.orphans.is_empty() && report.foreign.is_empty(), "{when}: {report:?}");
    assert_eq!(report.generation.unwrap().value(), expected.generation, "{when}");
    assert_eq!(report.fingers + report.faces, expected.references().len(), "{when}");
    report.unacknowledged_bytes
}

/// What is sealed, what a reader sees who is the first to open, what a writer settles on.
struct Seen<'a> {
    sealed: &'a Contents,
    reader: &'a Contents,
    writer: &'a Contents,
}

/// The life of a gallery under this engine: a reader, a writer, a flush, a compaction. Gives the bytes that
/// were behind the log's last seal and those of them that were cut.
fn life(golden: &str, variant: &str, seen: &Seen<'_>) -> (u64, u64) {
    let directory = copy(golden, variant);
    let directory = directory.path();
    let at = |moment: &str| format!("{golden}/{variant}, {moment}");
    let unsealed = sound(directory, seen.sealed, &at("as committed"));

    let gallery = Gallery::open(directory, GalleryOptions::default()).unwrap();
    compare(&gallery, seen.reader, &at("opened"));
    let writer = gallery.writer().unwrap();
    let cut = writer.recovery().cut_bytes;
    compare(&gallery, seen.writer, &at("with a writer"));
    drop(writer);
    assert_eq!(sound(directory, seen.writer, &at("after a writer")), 0);

    let writer = gallery.writer().unwrap();
    writer.flush().unwrap();
    compare(&gallery, seen.writer, &at("flushed"));
    drop((writer, gallery));
    let gallery = Gallery::open(directory, GalleryOptions::default()).unwrap();
    compare(&gallery, seen.writer, &at("flushed and opened"));
    assert_eq!(sound(directory, seen.writer, &at("flushed")), 0);

    let writer = gallery.writer().unwrap();
    writer.compact().unwrap();
    compare(&gallery, seen.writer, &at("compacted"));
    drop((writer, gallery));
    let gallery = Gallery::open(directory, GalleryOptions::default()).unwrap();
    compare(&gallery, seen.writer, &at("compacted and opened"));
    assert_eq!(sound(directory, seen.writer, &at("compacted")), 0);
    (unsealed, cut)
}

fn settled(golden: &str) {
    let all = Contents::read(golden, "contents.json");
    let seen = Seen { sealed: &all, reader: &all, writer: &all };
    assert_eq!(life(golden, "settled", &seen), (0, 0), "nothing to settle");
}

/// A whole batch without its seal was perhaps acknowledged: it is kept.
fn unsealed(golden: &str) {
    let all = Contents::read(golden, "contents.json");
    let before = Contents::read(golden, "contents-before-last-batch.json");
    let reader = if engine::OPENING_SETTLES { &all } else { &before };
    let (unsealed, cut) = life(golden, "unsealed", &Seen { sealed: &before, reader, writer: &all });
    assert_eq!((unsealed > 0, cut), (true, 0));
}

/// Half a batch was never acknowledged: it is cut.
fn torn(golden: &str) {
    let before = Contents::read(golden, "contents-before-last-batch.json");
    let seen = Seen { sealed: &before, reader: &before, writer: &before };
    let (unsealed, cut) = life(golden, "torn", &seen);
    assert!(unsealed > 0);
    assert_eq!(cut, unsealed);
}

#[test]
fn version_1_with_vectors_only() {
    settled("v1-vectors");
}

#[test]
fn version_1_with_whole_codes() {
    settled("v1-whole-codes");
}

#[test]
fn version_1() {
    settled("v1");
    unsealed("v1");
    torn("v1");
}

#[test]
fn version_2() {
    settled("v2");
    unsealed("v2");
    torn("v2");
}

#[test]
fn version_3() {
    settled("v3");
    let copy = tempfile::tempdir().unwrap();
    for name in names(&folder("v3").join("settled")) {
        fs::copy(folder("v3").join("settled").join(&name), copy.path().join(&name)).unwrap();
    }
    let gallery = Gallery::open(copy.path(), GalleryOptions::default()).unwrap();
    assert_eq!(gallery.snapshot().unwrap().payload(), b"a position in a log");
}

/// The version and the sections of each committed segment, by the first bytes of the file alone.
#[test]
fn segments_are_of_their_version() {
    let (bare, coded) = (vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13]);
    for (golden, version, finger, face) in [
        ("v1-vectors", 1, &bare, vec![1, 6]),
        ("v1-whole-codes", 1, &bare, vec![1, 6, 7]),
        ("v1", 1, &bare, vec![1, 6, 16, 17]),
        ("v2", 2, &coded, vec![1, 6, 16, 17]),
    ] {
        let settled = folder(golden).join("settled");
        let mut kinds = Vec::new();
        for name in names(&settled).iter().filter(|name| name.starts_with("seg-")) {
            let bytes = fs::read(settled.join(name)).unwrap();
            let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
            assert_eq!(number(16), version, "{golden}/{name}");
            let sections: Vec<_> = (0..number(76) as usize).map(|n| number(248 + 32 * n)).collect();
            let kind = number(24);
            assert_eq!(&sections, if kind == 1 { finger } else { &face }, "{golden}/{name}");
            kinds.push(kind);
        }
        kinds.sort_unstable();
        assert_eq!(kinds, [1, 1, 2, 2, 2], "{golden}");
        assert_eq!(names(&settled).iter().filter(|name| name.starts_with("marks-")).count(), 1, "{golden}");
    }
}

/// Golden files are never made again: a change of these digests is a mistake.
const DIGESTS: [(&str, &str); 5] = [
    ("v1-vectors", "c905e5fb1bf0f5c3ab512fda28a71b273dabcfd37a4118892eed316d61f2b928"),
    ("v1-whole-codes", "a78a61142e47acfae97d10bc8386ef41fe60714d65918bce11f69dc4beaa9dc5"),
    ("v1", "d814c4951743c7234ba418e82d0b3d70853c8d359c9cbec86b235cc341cf0e0c"),
    ("v2", "59549968716f771eb687ab53117e84a10b70f21cd58da49f207e349df8ab102d"),
    ("v3", "65e4765bab6069f0207c290698b51a256ad94e35ff5da8c7ae18fe0b5ce1c20e"),
];

#[test]
fn they_are_as_they_were_left() {
    let found = DIGESTS.map(|(golden, _)| {
        let mut hasher = blake3::Hasher::new();
        digest_of(&folder(golden), &mut hasher);
        (golden, hasher.finalize().to_hex().to_string())
    });
    assert_eq!(found.each_ref().map(|(golden, digest)| (*golden, digest.as_str())), DIGESTS);
}

/// Names, lengths and bytes of all files below, in the order of their names.
fn digest_of(folder: &Path, hasher: &mut blake3::Hasher) {
    for name in names(folder) {
        let path = folder.join(&name);
        hasher.update(name.as_bytes()).update(&[0]);
        if path.is_dir() {
            digest_of(&path, hasher);
        } else {
            let bytes = fs::read(&path).unwrap();
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
        }
    }
}
