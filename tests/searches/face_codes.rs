//! The search by codes finds what a search by vectors finds, to the bit: for any cut of the gallery,
//! threads, deletions, sub-gallery, threshold and number of hits, near ties included.

mod stored_codes;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use biomatch::citizen::CitizenId;
use biomatch::face::FaceProbe;
use biomatch::gallery::{Gallery, GalleryOptions, NewReference, Snapshot};
use biomatch::search::{Found, OneBit, Search, SubGallery, identify_faces, identify_faces_by_vectors};
use biomatch::storage::Memory;
use biomatch::subject::SubjectId;
use biomatch::template::{FaceTemplate, ModelId};
use biomatch::units::Score;
use rayon::ThreadPoolBuilder;

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / 8_388_608.0 - 1.0
    }

    fn vector(&mut self, dimension: usize) -> Vec<f32> {
        (0..dimension).map(|_| self.next()).collect()
    }
}

fn citizen(value: u64) -> SubjectId {
    CitizenId::from_value(value).unwrap().into()
}

fn model() -> ModelId {
    "m".parse().unwrap()
}

fn template(values: &[f32]) -> FaceTemplate {
    FaceTemplate::new(model(), values).unwrap()
}

/// Faces of which a third are nearly one of a few, and some of those exactly: near ties and ties.
fn faces(count: usize, dimension: usize) -> Vec<Vec<f32>> {
    let mut numbers = Numbers(7);
    let few: Vec<Vec<f32>> = (0..5).map(|_| numbers.vector(dimension)).collect();
    (0..count)
        .map(|index| {
            let near = &few[index % few.len()];
            match index % 9 {
                0 => near.clone(),
                1 => near.iter().map(|x| x + 1e-6 * numbers.next()).collect(),
                2 => near.iter().map(|x| x + 0.5 * numbers.next()).collect(),
                _ => numbers.vector(dimension),
            }
        })
        .collect()
}

/// One face or two a citizen; every eleventh citizen is deleted again.
fn enrol(gallery: &Gallery, faces: &[Vec<f32>], a_commit: u64) {
    let writer = gallery.writer().unwrap();
    for (number, faces) in faces.chunks(3).enumerate() {
        let number = 2 * number as u64;
        for (face, of) in faces.iter().zip([0, 0, 1]) {
            writer.add(citizen(number + of), &[NewReference::face(template(face))]).unwrap();
        }
        if number.is_multiple_of(a_commit) {
            writer.commit().unwrap();
        }
    }
    writer.commit().unwrap();
    for number in (0..2 * faces.len() as u64 / 3).step_by(11) {
        writer.delete(citizen(number)).unwrap();
    }
    writer.commit().unwrap();
}

fn probes(faces: &[Vec<f32>]) -> Vec<FaceProbe> {
    let mut numbers = Numbers(99);
    let mut probes: Vec<FaceProbe> =
        faces.iter().step_by(faces.len() / 12).map(|face| FaceProbe::new(&template(face))).collect();
    let dimension = faces[0].len();
    probes.extend((0..5).map(|_| FaceProbe::new(&template(&numbers.vector(dimension)))));
    probes
}

/// What a query found, without places, which depend on the cut: hits, and how many were compared.
type Essence = (Vec<(SubjectId, u64, u32)>, u64);

fn essence(found: &[Found]) -> Vec<Essence> {
    let hits = |found: &Found| {
        let hit =
            |hit: &biomatch::search::Hit| (hit.citizen, hit.reference.value(), hit.score.get().to_bits());
        (found.hits.iter().map(hit).collect(), found.compared)
    };
    found.iter().map(hits).collect()
}

fn top(k: usize) -> Search<'static> {
    Search::top(NonZeroUsize::new(k).unwrap())
}

fn check(snapshot: &Snapshot, probes: &[FaceProbe], citizens: u64) -> Vec<Vec<Essence>> {
    let pools = [1, 3].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let few: SubGallery = (0..citizens).step_by(97).map(citizen).collect();
    let many: SubGallery = (0..citizens).filter(|n| n % 5 != 0).map(citizen).collect();
    let score = |value| Score::new(value).unwrap();
    let searches = [
        top(1),
        top(10),
        top(300),
        top(100_000),
        top(10).at_least(score(0.3)),
        top(100_000).at_least(score(0.95)),
        top(3).at_least(score(1.5)),
        top(10).within(&few),
        top(10).within(&many),
        top(300).at_least(score(0.1)).within(&many),
    ];
    let mut all = Vec::new();
    for search in searches {
        let expected = identify_faces_by_vectors(snapshot, probes, &search).unwrap();
        for pool in &pools {
            let found = identify_faces(snapshot, probes, &search.on(pool)).unwrap();
            assert_eq!(found, expected, "{search:?}");
        }
        for (probe, expected) in probes.iter().zip(&expected).take(3) {
            for pool in &pools {
                let alone = identify_faces(snapshot, std::slice::from_ref(probe), &search.on(pool)).unwrap();
                assert_eq!(alone, std::slice::from_ref(expected), "{search:?}");
            }
        }
        all.push(essence(&expected));
    }
    all
}

#[test]
fn codes_find_what_vectors_find() {
    for (count, dimension) in [(2_600, 64), (1_500, 30)] {
        let faces = faces(count, dimension);
        let probes = probes(&faces);
        let mut reference = None;
        // All in memory; one segment; many.
        for (flush_at, a_commit) in [(usize::MAX, 10_000), (1, 10_000), (1, 250)] {
            let options = GalleryOptions::default().flush_at(flush_at);
            let gallery = Gallery::create_in(Arc::new(Memory::new()), options).unwrap();
            enrol(&gallery, &faces, a_commit);
            let found = check(&gallery.snapshot().unwrap(), &probes, 2 * count as u64 / 3);
            assert_eq!(&found, reference.get_or_insert_with(|| found.clone()), "another cut");
        }
    }
}

#[test]
fn more_probes_than_pass_a_piece_together() {
    let faces = faces(1_300, 16);
    let gallery = Gallery::create_in(Arc::new(Memory::new()), GalleryOptions::default().flush_at(1)).unwrap();
    enrol(&gallery, &faces, 10_000);
    let snapshot = gallery.snapshot().unwrap();
    let probes: Vec<FaceProbe> = faces.iter().map(|face| FaceProbe::new(&template(face))).collect();
    for search in [top(2), top(5).at_least(Score::new(0.8).unwrap())] {
        let expected = identify_faces_by_vectors(&snapshot, &probes, &search).unwrap();
        assert_eq!(identify_faces(&snapshot, &probes, &search).unwrap(), expected);
    }
}

/// The high planes of codes are read alone where the least score allows it, and mean nothing else: single
/// probes with thresholds of every height, and with floors that rise, find what vectors find.
#[test]
fn thresholds_find_what_vectors_find() {
    let (count, dimension) = (4_000, 128);
    let faces = faces(count, dimension);
    let gallery = Gallery::create_in(Arc::new(Memory::new()), GalleryOptions::default().flush_at(1)).unwrap();
    enrol(&gallery, &faces, 10_000);
    let snapshot = gallery.snapshot().unwrap();
    let many: SubGallery = (0..count as u64).filter(|n| n % 5 != 0).map(citizen).collect();
    for probe in &probes(&faces) {
        let probe = std::slice::from_ref(probe);
        let all = identify_faces_by_vectors(&snapshot, probe, &top(60)).unwrap();
        // Thresholds at scores that occur, where a tie must be found, and between them.
        let mut thresholds: Vec<f32> = all[0].hits.iter().step_by(7).map(|hit| hit.score.get()).collect();
        thresholds.extend([0.15, 0.3, 0.45, 0.6, 0.9]);
        for threshold in thresholds {
            for search in [top(1), top(100), top(100).within(&many)] {
                let search = search.at_least(Score::new(threshold).unwrap());
                let expected = identify_faces_by_vectors(&snapshot, probe, &search).unwrap();
                assert_eq!(identify_faces(&snapshot, probe, &search).unwrap(), expected, "{threshold}");
            }
        }
    }
}

/// Through a one-bit filter, the hits are the best of those whose signs are nearest, as the naive count says;
/// with a shortlist as long as the gallery, they are those of an exact search.
#[test]
fn a_filter_of_signs_finds_the_best_of_its_shortlist() {
    let (count, dimension) = (1_200, 40);
    let faces = faces(count, dimension);
    let probes = probes(&faces);
    let many: SubGallery = (0..count as u64).filter(|n| n % 3 != 0).map(citizen).collect();
    let least = |score| Score::new(score).unwrap();
    let searches = [
        (top(10), 10, -2.0),
        (top(300), 300, -2.0),
        (top(10).within(&many), 10, -2.0),
        (top(20).at_least(least(0.2)), 20, 0.2),
    ];
    let mut reference = None;
    for (flush_at, a_commit) in [(usize::MAX, 10_000), (1, 10_000), (1, 250)] {
        let options = GalleryOptions::default().flush_at(flush_at);
        let gallery = Gallery::create_in(Arc::new(Memory::new()), options).unwrap();
        enrol(&gallery, &faces, a_commit);
        let snapshot = gallery.snapshot().unwrap();
        let mut all = Vec::new();
        for (search, k, least) in &searches {
            let exact = identify_faces(&snapshot, &probes, search).unwrap();
            for shortlist in [1, 30, count] {
                let shortlist = NonZeroUsize::new(shortlist).unwrap();
                let filter = OneBit::measured(&snapshot, &probes, search, shortlist).unwrap();
                let found = filter.identify(&snapshot, &probes, search).unwrap();
                assert!(found.iter().all(|one| one.filter == filter && filter.shortlist() == shortlist));
                let found: Vec<Found> = found.into_iter().map(|one| one.found).collect();
                let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
                let again = filter.identify(&snapshot, &probes, &search.on(&pool)).unwrap();
                assert!(found.iter().eq(again.iter().map(|one| &one.found)));
                let lost = exact.iter().zip(&found).filter(|(a, b)| a.hits.first() != b.hits.first()).count();
                let with_hits = exact.iter().filter(|found| !found.hits.is_empty()).count();
                assert_eq!(filter.misses().missed, lost as u64);
                assert_eq!(filter.misses().searched, with_hits as u64);
                let compared: Vec<u64> = exact.iter().map(|found| found.compared).collect();
                assert!(found.iter().map(|found| found.compared).eq(compared));
                if shortlist.get() == count {
                    assert_eq!(found, exact);
                } else if flush_at == 1 {
                    all.push(essence(&found));
                    let lists = probes.iter().zip(&exact);
                    let lists = lists.map(|of| nearest(&snapshot, of, shortlist.get(), (*k, *least)));
                    assert_eq!(essence(&found), lists.collect::<Vec<_>>());
                }
            }
        }
        if flush_at == 1 {
            assert_eq!(&all, reference.get_or_insert_with(|| all.clone()), "another cut");
        }
    }
}

/// The oracle: signs of all rows that are searched, counted one by one. Those of a sub-gallery are the ones of
/// which an exact search compares fewer than all.
fn nearest(
    snapshot: &Snapshot,
    (probe, exact): (&FaceProbe, &Found),
    shortlist: usize,
    (k, least): (usize, f32),
) -> Essence {
    let differ = |a: &[f32], b: &[f32]| a.iter().zip(b).filter(|(a, b)| (**a < 0.0) != (**b < 0.0)).count();
    let mut near = Vec::new();
    for block in snapshot.face_blocks(&model()) {
        for row in (0..block.len()).filter(|&row| block.is_live(row)) {
            let (meta, vector) = (block.meta(row), block.vector(row).unwrap());
            let hit = (meta.subject().unwrap(), meta.reference().value(), probe.compare(vector).get());
            near.push((differ(probe.row(), vector), hit));
        }
    }
    if near.len() as u64 != exact.compared {
        near.retain(|(_, (citizen, ..))| citizen.citizen().unwrap().value() % 3 != 0);
    }
    assert_eq!(near.len() as u64, exact.compared);
    near.sort_by_key(|(distance, _)| *distance);
    let last = near[shortlist.min(near.len()) - 1].0;
    let near = near.into_iter().take_while(|(distance, _)| *distance <= last);
    let mut hits: Vec<_> = near.map(|(_, hit)| hit).filter(|(.., score)| *score >= least).collect();
    hits.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.1.cmp(&b.1)));
    let mut seen = HashSet::new();
    hits.retain(|hit| seen.insert(hit.0));
    hits.truncate(k);
    let hits = hits.into_iter().map(|(citizen, reference, score)| (citizen, reference, score.to_bits()));
    (hits.collect(), exact.compared)
}
