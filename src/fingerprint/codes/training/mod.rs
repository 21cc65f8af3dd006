//! Training of a model on mated templates, such as those of an operator.
//!
//! Feature `training`, which the program needs and an embedding service does not. `biomatch train-codes`
//! trains on files.

mod impression;
mod mates;
mod quantise;
mod random;

use rayon::prelude::*;

pub use self::impression::LabelledImpression;

use self::mates::find_mates;
use self::quantise::{Point, SIZE};
use self::random::Random;
use super::WORDS;
use super::cohort::Cohort;
use super::descriptor::{Descriptors, VALUES};
use super::file::{MAX_COHORT, ModelParts};
use super::model::CodeModel;
use super::projection::{BITS, Projection};
use crate::algebra::{Matrix, decompose};
use crate::fingerprint::features::finger::FingerFeatures;
use crate::fingerprint::features::geometry::Geometry;
use crate::fingerprint::score::probe::Scratch;
use crate::kernels::{Kernels, Work};

/// The report of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeTrainingReport {
    /// Pairs of impressions that were compared.
    pub pairs: usize,
    /// Pairs of minutiae found to be mated.
    pub mates: usize,
    /// Minutiae whose spread was measured.
    pub minutiae: usize,
}

/// An error of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeTrainingError {
    /// Too few mated minutiae were found.
    #[error(
        "{found} mated minutiae were found, at least {LEAST_MATES} are needed: more fingers with two or more impressions"
    )]
    TooFewMates {
        /// How many were found.
        found: usize,
    },
    /// The mated minutiae do not vary.
    #[error("the mated minutiae do not vary: are the impressions copies of each other?")]
    Degenerate,
    /// The note is too long.
    #[error("a note has at most {} bytes", CodeModel::MAX_NOTE)]
    Note,
}

/// Fewer mated minutiae say too little about 312 dimensions.
const LEAST_MATES: usize = 2_000;
/// Most pairs of impressions that are compared; of more, a random part.
const MOST_PAIRS: usize = 60_000;
/// Most mated minutiae that are used; of more, a random part.
const MOST_MATES: usize = 300_000;
/// Most minutiae whose spread is measured; of more, a random part.
const MOST_MINUTIAE: usize = 120_000;
/// Most minutiae that rotations are sought on; of more, a random part.
const MOST_POINTS: usize = 32_768;
/// Added to the spread within mates, as a part of its mean: so that directions that were seen rarely count
/// less.
const RIDGE: f64 = 0.05;
/// Rows that one task sums: fixed, so that sums do not depend on the number of threads.
const PART: usize = 512;

/// A descriptor.
type Row = [f32; VALUES];

/// Trains a model on impressions, of which some are of the same finger. The first fingers of `cohort`, at
/// most 256, are the probes that candidates' means are taken over; they become part of the model, as
/// codes, so they should be generated. The same impressions, cohort, note and seed give the same model to
/// the byte, for any number of threads. Costs about a minute of one thread for 2,000 impressions.
///
/// # Errors
/// [`CodeTrainingError`], of too few mates for example.
pub fn train(
    impressions: &[LabelledImpression],
    cohort: &[FingerFeatures],
    note: &str,
    seed: u64,
) -> Result<(CodeModel, CodeTrainingReport), CodeTrainingError> {
    if note.len() > CodeModel::MAX_NOTE {
        return Err(CodeTrainingError::Note);
    }
    let mut random = Random::new(seed);
    let mut pairs = list_pairs(impressions);
    random.keep(&mut pairs, MOST_PAIRS);
    let mut mates: Vec<[(usize, usize); 2]> = pairs
        .par_iter()
        .map_init(Scratch::default, |scratch, &[a, b]| {
            let mates = find_mates(&impressions[a], &impressions[b], scratch);
            mates.into_iter().map(move |(i, j)| [(a, i), (b, j)]).collect::<Vec<_>>()
        })
        .flatten_iter()
        .collect();
    random.keep(&mut mates, MOST_MATES);
    if mates.len() < LEAST_MATES {
        return Err(CodeTrainingError::TooFewMates { found: mates.len() });
    }
    let geometries: Vec<Geometry> = impressions.par_iter().map(geometry).collect();
    let describe = |(impression, minutia): (usize, usize)| {
        let mut row = [0.0; VALUES];
        let minutiae = impressions[impression].features.view().minutiae;
        Descriptors::new().descriptor(minutiae, &geometries[impression], minutia, &mut row);
        row
    };
    let within = scatter(&mates, |&[a, b]| {
        let (mut a, b) = (describe(a), describe(b));
        a.iter_mut().zip(&b).for_each(|(a, b)| *a -= b);
        a
    });
    let mut minutiae: Vec<(usize, usize)> = (0..impressions.len())
        .flat_map(|impression| (0..geometries[impression].len()).map(move |minutia| (impression, minutia)))
        .collect();
    random.keep(&mut minutiae, MOST_MINUTIAE);
    let mean = mean(&minutiae, describe);
    let total = scatter(&minutiae, |&minutia| {
        let mut row = describe(minutia);
        row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
        row
    });
    let directions = discriminants(within, total)?;
    let report = CodeTrainingReport { pairs: pairs.len(), mates: mates.len(), minutiae: minutiae.len() };
    // What mates have in common is a better estimate of a minutia than either.
    random.keep(&mut mates, MOST_POINTS);
    let middles = mates.par_iter().map(|&[a, b]| {
        let (mut a, b) = (describe(a), describe(b));
        a.iter_mut().zip(&b).for_each(|(a, b)| *a = 0.5 * (*a + b));
        a
    });
    random.keep(&mut minutiae, MOST_POINTS);
    let samples = Samples {
        middles: middles.collect(),
        minutiae: minutiae.into_par_iter().map(describe).collect(),
        mean,
    };
    let projection = projection(&directions, &samples, &mut random);
    Ok((finish(projection, cohort, note), report))
}

/// All pairs of impressions of one finger. Pairs of two extractors are included, so that the model ignores
/// differences between extractors.
fn list_pairs(impressions: &[LabelledImpression]) -> Vec<[usize; 2]> {
    let key = |impression: usize| impressions[impression].finger;
    let mut order: Vec<usize> = (0..impressions.len()).collect();
    order.sort_by_key(|&impression| key(impression));
    let of_finger = |group: &[usize]| {
        let first =
            |(at, &a): (usize, &usize)| group[at + 1..].iter().map(move |&b| [a, b]).collect::<Vec<_>>();
        group.iter().enumerate().flat_map(first).collect::<Vec<[usize; 2]>>()
    };
    order.chunk_by(|&a, &b| key(a) == key(b)).flat_map(of_finger).collect()
}

fn geometry(impression: &LabelledImpression) -> Geometry {
    let mut geometry = Geometry::default();
    geometry.fill(impression.features.view().minutiae);
    geometry
}

/// The mean of descriptors.
fn mean(minutiae: &[(usize, usize)], describe: impl Fn((usize, usize)) -> Row + Sync) -> Row {
    let parts: Vec<[f64; VALUES]> = minutiae
        .par_chunks(PART)
        .map(|part| {
            let mut sums = [0.0; VALUES];
            for &minutia in part {
                sums.iter_mut().zip(describe(minutia)).for_each(|(sum, value)| *sum += f64::from(value));
            }
            sums
        })
        .collect();
    let count = minutiae.len() as f64;
    std::array::from_fn(|value| (parts.iter().map(|part| part[value]).sum::<f64>() / count) as f32)
}

/// The mean over items of `r r^T`, `r` the row of an item.
fn scatter<T: Sync>(items: &[T], row: impl Fn(&T) -> Row + Sync) -> Matrix {
    let mut sums = Matrix::zero(VALUES, VALUES);
    // A few parts at a time: each takes 400 kB.
    for some in items.chunks(PART * 16) {
        let parts: Vec<Vec<Row>> = some
            .par_chunks(PART)
            .map(|part| {
                let rows: Vec<Row> = part.iter().map(&row).collect();
                Kernels::active().run(Products(&rows))
            })
            .collect();
        for part in parts {
            for (sum, value) in sums.entries.iter_mut().zip(part.as_flattened()) {
                *sum += f64::from(*value);
            }
        }
    }
    let count = items.len() as f64;
    sums.entries.iter_mut().for_each(|sum| *sum /= count);
    sums
}

/// The sum of `r r^T` over few rows.
struct Products<'a>(&'a [Row]);

impl Work for Products<'_> {
    type Output = Vec<Row>;

    #[inline(always)]
    fn run(self) -> Vec<Row> {
        let mut sums = vec![[0.0; VALUES]; VALUES];
        for (value, sums) in sums.iter_mut().enumerate() {
            for row in self.0 {
                let factor = row[value];
                for (sum, other) in sums.iter_mut().zip(row) {
                    *sum += factor * other;
                }
            }
        }
        sums
    }
}

/// Directions that tell minutiae apart.
struct Directions {
    /// `columns[value][k]`: direction `k`, of length one by the spread within mates.
    columns: Matrix,
    /// Spread of all minutiae along each, in units of that within mates; descending.
    spreads: Vec<f64>,
}

/// Linear discriminant analysis: `within` is the mean square of the difference of mates.
fn discriminants(mut within: Matrix, total: Matrix) -> Result<Directions, CodeTrainingError> {
    // Of two mates each has half the square of the difference.
    within.entries.iter_mut().for_each(|entry| *entry *= 0.5);
    let trace: f64 = (0..VALUES).map(|i| within.at(i, i)).sum();
    (0..VALUES).for_each(|i| *within.at_mut(i, i) += RIDGE * trace / VALUES as f64);
    let lower = within.cholesky().ok_or(CodeTrainingError::Degenerate)?;
    // L^-1 T L^-T, symmetric.
    let white = lower.solve_lower(&lower.solve_lower(&total).transposed());
    let parts = decompose(&white);
    // Columns L^-T v: rows of V L^-1.
    let inverse = lower.solve_lower(&Matrix::identity(VALUES));
    let columns = parts.right.times(&inverse).transposed();
    Ok(Directions { columns, spreads: parts.values })
}

/// Descriptors that rotations and thresholds are found on.
struct Samples {
    /// Of two mates, the middle: for rotations.
    middles: Vec<Row>,
    /// Of all minutiae: for thresholds.
    minutiae: Vec<Row>,
    /// The mean of all minutiae.
    mean: Row,
}

/// Rotations and thresholds.
fn projection(directions: &Directions, samples: &Samples, random: &mut Random) -> Projection {
    let mut matrix = vec![[0.0_f32; BITS]; VALUES];
    let mut thresholds = [0.0; BITS];
    for word in 0..WORDS {
        let scale = |k: usize| {
            let spread = directions.spreads[word * SIZE + k].max(1.0);
            // What varies little more than mates do says little: all of the first word says much.
            if word == 0 { 1.0 } else { ((spread - 1.0) / spread).sqrt() }
        };
        let mut columns = Matrix::zero(VALUES, SIZE);
        for value in 0..VALUES {
            for k in 0..SIZE {
                *columns.at_mut(value, k) = scale(k) * directions.columns.at(value, word * SIZE + k);
            }
        }
        let centred = project(&samples.middles, &columns, &samples.mean);
        let columns = columns.times(&quantise::rotation(&centred, random));
        let turned = project(&samples.minutiae, &columns, &[0.0; VALUES]);
        for bit in 0..SIZE {
            let place = word * SIZE + bit;
            for (value, row) in matrix.iter_mut().enumerate() {
                row[place] = columns.at(value, bit) as f32;
            }
            let mut values: Vec<f32> = turned.iter().map(|point| point[bit]).collect();
            values.sort_by(f32::total_cmp);
            thresholds[place] = values.get(values.len() / 2).copied().unwrap_or_default();
        }
    }
    Projection::new(&matrix, thresholds)
}

fn project(sample: &[Row], columns: &Matrix, mean: &Row) -> Vec<Point> {
    let rows: Vec<Point> =
        (0..VALUES).map(|value| std::array::from_fn(|k| columns.at(value, k) as f32)).collect();
    sample
        .par_iter()
        .map(|row| {
            let mut point = [0.0; SIZE];
            for ((value, mean), entries) in row.iter().zip(mean).zip(&rows) {
                for (sum, entry) in point.iter_mut().zip(entries) {
                    *sum += (value - mean) * entry;
                }
            }
            point
        })
        .collect()
}

/// Adds the cohort and gives the model its name.
fn finish(projection: Projection, cohort: &[FingerFeatures], note: &str) -> CodeModel {
    let parts = ModelParts { projection, cohort: Cohort::default(), note: note.to_owned() };
    let without_cohort = CodeModel::new(parts.clone());
    let cohort = cohort
        .iter()
        .map(|finger| without_cohort.encode(finger.view()))
        .filter(|codes| codes.count > 0)
        .take(MAX_COHORT)
        .collect();
    CodeModel::new(ModelParts { cohort: Cohort::new(cohort), ..parts })
}
