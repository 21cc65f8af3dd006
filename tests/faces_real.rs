//! Real embeddings, where they are: set `BIOMATCH_DATA` to the folder of development data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;

use biomatch::face::{self, FaceMatrix, FaceProbe};
use biomatch::template::face_file::Embeddings;

/// The embeddings' file and the subject of each row.
fn news() -> Option<(Vec<u8>, Vec<u32>)> {
    let Some(data) = std::env::var_os("BIOMATCH_DATA") else {
        println!("skipped: BIOMATCH_DATA is not set");
        return None;
    };
    let folder = PathBuf::from(data).join("faces");
    let subjects = fs::read_to_string(folder.join("news-dev.subjects.txt")).unwrap();
    let subjects = subjects.lines().map(|line| line.trim().parse().unwrap()).collect();
    Some((fs::read(folder.join("news-dev.npy")).unwrap(), subjects))
}

#[test]
fn genuine_pairs_stand_apart_from_impostors() {
    let Some((file, subjects)) = news() else { return };
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
    assert!(fnmr < 0.04, "{fnmr}");
}

#[test]
fn templates_rows_and_matrices_agree_to_the_bit() {
    let Some((file, _)) = news() else { return };
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
