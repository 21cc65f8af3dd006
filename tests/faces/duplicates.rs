//! All faces against each other: exactly the pairs that comparing every two finds.

use std::collections::BTreeSet;
use std::sync::Arc;

use biomatch::citizen::CitizenId;
use biomatch::face::FaceProbe;
use biomatch::gallery::{Gallery, GalleryOptions, NewReference, Snapshot, verify_in};
use biomatch::search::{Duplicate, DuplicateSearch, EnrolledFace, SearchError, StepFound};
use biomatch::storage::Memory;
use biomatch::template::{FaceTemplate, ModelId};
use biomatch::units::Score;

const DIMENSION: usize = 48;

fn model() -> ModelId {
    "m".parse().unwrap()
}

fn citizen(value: u64) -> CitizenId {
    CitizenId::from_value(value).unwrap()
}

/// The face of a person in a picture; pictures of one person look alike.
fn face(person: u64, picture: u64) -> FaceTemplate {
    let draw = |seed: u64| {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / 8_388_608.0 - 1.0
        }
    };
    let (mut person, mut picture) = (draw(person + 1), draw(1_000_003 * person + picture));
    let values: Vec<f32> = (0..DIMENSION).map(|_| person() + 0.6 * picture()).collect();
    FaceTemplate::new(model(), &values).unwrap()
}

/// Every seventh person is enrolled under two numbers, some with the very same picture; every fifth
/// citizen has two pictures, which are no duplicate; every thirteenth was deleted again.
fn gallery(memory: &Memory, citizens: u64, a_commit: u64, flush_at: usize) -> Gallery {
    let gallery =
        Gallery::create_in(Arc::new(memory.clone()), GalleryOptions::default().flush_at(flush_at)).unwrap();
    let writer = gallery.writer().unwrap();
    for number in 0..citizens {
        let add = |citizen_number: u64, picture: u64| {
            let reference = NewReference::face(face(number, picture));
            writer.add(citizen(citizen_number), &[reference]).unwrap();
        };
        add(number, 0);
        if number.is_multiple_of(5) {
            add(number, 1);
        }
        if number.is_multiple_of(7) {
            add(500_000 - number, number % 2);
        }
        if number.is_multiple_of(a_commit) {
            writer.commit().unwrap();
        }
    }
    for number in (0..citizens).step_by(13) {
        writer.delete(citizen(number)).unwrap();
    }
    writer.commit().unwrap();
    drop(writer);
    gallery
}

fn every_pair(snapshot: &Snapshot, least: Score) -> Vec<Duplicate> {
    let mut rows = Vec::new();
    for block in snapshot.face_blocks(&model()) {
        for row in (0..block.len()).filter(|&row| block.is_live(row)) {
            let meta = block.meta(row);
            let enrolled = EnrolledFace { reference: meta.reference(), citizen: meta.subject().unwrap() };
            rows.push((enrolled, block.vector(row).unwrap()));
        }
    }
    rows.sort_by_key(|row| row.0);
    let mut pairs = Vec::new();
    for (at, (first, vector)) in rows.iter().enumerate() {
        let probe = FaceProbe::stored(&model(), DIMENSION, vector);
        for (second, vector) in &rows[at + 1..] {
            let score = probe.compare(vector);
            if score >= least && first.citizen != second.citizen {
                pairs.push(Duplicate { first: *first, second: *second, score });
            }
        }
    }
    pairs
}

fn all(search: &DuplicateSearch<'_>) -> StepFound {
    let mut all = StepFound::default();
    for step in 0..search.steps() {
        let found = search.run(step);
        assert!(found.pairs.is_sorted_by_key(|pair| (pair.first, pair.second)));
        all.pairs.extend(found.pairs);
        all.damaged.extend(found.damaged);
    }
    all.pairs.sort_by_key(|pair| (pair.first, pair.second));
    all
}

#[test]
fn exactly_the_pairs_of_comparing_every_two() {
    let mut shapes = BTreeSet::new();
    // All in memory; one segment and a rest in memory; many segments.
    for (a_commit, flush_at) in [(10_000, usize::MAX), (10_000, 1), (90, 1), (90, 400)] {
        let gallery = gallery(&Memory::new(), 1_200, a_commit, flush_at);
        let snapshot = gallery.snapshot().unwrap();
        for least in [0.55, 0.9, 1.1] {
            let least = Score::new(least).unwrap();
            let search = DuplicateSearch::new(&snapshot, &model(), least).unwrap();
            let found = all(&search);
            assert_eq!(found.pairs, every_pair(&snapshot, least));
            assert_eq!(found.damaged, []);
            assert_eq!(search.run(search.steps()), StepFound::default(), "there is no such step");
            let faces = snapshot.face_count() as u64;
            let counted: u64 = (0..search.steps()).map(|step| search.comparisons(step)).sum();
            assert!(counted >= faces * (faces - 1) / 2 && counted < faces * faces, "{counted} of {faces}");
            assert!(search.sample() > 0);
            shapes.insert(search.shape());
        }
        let duplicates = all(&DuplicateSearch::new(&snapshot, &model(), Score::new(0.6).unwrap()).unwrap());
        assert!(duplicates.pairs.len() > 100, "the data has duplicates");
    }
    assert!(shapes.len() >= 3, "a shape tells how the gallery is cut");
}

#[test]
fn a_damaged_face_is_told_and_not_paired() {
    let memory = Memory::new();
    drop(gallery(&memory, 60, 10_000, 1));
    let mut files = memory.files();
    let segments: Vec<String> = files.keys().filter(|name| name.ends_with(".face")).cloned().collect();
    let sound = Gallery::open_in(Arc::new(Memory::with(files.clone())), GalleryOptions::default()).unwrap();
    let least = Score::new(0.6).unwrap();
    let sound_pairs = all(&DuplicateSearch::new(&sound.snapshot().unwrap(), &model(), least).unwrap()).pairs;
    // A low bit of a number in every vector: scores stay about what they were.
    for name in &segments {
        let bytes = files.get_mut(name).unwrap();
        let at = |offset: usize| u64::from_le_bytes(bytes[offset..offset + 8].try_into().unwrap()) as usize;
        let (vectors, length) = (at(248 + 32 + 8), at(248 + 32 + 16));
        for vector in bytes[vectors..vectors + length].chunks_mut(64 * 4) {
            vector[0] ^= 1;
        }
    }
    let memory = Memory::with(files);
    assert!(!verify_in(Arc::new(memory.clone())).unwrap().is_sound());
    let gallery = Gallery::open_in(Arc::new(memory), GalleryOptions::default()).unwrap();
    let snapshot = gallery.snapshot().unwrap();
    let found = all(&DuplicateSearch::new(&snapshot, &model(), least).unwrap());
    assert!(!sound_pairs.is_empty());
    for pair in &sound_pairs {
        let told =
            found.damaged.contains(&pair.first.reference) || found.damaged.contains(&pair.second.reference);
        assert!(told || found.pairs.contains(pair), "{pair:?}");
    }
    assert!(!found.damaged.is_empty());
}

#[test]
fn a_model_that_the_gallery_lacks_is_an_error() {
    let gallery = gallery(&Memory::new(), 5, 1, 1);
    let snapshot = gallery.snapshot().unwrap();
    let error = DuplicateSearch::new(&snapshot, &"other".parse().unwrap(), Score::LOWEST);
    assert!(matches!(error, Err(SearchError::Model { .. })));
}
