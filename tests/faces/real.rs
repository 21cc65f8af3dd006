//! Real embeddings, in the folder of development data that `BIOMATCH_DATA` names.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::data_support::real_data;
use biomatch::citizen::CitizenId;
use biomatch::face::{self, FaceMatrix, FaceProbe};
use biomatch::gallery::{Gallery, GalleryOptions, NewReference};
use biomatch::search::{Found, OneBit, Search, identify_faces, identify_faces_by_vectors};
use biomatch::storage::Memory;
use biomatch::template::ModelId;
use biomatch::template::face_file::Embeddings;

/// The embeddings' file and the subject of each row.
fn news() -> (Vec<u8>, Vec<u32>) {
    let folder = real_data().join("faces");
    let subjects = fs::read_to_string(folder.join("news-dev.subjects.txt")).unwrap();
    let subjects = subjects.lines().map(|line| line.trim().parse().unwrap()).collect();
    (fs::read(folder.join("news-dev.npy")).unwrap(), subjects)
}

/// These embeddings never change: a figure moves only if the scores do.
fn assert_as_measured(what: &str, found: f64, measured: f64) {
    println!("{what}: {found:.4}; measured before: {measured}");
    assert!((found / measured - 1.0).abs() <= 0.05, "{what}: {found:.4}; measured before: {measured}");
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn genuine_pairs_stand_apart_from_impostors() {
    let (file, subjects) = news();
    let faces = Embeddings::npy(&file[..]).unwrap();
    assert_eq!((faces.rows(), faces.dimension()), (7785, 512));
    assert_eq!(subjects.len(), 7785);

    // All faces against the first 600: 4.7 million pairs.
    let all = faces.to_array();
    let model = || "news".parse().unwrap();
    let gallery = FaceMatrix::new(model(), all.view()).unwrap();
    let probes = FaceMatrix::new(model(), all.slice(ndarray::s![..600, ..])).unwrap();
    let scores = probes.compare_all(&gallery).unwrap();
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    for ((p, r), score) in scores.indexed_iter() {
        match subjects[p] == subjects[r] {
            _ if p >= r => {}
            true => genuine.push(score.get()),
            false => impostor.push(score.get()),
        }
    }
    impostor.sort_by(|a, b| b.total_cmp(a));
    let threshold = impostor[impostor.len() / 10_000];
    let missed = genuine.iter().filter(|&&score| score < threshold).count();
    let fnmr = missed as f64 / genuine.len() as f64;
    println!(
        "{} genuine, {} impostors, threshold {threshold}, FNMR {fnmr:.4} at FMR 1e-4",
        genuine.len(),
        impostor.len()
    );
    assert!(impostor.len() > 4_000_000 && genuine.len() > 300);
    assert_as_measured("FNMR at FMR 1e-4", fnmr, 0.0322);
}

#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn templates_rows_and_matrices_agree_to_the_bit() {
    let (file, _) = news();
    let faces = Embeddings::npy(&file[..]).unwrap();
    let model = "news".parse().unwrap();
    let array = faces.to_array();
    let matrix = FaceMatrix::new("news".parse().unwrap(), array.slice(ndarray::s![..40, ..])).unwrap();
    let scores = matrix.compare_all(&matrix).unwrap();
    for a in 0..40 {
        let left = faces.template(&model, a as u64).unwrap();
        for b in 0..40 {
            let right = faces.template(&model, b as u64).unwrap();
            let score = face::compare(&left, &right).unwrap();
            assert_eq!(score, scores[(a, b)]);
            assert_eq!(score, FaceProbe::new(&left).compare(&face::row(&right)));
        }
        assert!((scores[(a, a)].get() - 1.0).abs() < 1e-6);
    }
}

/// One to many: the first picture of everyone with several is enrolled, and of every other person with
/// one; second pictures and the remaining people are the probes.
#[test]
#[ignore = "needs BIOMATCH_DATA"]
fn a_search_by_codes_is_the_search_by_vectors() {
    let (file, subjects) = news();
    let faces = Embeddings::npy(&file[..]).unwrap();
    let model: ModelId = "news".parse().unwrap();
    let template = |row: usize| faces.template(&model, row as u64).unwrap();
    let mut pictures: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, &subject) in subjects.iter().enumerate() {
        pictures.entry(subject).or_default().push(row);
    }
    let gallery = Gallery::create_in(Arc::new(Memory::new()), GalleryOptions::default().flush_at(1)).unwrap();
    let writer = gallery.writer().unwrap();
    let (mut mated, mut strangers) = (Vec::new(), Vec::new());
    for (&subject, rows) in &pictures {
        let citizen = CitizenId::from_value(subject.into()).unwrap();
        match rows[..] {
            [only] if subject % 2 == 0 => strangers.push(FaceProbe::new(&template(only))),
            [first, ..] => {
                writer.add(citizen, &[NewReference::face(template(first))]).unwrap();
                mated.extend(rows.get(1).map(|&row| (citizen, FaceProbe::new(&template(row)))));
            }
            [] => {}
        }
    }
    writer.flush().unwrap();
    let snapshot = gallery.snapshot().unwrap();
    let (mates, mut probes): (Vec<CitizenId>, Vec<FaceProbe>) = mated.into_iter().unzip();
    probes.extend(strangers);
    let search = Search::top(NonZeroUsize::new(10).unwrap());
    let found = identify_faces(&snapshot, &probes, &search).unwrap();
    assert_eq!(found, identify_faces_by_vectors(&snapshot, &probes, &search).unwrap());

    for shortlist in [10, 30, 100, 300] {
        let shortlist = NonZeroUsize::new(shortlist).unwrap();
        let mated = OneBit::measured(&snapshot, &probes[..mates.len()], &search, shortlist).unwrap().misses();
        let others =
            OneBit::measured(&snapshot, &probes[mates.len()..], &search, shortlist).unwrap().misses();
        println!(
            "one-bit filter, shortlist {shortlist}: {} of {} mated probes lose their first place, {} of {} others",
            mated.missed, mated.searched, others.missed, others.searched
        );
    }
    let (found, of_strangers) = found.split_at(mates.len());
    let first = |found: &Found| found.hits[0];
    let right = mates.iter().zip(found).filter(|(mate, found)| first(found).citizen == **mate).count();
    let rank_1 = right as f64 / mates.len() as f64;
    println!("{} enrolled, {} mated probes, rank-1 {rank_1:.4}", snapshot.face_count(), mates.len());
    let mut tops: Vec<f32> = of_strangers.iter().map(|found| first(found).score.get()).collect();
    tops.sort_by(|a, b| b.total_cmp(a));
    for (fpir, measured) in [(1e-2, 0.1156), (1e-3, 0.6964)] {
        // At most this share of strangers scores above the threshold.
        let threshold = tops[(fpir * tops.len() as f64) as usize];
        let named = |(mate, found): (&CitizenId, &Found)| {
            first(found).citizen == *mate && first(found).score.get() > threshold
        };
        let missed = mates.iter().zip(found).filter(|&pair| !named(pair)).count();
        let fnir = missed as f64 / mates.len() as f64;
        println!("{} strangers, threshold {threshold:.4}", tops.len());
        assert_as_measured(&format!("FNIR at FPIR {fpir}"), fnir, measured);
    }
    assert_as_measured("mates that are not first", 1.0 - rank_1, 0.0333);
}
