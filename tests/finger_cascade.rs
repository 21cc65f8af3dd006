//! The cascade against plain oracles: one that sorts everything by every stage, and the exhaustive search.
#![allow(clippy::unwrap_used)]

#[path = "../src/bin/biomatch/generated.rs"]
mod generated;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use biomatch::citizen::CitizenId;
use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore};
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::gallery::{Gallery, NewReference, Options, ReferenceId, Snapshot, Writer};
use biomatch::search::{
    Cascade, Effort, FingerQuery, Found, Keep, Search, Seen, Share, SubGallery, identify_fingers,
    identify_person,
};
use biomatch::template::{Finger, FingerPosition, FingerprintTemplate};
use biomatch::units::Score;
use biomatch_datasets::{Capture, Population};
use rayon::ThreadPoolBuilder;

const CITIZENS: u64 = 50;
const FINGERS: [Finger; 3] = [Finger::RightThumb, Finger::RightIndex, Finger::LeftIndex];

fn citizen(population: &Population, index: u64) -> CitizenId {
    CitizenId::from_value(population.citizen(index).number()).unwrap()
}

fn finger(population: &Population, index: u64, finger: Finger, number: u64) -> Option<FingerprintTemplate> {
    let impression = population.citizen(index).finger(finger.code())?.impression(&Capture::ENROLMENT, number);
    Some(generated::fingerprint(finger.code(), &impression))
}

/// Three fingers of everyone; of every third citizen a second impression, its position not known. One in
/// eight is deleted again.
fn enrol(population: &Population, writer: &Writer, citizens_a_commit: u64) {
    for index in 0..CITIZENS {
        let mut fingers: Vec<FingerprintTemplate> =
            FINGERS.iter().filter_map(|&f| finger(population, index, f, 0)).collect();
        if index.is_multiple_of(3) {
            fingers.extend(finger(population, index, Finger::RightIndex, 1).map(|mut second| {
                second.position = FingerPosition::Unknown;
                second
            }));
        }
        let references: Vec<_> = fingers.into_iter().map(NewReference::finger).collect();
        writer.add(citizen(population, index), &references).unwrap();
        if index % citizens_a_commit == citizens_a_commit - 1 {
            writer.commit().unwrap();
        }
    }
    for index in (0..CITIZENS).step_by(8) {
        writer.delete(citizen(population, index)).unwrap();
    }
    writer.commit().unwrap();
}

/// The same citizens in galleries that are cut differently: all in memory; one segment; many.
fn galleries(population: &Population) -> Vec<(tempfile::TempDir, Gallery)> {
    [(usize::MAX, CITIZENS), (1, CITIZENS), (1, 6)]
        .into_iter()
        .map(|(flush_at, citizens_a_commit)| {
            let folder = tempfile::tempdir().unwrap();
            let options = Options::default().flush_at(flush_at);
            let gallery = Gallery::create(folder.path().join("gallery"), options).unwrap();
            enrol(population, &gallery.writer().unwrap(), citizens_a_commit);
            (folder, gallery)
        })
        .collect()
}

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
    citizen: CitizenId,
    reference: ReferenceId,
    coarse: FilterScore,
    fine: FilterScore,
    relaxed: Score,
    full: Score,
}

fn rows(snapshot: &Snapshot, query: &FingerQuery<'_>, within: Option<&[CitizenId]>) -> Vec<Row> {
    let model = snapshot.code_model();
    let probe = CodeProbe::new(model.encode(query.probe.view()).view());
    let mut scratch = Scratch::default();
    let mut rows = Vec::new();
    for block in snapshot.finger_blocks() {
        let codes = block.codes(model.id()).unwrap();
        for row in (0..block.len()).filter(|&row| block.is_live(row)) {
            let meta = block.meta(row);
            let citizen = meta.citizen().unwrap();
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
            let [coarse, fine, relaxed] = [(coarse[0]), (fine[0])].map(|s| s).into_iter().fold(
                [None, None, None],
                |[a, b, _], s| if a.is_none() { [Some(s), b, None] } else { [a, Some(s), None] },
            ) else { unreachable!() };
            rows.push(Row {
                citizen,
                reference: meta.reference(),
                coarse: coarse.unwrap(),
                fine: fine.unwrap(),
                relaxed: relaxed.unwrap(),
                full,
            });
        }
    }
    rows
}
