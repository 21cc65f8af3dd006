//! The linear algebra of trainings, in double precision, from sums, products and roots alone: the same
//! bits on every machine and for any number of threads.

/// A matrix by rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) columns: usize,
    pub(crate) entries: Vec<f64>,
}

impl Matrix {
    pub(crate) fn zero(rows: usize, columns: usize) -> Self {
        Self { columns, entries: vec![0.0; rows * columns] }
    }

    pub(crate) fn identity(size: usize) -> Self {
        let mut matrix = Self::zero(size, size);
        (0..size).for_each(|i| *matrix.at_mut(i, i) = 1.0);
        matrix
    }

    pub(crate) fn rows(&self) -> usize {
        self.entries.len() / self.columns
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.entries[row * self.columns..][..self.columns]
    }

    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.entries[row * self.columns + column]
    }

    pub(crate) fn at_mut(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.entries[row * self.columns + column]
    }

    pub(crate) fn transposed(&self) -> Self {
        let mut out = Self::zero(self.columns, self.rows());
        for row in 0..self.rows() {
            for column in 0..self.columns {
                *out.at_mut(column, row) = self.at(row, column);
            }
        }
        out
    }

    /// The product with another matrix.
    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut out = Self::zero(self.rows(), other.columns);
        for row in 0..self.rows() {
            let sums = &mut out.entries[row * other.columns..][..other.columns];
            for (inner, &factor) in self.row(row).iter().enumerate() {
                for (sum, entry) in sums.iter_mut().zip(other.row(inner)) {
                    *sum += factor * entry;
                }
            }
        }
        out
    }

    /// `L` of `self = L L^T`, lower triangular; none if the matrix is not positive definite.
    pub(crate) fn cholesky(&self) -> Option<Self> {
        let size = self.columns;
        let mut lower = Self::zero(size, size);
        for i in 0..size {
            for j in 0..=i {
                let inner: f64 = lower.row(i)[..j].iter().zip(lower.row(j)).map(|(a, b)| a * b).sum();
                let rest = self.at(i, j) - inner;
                if i == j {
                    if rest.is_nan() || rest <= 0.0 {
                        return None;
                    }
                    *lower.at_mut(i, i) = rest.sqrt();
                } else {
                    *lower.at_mut(i, j) = rest / lower.at(j, j);
                }
            }
        }
        Some(lower)
    }

    /// `L^-1 B` for a lower triangular `self = L`.
    pub(crate) fn solve_lower(&self, right: &Self) -> Self {
        let mut out = right.clone();
        for i in 0..self.columns {
            for k in 0..i {
                let factor = self.at(i, k);
                let (above, below) = out.entries.split_at_mut(i * right.columns);
                let known = &above[k * right.columns..][..right.columns];
                for (entry, known) in below.iter_mut().zip(known) {
                    *entry -= factor * known;
                }
            }
            let diagonal = self.at(i, i);
            out.entries[i * right.columns..][..right.columns].iter_mut().for_each(|entry| *entry /= diagonal);
        }
        out
    }
}

/// The singular value decomposition of a square matrix, by one-sided Jacobi rotations (Hestenes 1958; Demmel and
/// Veselic 1992).
pub(crate) struct Decomposition {
    /// Descending.
    pub(crate) values: Vec<f64>,
    /// The left vectors, a row each; zero where the value is.
    pub(crate) left: Matrix,
    /// The right vectors, a row each.
    pub(crate) right: Matrix,
}

/// Most passes over all pairs of columns; ten are usual.
const PASSES: usize = 40;
/// Columns whose cosine is below this are orthogonal.
const ORTHOGONAL: f64 = 1e-12;

/// Decomposes a square matrix. For a symmetric positive semidefinite one the values are its
/// eigenvalues and both sides its eigenvectors.
pub(crate) fn decompose(matrix: &Matrix) -> Decomposition {
    let size = matrix.columns;
    // Rows are the columns of the matrix, so that rotations run along memory.
    let mut turned = matrix.transposed();
    let mut right = Matrix::identity(size);
    let dot = |a: &[f64], b: &[f64]| {
        let mut lanes = [0.0; 8];
        let (a, rest_a) = a.as_chunks::<8>();
        let (b, rest_b) = b.as_chunks::<8>();
        for (a, b) in a.iter().zip(b) {
            for lane in 0..8 {
                lanes[lane] += a[lane] * b[lane];
            }
        }
        lanes.iter().sum::<f64>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f64>()
    };
    for _ in 0..PASSES {
        let mut rotated = false;
        for i in 0..size {
            for j in i + 1..size {
                let (a, b) = (turned.row(i), turned.row(j));
                let (aa, bb, ab) = (dot(a, a), dot(b, b), dot(a, b));
                if ab.abs() <= ORTHOGONAL * (aa * bb).sqrt() {
                    continue;
                }
                rotated = true;
                let zeta = (bb - aa) / (2.0 * ab);
                let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                let cos = 1.0 / (1.0 + tangent * tangent).sqrt();
                let sin = cos * tangent;
                rotate(&mut turned, i, j, cos, sin);
                rotate(&mut right, i, j, cos, sin);
            }
        }
        if !rotated {
            break;
        }
    }
    let norms: Vec<f64> = (0..size).map(|row| dot(turned.row(row), turned.row(row)).sqrt()).collect();
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| norms[b].total_cmp(&norms[a]).then(a.cmp(&b)));
    let sorted = |from: &Matrix, scaled: bool| {
        let scale = |row: usize| if scaled && norms[row] > 0.0 { 1.0 / norms[row] } else { 1.0 };
        let rows = order.iter().flat_map(|&row| from.row(row).iter().map(move |entry| entry * scale(row)));
        Matrix { columns: size, entries: rows.collect() }
    };
    let (left, right) = (sorted(&turned, true), sorted(&right, false));
    Decomposition { values: order.iter().map(|&row| norms[row]).collect(), left, right }
}

/// Rotates two rows into each other.
fn rotate(matrix: &mut Matrix, i: usize, j: usize, cos: f64, sin: f64) {
    let columns = matrix.columns;
    let (above, below) = matrix.entries.split_at_mut(j * columns);
    for (a, b) in above[i * columns..][..columns].iter_mut().zip(&mut below[..columns]) {
        (*a, *b) = (cos * *a - sin * *b, sin * *a + cos * *b);
    }
}

/// The orthogonal matrix nearest to a square one (the solution of the Procrustes problem).
pub(crate) fn nearest_rotation(matrix: &Matrix) -> Matrix {
    let parts = decompose(matrix);
    parts.left.transposed().times(&parts.right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(rows: usize, columns: usize, seed: u64) -> Matrix {
        let mut state = seed;
        let mut matrix = Matrix::zero(rows, columns);
        for entry in &mut matrix.entries {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *entry = (state >> 40) as f64 / f64::from(1 << 23) - 1.0;
        }
        matrix
    }

    fn near(a: &Matrix, b: &Matrix) -> bool {
        a.columns == b.columns && a.entries.iter().zip(&b.entries).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn known_answers_of_two_by_two() {
        let matrix = Matrix { columns: 2, entries: vec![2.0, 1.0, 1.0, 2.0] };
        let parts = decompose(&matrix);
        assert!((parts.values[0] - 3.0).abs() < 1e-12 && (parts.values[1] - 1.0).abs() < 1e-12);
        let half = 0.5_f64.sqrt();
        assert!((parts.right.at(0, 0).abs() - half).abs() < 1e-12);
        let lower = matrix.cholesky().unwrap();
        assert!(
            (lower.at(0, 0) - 2.0_f64.sqrt()).abs() < 1e-12
                && (lower.at(1, 1) - 1.5_f64.sqrt()).abs() < 1e-12
        );
        assert_eq!(Matrix { columns: 2, entries: vec![1.0, 2.0, 2.0, 1.0] }.cholesky(), None);
        // A quarter turn, stretched.
        let turn = nearest_rotation(&Matrix { columns: 2, entries: vec![0.0, -3.0, 5.0, 0.0] });
        assert!(near(&turn, &Matrix { columns: 2, entries: vec![0.0, -1.0, 1.0, 0.0] }), "{turn:?}");
    }

    #[test]
    fn a_decomposition_multiplies_back_and_its_sides_are_orthogonal() {
        for size in [1, 3, 20] {
            let matrix = random(size, size, size as u64);
            let parts = decompose(&matrix);
            let mut scaled = parts.right.clone();
            for (row, value) in parts.values.iter().enumerate() {
                scaled.entries[row * size..][..size].iter_mut().for_each(|entry| *entry *= value);
            }
            assert!(near(&parts.left.transposed().times(&scaled), &matrix));
            for side in [&parts.left, &parts.right] {
                assert!(near(&side.times(&side.transposed()), &Matrix::identity(size)));
            }
            assert!(parts.values.is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn cholesky_and_its_solution_multiply_back() {
        let factor = random(12, 12, 5);
        let mut matrix = factor.times(&factor.transposed());
        (0..12).for_each(|i| *matrix.at_mut(i, i) += 0.1);
        let lower = matrix.cholesky().unwrap();
        assert!(near(&lower.times(&lower.transposed()), &matrix));
        let right = random(12, 4, 6);
        assert!(near(&lower.times(&lower.solve_lower(&right)), &right));
    }
}
