//! Codes of faces never rule out a row that scores enough, whatever the numbers.
#![no_main]

use biomatch::face::{CodedProbes, FaceCodes, FaceProbe, code_holds, code_rows, row};
use biomatch::kernels::Kernels;
use biomatch::template::FaceTemplate;
use libfuzzer_sys::fuzz_target;

/// A dimension, then numbers of two bytes: a mantissa and a small exponent, so that great and tiny ones
/// meet. The first vector is the probe; each later one may be given as a difference from the one before.
fn vectors(input: &[u8]) -> Option<Vec<Vec<f32>>> {
    let (&first, rest) = input.split_first()?;
    let dimension = usize::from(first) % 96 + 2;
    let mut vectors: Vec<Vec<f32>> = Vec::new();
    for piece in rest.chunks_exact(2 * dimension + 1).take(17) {
        let (kind, numbers) = piece.split_first()?;
        let number = |pair: &[u8; 2]| {
            let mantissa = f32::from(pair[0].cast_signed());
            mantissa * 2_f32.powi(i32::from(pair[1] % 40) - 40)
        };
        let mut vector: Vec<f32> = numbers.as_chunks::<2>().0.iter().map(number).collect();
        if let (1, Some(last)) = (kind % 2, vectors.last()) {
            vector = vector.iter().zip(last).map(|(x, last)| last + x * 1e-4).collect();
        }
        vectors.push(vector);
    }
    Some(vectors)
}

fuzz_target!(|input: &[u8]| {
    let Some(vectors) = vectors(input) else { return };
    let template = |vector: &Vec<f32>| FaceTemplate::new("m".parse().expect("a name"), vector).ok();
    let templates: Vec<FaceTemplate> = vectors.iter().filter_map(template).collect();
    let Some((probe, references)) = templates.split_first() else { return };
    let dimension = probe.embedding().len();
    let rows: Vec<Vec<f32>> = references.iter().map(row).collect();
    let views: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
    let lines = code_rows(&views, dimension);
    let codes = FaceCodes::new(&lines, dimension, rows.len()).expect("codes of these rows");
    let probe = FaceProbe::new(probe);
    let coded = CodedProbes::new(dimension, [probe.row()]);
    for (lane, row) in rows.iter().enumerate() {
        let (planes, lane) = (codes.planes(lane / 16, 1).expect("a block"), lane % 16);
        assert!(code_holds(planes, lane, row, dimension), "the errors of lane {lane}");
        let score = probe.compare(row);
        let exact: f64 = probe.row().iter().zip(row).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        assert!((exact - f64::from(score.get())).abs() < 1e-5, "{exact} {score}");
        for kernels in Kernels::all() {
            let (mut fine, mut high) = ([0], [0]);
            kernels.plane_candidates(coded.codes(0, 1), &coded.terms(0, score), planes, &mut fine);
            kernels.high_candidates(coded.codes(0, 1), &coded.high_terms(0, score), planes, &mut high);
            for [mask] in [fine, high] {
                assert!(mask >> lane & 1 == 1, "{kernels:?} rules out lane {lane}, which scores {score}");
            }
        }
    }
});
