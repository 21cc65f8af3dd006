//! The cascade against plain oracles: one that sorts everything by every stage, and the exhaustive search.

use std::num::NonZeroUsize;

use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore};
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::gallery::{ReferenceId, Snapshot};
use biomatch::search::{
    Cascade, Effort, FingerQuery, Found, Keep, Search, Seen, Share, SubGallery, identify_fingers,
    identify_person,
};
use biomatch::subject::SubjectId;
use biomatch::template::{Finger, FingerPosition};
use biomatch::units::Score;
use biomatch_datasets::Population;
use rayon::ThreadPoolBuilder;

use crate::search_support::{CITIZENS, FINGERS, citizen, finger, galleries};

fn probes(population: &Population) -> Vec<(FingerProbe, FingerPosition)> {
    let known = FingerPosition::Known;
    [
        (1, Finger::RightIndex, known(Finger::RightIndex)),
        (3, Finger::RightIndex, known(Finger::RightIndex)),
        (5, Finger::LeftIndex, FingerPosition::Unknown),
        (8, Finger::RightThumb, known(Finger::RightThumb)), // deleted
        (9, Finger::LeftIndex, known(Finger::RightThumb)),  // another finger
    ]
    .into_iter()
    .map(|(index, which, position)| {
        let template = finger(population, index, which, 2).unwrap();
        (FingerProbe::new(FingerFeatures::new(&template.minutiae).view()), position)
    })
    .collect()
}

fn queries(probes: &[(FingerProbe, FingerPosition)]) -> Vec<FingerQuery<'_>> {
    probes.iter().map(|(probe, position)| FingerQuery { probe, position: *position }).collect()
}

fn top(k: usize) -> Search<'static> {
    Search::top(NonZeroUsize::new(k).unwrap())
}

fn keep(share: f64, floor: u32) -> Keep {
    Keep::new(Share::new(share).unwrap(), floor)
}

/// A row with all that the stages say of it.
#[derive(Clone)]
struct Row {
    citizen: SubjectId,
    reference: ReferenceId,
    coarse: FilterScore,
    fine: FilterScore,
    relaxed: Score,
    full: Score,
}

fn rows(snapshot: &Snapshot, query: &FingerQuery<'_>, within: Option<&[SubjectId]>) -> Vec<Row> {
    let model = snapshot.code_model();
    let probe = CodeProbe::new(model.encode(query.probe.view()).view());
    let mut scratch = Scratch::default();
    let mut rows = Vec::new();
    for block in snapshot.finger_blocks() {
        let codes = block.codes(model.id()).unwrap();
        for row in (0..block.len()).filter(|&row| block.is_live(row)) {
            let meta = block.meta(row);
            let citizen = meta.subject().unwrap();
            let meets = query.position.finger().is_none()
                || meta.position() == FingerPosition::Unknown
                || meta.position() == query.position;
            if !meets || within.is_some_and(|within| !within.contains(&citizen)) {
                continue;
            }
            let one = CodeRows {
                words: codes.words.map(|words| &words[row..=row]),
                directions: &codes.directions[row..=row],
                places: &codes.places[row..=row],
                counts: &codes.counts[row..=row],
                means: &codes.means[row..=row],
            };
            let (mut coarse, mut fine) = ([FilterScore::LOWEST], [FilterScore::LOWEST]);
            let mut relaxed = [Score::LOWEST];
            probe.coarse(one, &mut coarse);
            probe.fine(one, &mut fine);
            probe.relaxed_at(one, &[0], &mut relaxed);
            let full = query.probe.compare(block.finger(row).unwrap(), &mut scratch);
            rows.push(Row {
                citizen,
                reference: meta.reference(),
                coarse: coarse[0],
                fine: fine[0],
                relaxed: relaxed[0],
                full,
            });
        }
    }
    rows
}

/// The rows that have one of the `keep` greatest keys, and all that tie with the last of them.
fn leave<K: Ord + Copy>(rows: Vec<Row>, keep: usize, key: impl Fn(&Row) -> K) -> Vec<Row> {
    let mut keys: Vec<K> = rows.iter().map(&key).collect();
    keys.sort_unstable_by(|a, b| b.cmp(a));
    let Some(cut) = keys.get(keep.max(1) - 1).copied() else { return rows };
    rows.into_iter().filter(|row| key(row) >= cut).collect()
}

type Essence = (Vec<(SubjectId, ReferenceId, Score)>, u64, Seen);

/// What the three numbers of rows to keep leave, by sorting.
fn oracle(all: Vec<Row>, [coarse, fine, relaxed]: [usize; 3], top: usize, at_least: Score) -> Essence {
    let compared = all.len() as u64;
    let mut seen = Seen { coarse: compared, ..Seen::default() };
    let rows = leave(all, coarse, |row| row.coarse);
    seen.fine = rows.len() as u64;
    let mut rows = leave(rows, fine, |row| row.fine);
    seen.relaxed = rows.len() as u64;
    rows.sort_by(|a, b| b.relaxed.cmp(&a.relaxed).then(a.reference.cmp(&b.reference)));
    rows.truncate(relaxed);
    seen.full = rows.len() as u64;
    rows.sort_by(|a, b| b.full.cmp(&a.full).then(a.reference.cmp(&b.reference)));
    let mut hits: Vec<(SubjectId, ReferenceId, Score)> = Vec::new();
    for row in rows.iter().filter(|row| row.full >= at_least) {
        if hits.iter().all(|hit| hit.0 != row.citizen) {
            hits.push((row.citizen, row.reference, row.full));
        }
    }
    hits.truncate(top);
    (hits, compared, seen)
}

/// What a result says without places, which depend on how the gallery is cut.
fn essence(found: &Found) -> Essence {
    assert_eq!(found.damaged, []);
    let hits = found.hits.iter().map(|hit| (hit.citizen, hit.reference, hit.score)).collect();
    (hits, found.compared, found.seen)
}

fn of(share: f64, floor: usize, rows: usize) -> usize {
    ((share * rows as f64).ceil() as usize).max(floor).min(rows)
}

#[test]
fn a_cascade_is_its_oracle_for_any_cut_and_any_threads() {
    let population = Population::new(1);
    let pools = [1, 2, 8].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let probes = probes(&population);
    let queries = queries(&probes);
    let some: Vec<SubjectId> = (1..40).map(|index| citizen(&population, index)).collect();
    let sub_gallery: SubGallery = some.iter().copied().collect();
    let threshold = Score::new(0.0).unwrap();
    let cascade = Cascade { coarse: keep(0.4, 3), fine: keep(0.2, 2), relaxed: keep(0.05, 4) };
    let search = top(3).effort(Effort::Custom(cascade));

    let mut reference: Option<Vec<Essence>> = None;
    for (_folder, gallery) in galleries(&population) {
        let snapshot = gallery.snapshot().unwrap();
        let expected = |within: Option<&[SubjectId]>, k, at_least| -> Vec<Essence> {
            let of_query = |query| {
                let rows = rows(&snapshot, query, within);
                let n = rows.len();
                oracle(rows, [of(0.4, 3, n), of(0.2, 2, n), of(0.05, 4, n)], k, at_least)
            };
            queries.iter().map(of_query).collect()
        };
        let all = expected(None, 3, Score::LOWEST);
        let narrow = expected(Some(&some), 2, threshold);
        for pool in &pools {
            let found = identify_fingers(&snapshot, &queries, &search.on(pool)).unwrap();
            assert!(found.iter().all(|found| !found.is_exhaustive()));
            let essences: Vec<_> = found.iter().map(essence).collect();
            assert_eq!(essences, all);
            assert_eq!(reference.get_or_insert_with(|| essences.clone()), &essences, "another cut");
            for (query, together) in queries.iter().zip(&found) {
                let alone = identify_fingers(&snapshot, std::slice::from_ref(query), &search).unwrap();
                assert_eq!(alone, std::slice::from_ref(together), "a batch is its queries");
            }
            let search = top(2).effort(Effort::Custom(cascade)).at_least(threshold).within(&sub_gallery);
            let found = identify_fingers(&snapshot, &queries, &search.on(pool)).unwrap();
            assert_eq!(found.iter().map(essence).collect::<Vec<_>>(), narrow);
        }
        assert_eq!(all[0].0[0].0, citizen(&population, 1), "the mate comes first");
        assert!(all[3].0.iter().all(|hit| hit.0 != citizen(&population, 8)), "the deleted are gone");
    }
}

#[test]
fn a_cascade_that_keeps_nearly_everything_finds_what_an_exhaustive_search_finds() {
    let population = Population::new(1);
    let probes = probes(&population);
    let queries = queries(&probes);
    for (_folder, gallery) in galleries(&population) {
        let snapshot = gallery.snapshot().unwrap();
        let exhaustive = identify_fingers(&snapshot, &queries, &top(5).effort(Effort::Exhaustive)).unwrap();
        assert!(exhaustive.iter().all(Found::is_exhaustive));
        // The first three probes have a mate; which strangers come after it is the full score's matter.
        let firsts = |found: &[Found]| found[..3].iter().map(|found| found.hits[0]).collect::<Vec<_>>();
        for (coarse, fine) in [(0.95, 0.95), (1.0, 0.95), (1.0, 1.0), (0.95, 1.0)] {
            let cascade = Cascade { coarse: keep(coarse, 0), fine: keep(fine, 0), relaxed: keep(0.9, 0) };
            let found =
                identify_fingers(&snapshot, &queries, &top(5).effort(Effort::Custom(cascade))).unwrap();
            assert_eq!(firsts(&found), firsts(&exhaustive));
            for (found, exhaustive) in found.iter().zip(&exhaustive) {
                assert!(!found.is_exhaustive() && found.compared == exhaustive.compared);
                assert_eq!(
                    found.seen.coarse > 0,
                    coarse < 1.0 && fine < 1.0,
                    "a stage that keeps all is left out"
                );
                assert_eq!(found.seen.fine > 0, fine < 1.0);
            }
        }
        let all = Cascade { coarse: keep(0.1, 0), fine: keep(0.1, 0), relaxed: Keep::ALL };
        for effort in [Effort::Standard, Effort::Careful, Effort::default(), Effort::Custom(all)] {
            let found = identify_fingers(&snapshot, &queries, &top(5).effort(effort)).unwrap();
            assert!(found.iter().all(Found::is_exhaustive), "a small gallery is searched in full");
            assert_eq!(found, exhaustive);
        }
    }
}

#[test]
fn a_person_is_found_by_all_fingers_for_any_cut_and_any_threads() {
    let population = Population::new(1);
    let pools = [1, 2, 8].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let cascade = Cascade { coarse: keep(0.5, 0), fine: keep(0.5, 0), relaxed: keep(0.2, 0) };
    let person = |index: u64, known: bool| -> Vec<(FingerProbe, FingerPosition)> {
        let probe = |&which: &Finger| {
            let template = finger(&population, index, which, 2)?;
            let position = if known { FingerPosition::Known(which) } else { FingerPosition::Unknown };
            Some((FingerProbe::new(FingerFeatures::new(&template.minutiae).view()), position))
        };
        FINGERS.iter().filter_map(probe).collect()
    };
    let people: Vec<(u64, Vec<_>)> = [(1, true), (3, true), (5, false), (8, true)]
        .map(|(index, known)| (index, person(index, known)))
        .into();
    let mut reference: Option<Vec<_>> = None;
    for (_folder, gallery) in galleries(&population) {
        let snapshot = gallery.snapshot().unwrap();
        for pool in &pools {
            let mut essences = Vec::new();
            for (index, fingers) in &people {
                let queries = queries(fingers);
                let search = top(3).on(pool);
                let all = identify_person(&snapshot, &queries, &search.effort(Effort::Exhaustive)).unwrap();
                let found =
                    identify_person(&snapshot, &queries, &search.effort(Effort::Custom(cascade))).unwrap();
                assert!(all.is_exhaustive() && !found.is_exhaustive() && found.seen.full < all.seen.full / 2);
                assert_eq!(found.compared, all.compared);
                if *index != 8 {
                    assert_eq!(found.people[0], all.people[0], "the mate, by the same hits");
                    assert_eq!(found.people[0].citizen, citizen(&population, *index));
                }
                // Each finger's hit is what a search for that finger alone finds of the citizen.
                for (at, query) in queries.iter().enumerate() {
                    let alone = top(CITIZENS as usize).effort(Effort::Exhaustive);
                    let alone = identify_fingers(&snapshot, std::slice::from_ref(query), &alone).unwrap();
                    for person in &all.people {
                        let hit = alone[0].hits.iter().find(|hit| hit.citizen == person.citizen);
                        assert_eq!(person.hits[at].as_ref(), hit);
                    }
                }
                let hit = |hit: &Option<biomatch::search::Hit>| hit.map(|hit| (hit.reference, hit.score));
                let people =
                    found.people.iter().map(|p| (p.citizen, p.hits.iter().map(hit).collect::<Vec<_>>()));
                essences.push((people.collect::<Vec<_>>(), found.compared, found.seen));
            }
            assert_eq!(reference.get_or_insert_with(|| essences.clone()), &essences);
        }
    }
}
