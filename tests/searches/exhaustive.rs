//! 1:N search against a plain oracle: compare with everything, sort, keep the first of each citizen.

use std::num::NonZeroUsize;

use biomatch::face::FaceProbe;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::gallery::{Gallery, GalleryOptions, NewReference, ReferenceId, Snapshot};
use biomatch::search::{
    FingerQuery, Found, Search, SearchError, SubGallery, identify_faces, identify_fingers,
};
use biomatch::subject::SubjectId;
use biomatch::template::{FaceTemplate, Finger, FingerPosition};
use biomatch::units::Score;
use biomatch_datasets::Population;
use rayon::ThreadPoolBuilder;

use crate::search_support::{citizen, face, finger, galleries};

/// What a hit says without its place, which depends on how the gallery is cut.
fn essence(found: &Found) -> (Vec<(SubjectId, ReferenceId, Score)>, u64, Vec<ReferenceId>) {
    let hits = found.hits.iter().map(|hit| (hit.citizen, hit.reference, hit.score)).collect();
    (hits, found.compared, found.damaged.clone())
}

/// Compares with everything, one after the other.
fn oracle(
    compared: Vec<(SubjectId, ReferenceId, Score)>,
    top: usize,
    at_least: Score,
) -> (Vec<(SubjectId, ReferenceId, Score)>, u64, Vec<ReferenceId>) {
    let count = compared.len() as u64;
    let mut sorted = compared;
    sorted.sort_by(|a, b| b.2.get().total_cmp(&a.2.get()).then(a.1.cmp(&b.1)));
    let mut kept: Vec<(SubjectId, ReferenceId, Score)> = Vec::new();
    for hit in sorted {
        if hit.2 >= at_least && kept.iter().all(|other| other.0 != hit.0) {
            kept.push(hit);
        }
    }
    kept.truncate(top);
    (kept, count, Vec::new())
}

fn finger_oracle(
    snapshot: &Snapshot,
    query: &FingerQuery<'_>,
    within: Option<&[SubjectId]>,
) -> Vec<(SubjectId, ReferenceId, Score)> {
    let mut scratch = Scratch::default();
    let mut compared = Vec::new();
    for block in snapshot.finger_blocks() {
        for row in (0..block.len()).filter(|&row| block.is_live(row)) {
            let meta = block.meta(row);
            let citizen = meta.subject().unwrap();
            let meets = query.position.finger().is_none()
                || meta.position() == FingerPosition::Unknown
                || meta.position() == query.position;
            if meets && within.is_none_or(|within| within.contains(&citizen)) {
                let score = query.probe.compare(block.finger(row).unwrap(), &mut scratch);
                compared.push((citizen, meta.reference(), score));
            }
        }
    }
    compared
}

fn top(k: usize) -> Search<'static> {
    Search::top(NonZeroUsize::new(k).unwrap())
}

#[test]
fn finger_search_is_the_oracle_for_any_cut_and_any_threads() {
    let population = Population::new(1);
    let pools = [1, 2, 8].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let probes: Vec<(FingerProbe, FingerPosition)> = [
        (1, Finger::RightIndex, FingerPosition::Known(Finger::RightIndex)),
        (3, Finger::RightIndex, FingerPosition::Known(Finger::RightIndex)),
        (5, Finger::LeftIndex, FingerPosition::Unknown),
        (8, Finger::RightThumb, FingerPosition::Known(Finger::RightThumb)), // deleted
        (9, Finger::LeftIndex, FingerPosition::Known(Finger::RightThumb)),  // another finger
    ]
    .into_iter()
    .map(|(index, which, position)| {
        let template = finger(&population, index, which, 2).unwrap();
        (FingerProbe::new(FingerFeatures::new(&template.minutiae).view()), position)
    })
    .collect();
    let queries: Vec<FingerQuery<'_>> =
        probes.iter().map(|(probe, position)| FingerQuery { probe, position: *position }).collect();
    let some: Vec<SubjectId> = [1, 2, 3, 8, 30, 39, 1_000].map(|index| citizen(&population, index)).to_vec();
    let sub_gallery: SubGallery = some.iter().copied().collect();
    let threshold = Score::new(0.0).unwrap();

    let mut reference: Option<Vec<_>> = None;
    for (_folder, gallery) in galleries(&population) {
        let snapshot = gallery.snapshot().unwrap();
        for pool in &pools {
            let found = identify_fingers(&snapshot, &queries, &top(5).on(pool)).unwrap();
            let expected: Vec<_> = queries
                .iter()
                .map(|query| oracle(finger_oracle(&snapshot, query, None), 5, Score::LOWEST))
                .collect();
            let essences: Vec<_> = found.iter().map(essence).collect();
            assert_eq!(essences, expected);
            assert_eq!(reference.get_or_insert_with(|| essences.clone()), &essences, "another cut");

            let narrow = top(3).at_least(threshold).within(&sub_gallery).on(pool);
            let found = identify_fingers(&snapshot, &queries, &narrow).unwrap();
            let expected: Vec<_> = queries
                .iter()
                .map(|query| oracle(finger_oracle(&snapshot, query, Some(&some)), 3, threshold))
                .collect();
            assert_eq!(found.iter().map(essence).collect::<Vec<_>>(), expected);
        }
        let all = identify_fingers(&snapshot, &queries, &top(100)).unwrap();
        for (query, together) in queries.iter().zip(&all) {
            let alone = identify_fingers(&snapshot, std::slice::from_ref(query), &top(100)).unwrap();
            assert_eq!(alone, std::slice::from_ref(together), "a batch is its queries");
        }
        assert_eq!(all[0].hits[0].citizen, citizen(&population, 1), "the mate comes first");
        assert!(all[3].hits.iter().all(|hit| hit.citizen != citizen(&population, 8)), "the deleted are gone");
    }
}

#[test]
fn face_search_is_the_oracle_for_any_cut_and_any_threads() {
    let population = Population::new(2);
    let pools = [1, 8].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let probes: Vec<FaceProbe> =
        [3, 4, 8, 77].map(|index| FaceProbe::new(&face(&population, index, 1))).to_vec();
    let some: Vec<SubjectId> = [3, 5, 8, 500].map(|index| citizen(&population, index)).to_vec();
    let sub_gallery: SubGallery = some.iter().copied().collect();
    for (_folder, gallery) in galleries(&population) {
        let snapshot = gallery.snapshot().unwrap();
        let compared = |probe: &FaceProbe, within: Option<&[SubjectId]>| {
            let mut compared = Vec::new();
            for block in snapshot.face_blocks(probe.model()) {
                for row in (0..block.len()).filter(|&row| block.is_live(row)) {
                    let citizen = block.meta(row).subject().unwrap();
                    if within.is_none_or(|within| within.contains(&citizen)) {
                        let score = probe.compare(block.vector(row).unwrap());
                        compared.push((citizen, block.meta(row).reference(), score));
                    }
                }
            }
            compared
        };
        for pool in &pools {
            let found = identify_faces(&snapshot, &probes, &top(6).on(pool)).unwrap();
            let within = identify_faces(&snapshot, &probes, &top(6).within(&sub_gallery).on(pool)).unwrap();
            for ((probe, found), within) in probes.iter().zip(&found).zip(&within) {
                assert_eq!(essence(found), oracle(compared(probe, None), 6, Score::LOWEST));
                assert_eq!(essence(within), oracle(compared(probe, Some(&some)), 6, Score::LOWEST));
            }
            assert_eq!(found[0].hits[0].citizen, citizen(&population, 3));
        }
    }
}

#[test]
fn a_probe_of_a_model_that_the_gallery_lacks_is_an_error_not_a_miss() {
    let population = Population::new(3);
    let folder = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(folder.path().join("gallery"), GalleryOptions::default()).unwrap();
    let other = FaceProbe::new(&FaceTemplate::new("other".parse().unwrap(), &[1.0; 512]).unwrap());
    let empty = identify_faces(&gallery.snapshot().unwrap(), std::slice::from_ref(&other), &top(1)).unwrap();
    assert_eq!(empty, [Found::default()], "nobody is enrolled, nobody is found");

    let writer = gallery.writer().unwrap();
    writer.add(citizen(&population, 0), &[NewReference::face(face(&population, 0, 0))]).unwrap();
    writer.commit().unwrap();
    let snapshot = gallery.snapshot().unwrap();
    let error = identify_faces(&snapshot, &[other], &top(1)).unwrap_err();
    assert!(matches!(&error, SearchError::Model { gallery, .. } if gallery.len() == 1), "{error}");
    let short = FaceProbe::new(&FaceTemplate::new("synthetic".parse().unwrap(), &[1.0; 128]).unwrap());
    let error = identify_faces(&snapshot, &[short], &top(1)).unwrap_err();
    assert!(matches!(error, SearchError::Face(_)), "{error}");
}
