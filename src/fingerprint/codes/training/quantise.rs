//! Iterative quantisation: the rotation after which the signs of numbers lose least.
//!
//! Gong, Lazebnik, Gordo, Perronnin, "Iterative quantization", IEEE TPAMI 35(12), 2013.

use rayon::prelude::*;

use super::random::Random;
use crate::algebra::{Matrix, nearest_rotation};

/// Rounds; the loss falls by next to nothing after (the paper: 50).
const ROUNDS: usize = 50;
/// Points that one task sums: fixed, so that sums do not depend on the number of threads.
const PART: usize = 1024;

/// Dimensions of a word.
pub(super) const SIZE: usize = 64;

/// A point of a word's subspace.
pub(super) type Point = [f32; SIZE];

/// The rotation `R`, as `R[dimension][bit]`, that brings centred points nearest to corners of a cube, found
/// from a random one.
pub(super) fn rotation(points: &[Point], random: &mut Random) -> Matrix {
    let mut start = Matrix::zero(SIZE, SIZE);
    start.entries.iter_mut().for_each(|entry| *entry = random.normal());
    let mut rotation = nearest_rotation(&start);
    for _ in 0..ROUNDS {
        let rows: Vec<Point> =
            (0..SIZE).map(|i| std::array::from_fn(|bit| rotation.at(i, bit) as f32)).collect();
        let parts: Vec<Vec<Point>> = points.par_chunks(PART).map(|part| correlate(part, &rows)).collect();
        // Sum over points of point times corner.
        let mut sums = Matrix::zero(SIZE, SIZE);
        for part in &parts {
            for (sum, value) in sums.entries.iter_mut().zip(part.as_flattened()) {
                *sum += f64::from(*value);
            }
        }
        rotation = nearest_rotation(&sums);
    }
    rotation
}

/// The sum over points of each coordinate times each sign of the rotated point.
fn correlate(points: &[Point], rotation: &[Point]) -> Vec<Point> {
    let mut sums = vec![[0.0; SIZE]; SIZE];
    for point in points {
        let mut turned = [0.0_f32; SIZE];
        for (value, row) in point.iter().zip(rotation) {
            for (sum, entry) in turned.iter_mut().zip(row) {
                *sum += value * entry;
            }
        }
        let signs = turned.map(|value| if value > 0.0 { 1.0_f32 } else { -1.0 });
        for (value, sums) in point.iter().zip(&mut sums) {
            for (sum, sign) in sums.iter_mut().zip(&signs) {
                *sum += value * sign;
            }
        }
    }
    sums
}
