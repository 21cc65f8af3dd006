//! Statistics of a population: the lengths of its embeddings, and their spread.

use ndarray::{Array2, Axis};

use super::Faces;
use super::pairs::Pairs;
use crate::algebra::{Decomposition, Matrix, decompose};

/// This share of the mean variance is added in every direction, so that one without any has a power.
const FLOOR: f64 = 0.1;

/// Of faces, each subject counted once.
pub(super) struct Statistics {
    /// Mean length of the embeddings.
    pub(super) length: f64,
    /// Directions of spread, a row each, by falling variance, and their variances.
    spread: Decomposition,
}

impl Statistics {
    /// Of the faces that take part in pairs.
    pub(super) fn of(faces: &Faces<'_>, pairs: &Pairs) -> Self {
        let dimension = faces.units.dimension();
        let greatest = faces.subjects.iter().max().map_or(0, |&subject| subject as usize);
        let mut portraits = vec![0_u32; greatest + 1];
        let members: Vec<usize> = (0..faces.subjects.len()).filter(|&face| pairs.faces[face]).collect();
        for &face in &members {
            portraits[faces.subjects[face] as usize] += 1;
        }
        let weight = |face: usize| 1.0 / f64::from(portraits[faces.subjects[face] as usize]);
        let total: f64 = members.iter().map(|&face| weight(face)).sum();
        let length = members.iter().map(|&face| weight(face) * faces.lengths[face]).sum::<f64>() / total;
        let mut rows = Array2::<f64>::zeros((members.len(), dimension));
        for (mut row, &face) in rows.rows_mut().into_iter().zip(&members) {
            let scale = 1.0 / faces.lengths[face];
            row.iter_mut().zip(faces.embeddings.row(face)).for_each(|(x, &y)| *x = f64::from(y) * scale);
        }
        let weights: Vec<f64> = members.iter().map(|&face| weight(face) / total).collect();
        let mut mean = ndarray::Array1::<f64>::zeros(dimension);
        for (row, &weight) in rows.rows().into_iter().zip(&weights) {
            mean.scaled_add(weight, &row);
        }
        rows -= &mean;
        for (mut row, weight) in rows.axis_iter_mut(Axis(0)).zip(&weights) {
            row *= weight.sqrt();
        }
        let mut covariance = rows.t().dot(&rows);
        let floor = FLOOR * covariance.diag().sum() / dimension as f64;
        covariance.diag_mut().iter_mut().for_each(|variance| *variance += floor);
        let matrix = Matrix { columns: dimension, entries: covariance.iter().copied().collect() };
        Self { length, spread: decompose(&matrix) }
    }

    /// The covariance, in units of its mean variance, to the power of minus `parts`/32: by rows.
    pub(super) fn whitening(&self, parts: u32) -> Array2<f32> {
        let size = self.spread.values.len();
        let mean = self.spread.values.iter().sum::<f64>() / size as f64;
        let right = Array2::from_shape_fn((size, size), |(row, column)| self.spread.right.at(row, column));
        let mut scaled = right.clone();
        for (mut row, &variance) in scaled.rows_mut().into_iter().zip(&self.spread.values) {
            row *= root_power(variance / mean, parts);
        }
        right.t().dot(&scaled).mapv(|entry| entry as f32)
    }

    /// The first directions, a row each.
    pub(super) fn leading(&self, count: usize) -> Array2<f32> {
        let size = self.spread.values.len();
        Array2::from_shape_fn((count.min(size), size), |(row, column)| {
            self.spread.right.at(row, column) as f32
        })
    }
}

/// `x` to the power of minus `parts`/32, by roots.
fn root_power(x: f64, parts: u32) -> f64 {
    let root = x.sqrt().sqrt().sqrt().sqrt().sqrt();
    1.0 / (0..parts).map(|_| root).product::<f64>()
}
