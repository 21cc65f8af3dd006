use ndarray::Array2;

use super::*;

const DIMENSION: usize = 24;

/// Standard normal numbers, nearly: sums of twelve uniform ones.
struct Random(u64);

impl Random {
    fn normal(&mut self) -> f32 {
        let mut uniform = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 40) as f32 / (1 << 24) as f32
        };
        (0..12).map(|_| uniform()).sum::<f32>() - 6.0
    }
}

/// Portraits of subjects. A portrait is the subject and noise; with `honest` lengths, the noisier the shorter.
fn portraits(subjects: u32, each: usize, honest: bool) -> (Array2<f32>, Vec<u32>) {
    let mut random = Random(u64::from(subjects));
    let mut numbers = Vec::new();
    let mut names = Vec::new();
    for subject in 0..subjects {
        let centre: Vec<f32> =
            (0..DIMENSION).map(|i| random.normal() * if i < 4 { 2.5 } else { 1.0 }).collect();
        for _ in 0..each {
            let noise = 0.2 + 0.25 * random.normal().abs();
            let row: Vec<f32> = centre.iter().map(|x| x + noise * random.normal()).collect();
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            let wanted = if honest { 20.0 / (0.5 + noise) } else { 1.0 };
            numbers.extend(row.iter().map(|x| x / length * wanted));
            names.push(subject);
        }
    }
    (Array2::from_shape_vec((names.len(), DIMENSION), numbers).unwrap(), names)
}

fn trained(faces: &Array2<f32>, subjects: &[u32]) -> (FaceNormaliser, FaceReport) {
    train(&"net".parse().unwrap(), faces.view(), subjects, "generated", Fmr::new(1e-3).unwrap()).unwrap()
}

#[test]
fn lengths_that_say_how_good_a_portrait_is_win() {
    let (faces, subjects) = portraits(300, 4, true);
    let (normaliser, report) = trained(&faces, &subjects);
    let Gain { cosine, normalised } = report.cross_validated;
    assert!(normalised < 0.9 * cosine, "{report:?}");
    assert!(report.trained.normalised <= report.trained.cosine, "{report:?}");
    assert_eq!((report.subjects, report.mated), (300, 300 * 6));
    assert_eq!(report.non_mated, 1200 * 1199 / 2 - 1800);
    assert_eq!((normaliser.dimension(), normaliser.note()), (DIMENSION, "generated"));
}

/// What is reported is what the normaliser's templates do over all pairs, by a plain count.
#[test]
fn the_report_is_what_its_templates_do() {
    for honest in [true, false] {
        let (faces, subjects) = portraits(150, 4, honest);
        let (normaliser, report) = trained(&faces, &subjects);
        let matrix = FaceMatrix::normalised(&normaliser, faces.view()).unwrap();
        let plain = FaceMatrix::new("net".parse().unwrap(), faces.view()).unwrap();
        for (matrix, expected) in [(plain, report.trained.cosine), (matrix, report.trained.normalised)] {
            let scores = matrix.compare_all(&matrix).unwrap();
            let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
            for a in 0..subjects.len() {
                for b in a + 1..subjects.len() {
                    let score = scores[(a, b)].get();
                    if subjects[a] == subjects[b] { mated.push(score) } else { non_mated.push(score) }
                }
            }
            non_mated.sort_unstable_by(|a, b| b.total_cmp(a));
            let threshold = non_mated[(1e-3 * non_mated.len() as f64) as usize];
            let missed =
                mated.iter().filter(|&&score| score <= threshold).count() as f64 / mated.len() as f64;
            // Rounding moves no more than a pair or two.
            assert!((missed - expected).abs() <= 2.0 / mated.len() as f64, "{missed} {report:?}");
        }
    }
}

#[test]
fn the_number_of_threads_and_the_scale_change_nothing() {
    let (faces, subjects) = portraits(150, 4, true);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| trained(&faces, &subjects))
    };
    let (one, three) = (on(1), on(3));
    assert_eq!(one.0.write(), three.0.write());
    assert_eq!(one.1, three.1);
    // A template does not depend on the kernels' level either: tests of the normaliser.
    let matrix = FaceMatrix::normalised(&one.0, faces.view()).unwrap();
    let row = faces.row(17);
    let template = one.0.template(row.as_slice().unwrap()).unwrap();
    assert_eq!(&matrix.row(17).unwrap()[..template.embedding().len()], template.embedding());
}

#[test]
fn great_rates_have_their_thresholds_too() {
    let (faces, subjects) = portraits(150, 4, true);
    let model = "net".parse().unwrap();
    let rates = [1e-3, 1e-2, 5e-2].map(|fmr| {
        train(&model, faces.view(), &subjects, "", Fmr::new(fmr).unwrap()).unwrap().1.trained.cosine
    });
    assert!(rates[0] < 1.0 && rates[0] >= rates[1] && rates[1] >= rates[2], "{rates:?}");
}

#[test]
fn too_little_to_learn_from_is_refused() {
    let model: ModelId = "net".parse().unwrap();
    let of = |faces: &Array2<f32>, subjects: &[u32], fmr: f64| {
        train(&model, faces.view(), subjects, "", Fmr::new(fmr).unwrap()).unwrap_err()
    };
    let (faces, subjects) = portraits(20, 4, true);
    assert!(matches!(of(&faces, &subjects, 1e-3), FaceTrainingError::TooFew { .. }));
    let all_different: Vec<u32> = (0..80).collect();
    assert!(matches!(of(&faces, &all_different, 1e-1), FaceTrainingError::TooFew { mated: 0, .. }));
    assert_eq!(of(&faces, &subjects[1..], 1e-3), FaceTrainingError::Subjects { faces: 80, subjects: 79 });
    let mut bad = faces;
    bad[(7, 3)] = f32::NAN;
    let FaceTrainingError::Embedding(error) = of(&bad, &subjects, 1e-3) else { panic!("an embedding") };
    assert_eq!(error.row, 7);
    let wide = Array2::from_elem((2, 4065), 1.0);
    assert_eq!(of(&wide, &[0, 1], 1e-3), FaceTrainingError::Dimension { found: 4065 });
    let (faces, subjects) = portraits(150, 4, true);
    let long = train(&model, faces.view(), &subjects, &"x".repeat(4097), Fmr::new(1e-3).unwrap());
    assert_eq!(long.map(|_| ()), Err(FaceTrainingError::Words));
}
