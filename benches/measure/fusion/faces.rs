//! A real finger with a real face of somebody else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use biomatch::calibration::{ComparisonSet, Fit};
use biomatch::face::FaceMatrix;
use biomatch::fusion::{Best, FusionTable, Part, fuse};
use biomatch::template::face_file::Embeddings;
use biomatch::units::Score;
use ndarray::{Array2, Axis};

use crate::LEADER;
use crate::data::{DATABASES, FINGERS, Scores, database, finger, table_without};
use crate::rates::{Comparison, Comparisons, Random, print_stated, print_table};

/// Faces that each non-mated, and each mated, comparison of fingers is combined with.
const NON_MATED: usize = 60;
const MATED: usize = 20;

pub(crate) fn print(all: &[Scores], data: &Path) {
    println!("## A finger (leader) and a face of chimeric people\n");
    let bytes = fs::read(data.join("faces/news-dev.npy")).unwrap();
    let embeddings = Embeddings::npy(bytes).unwrap().to_array();
    let text = fs::read_to_string(data.join("faces/news-dev.subjects.txt")).unwrap();
    let subjects: Vec<u32> = text.lines().map(|line| line.trim().parse().unwrap()).collect();
    let half = |odd: u32| -> (FaceMatrix, Vec<u32>) {
        let rows: Vec<usize> = (0..subjects.len()).filter(|row| subjects[*row] % 2 == odd).collect();
        let chosen: Array2<f32> = embeddings.select(Axis(0), &rows);
        let matrix = FaceMatrix::new("news".parse().unwrap(), chosen.view()).unwrap();
        (matrix, rows.iter().map(|row| subjects[*row]).collect())
    };
    let face_table = face_table(&half(0));
    let (faces, owners) = half(1);
    let mut pictures: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, owner) in owners.iter().enumerate() {
        pictures.entry(*owner).or_default().push(row);
    }
    let several: Vec<u32> =
        pictures.iter().filter(|(_, rows)| rows.len() > 1).map(|(owner, _)| *owner).collect();
    let numbers: BTreeMap<u32, u32> =
        pictures.keys().copied().zip((DATABASES.len() * FINGERS) as u32..).collect();
    let mut found = Comparisons::new(DATABASES.len() * FINGERS + numbers.len());
    let mut random = Random::new(1);
    let leader = &all[LEADER];
    for place in 0..DATABASES.len() {
        let table = table_without(all, &[place]);
        for (a, b) in leader.pairs().filter(|(a, b)| database(*a) == place && database(*b) == place) {
            let mated = finger(a) == finger(b);
            for _ in 0..if mated { MATED } else { NON_MATED } {
                let (one, other) = if mated {
                    let rows = &pictures[&several[random.below(several.len())]];
                    let first = random.below(rows.len());
                    let second = (first + 1 + random.below(rows.len() - 1)) % rows.len();
                    (rows[first], rows[second])
                } else {
                    let one = random.below(owners.len());
                    let mut other = random.below(owners.len());
                    while owners[other] == owners[one] {
                        other = random.below(owners.len());
                    }
                    (one, other)
                };
                let face = faces.compare(one, &faces, other).unwrap().unwrap();
                let comparison = comparison(&table, &face_table, leader.score(a, b), face, {
                    let mut units = vec![
                        finger(a) as u32,
                        finger(b) as u32,
                        numbers[&owners[one]],
                        numbers[&owners[other]],
                    ];
                    units.sort_unstable();
                    units.dedup();
                    units
                });
                if mated { found.mated.push(comparison) } else { found.non_mated.push(comparison) }
            }
        }
    }
    print_table(&found, &["the finger", "the face", "the sum of scores", "fused"], &[1e-3, 1e-4, 1e-5]);
    print_stated(&found, 3, &[1e-2, 1e-3, 1e-4, 1e-5]);
}

fn comparison(
    fingers: &FusionTable,
    faces: &FusionTable,
    finger: Score,
    face: Score,
    units: Vec<u32>,
) -> Comparison {
    let [one, other] = [finger, face].map(|score| [Best { score, comparisons: 1 }]);
    let fused = fuse(&[Part { table: fingers, best: &one }, Part { table: faces, best: &other }]).unwrap();
    let (finger, face) = (f64::from(finger.get()), f64::from(face.get()));
    Comparison { units, values: vec![finger, face, finger + face, -fused.fmr.rate().log10()] }
}

/// Fitted on all pairs of one half of the subjects.
fn face_table((faces, owners): &(FaceMatrix, Vec<u32>)) -> FusionTable {
    let cosines = faces.compare_all(faces).unwrap();
    let pairs = cosines.rows().into_iter().enumerate().flat_map(|(a, row)| {
        let later = row.into_iter().copied().enumerate().skip(a + 1);
        later.map(move |(b, score)| ([owners[a], owners[b]], score)).collect::<Vec<_>>()
    });
    let set = ComparisonSet::of_subjects("half of the faces", pairs);
    FusionTable::new(Fit::new("news", "half of the faces").set(set).finish().unwrap()).unwrap()
}
