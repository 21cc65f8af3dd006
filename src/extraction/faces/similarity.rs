//! Turning, scaling and moving by least squares.

use super::points::PicturePoint;

/// `(x, y)` becomes `(along x - across y + right, across x + along y + down)`: a turn, a scale above zero and a shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Similarity {
    along: f64,
    across: f64,
    right: f64,
    down: f64,
}

impl Similarity {
    /// The one that brings points nearest to others, by the sum of squared distances there. `None` for points that are
    /// all at one place, or for which every turn is as good.
    pub(super) fn fit<const N: usize>(from: &[[f64; 2]; N], to: &[[f64; 2]; N]) -> Option<Self> {
        let (from_middle, to_middle) = (middle(from), middle(to));
        let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
        for (from, to) in from.iter().zip(to) {
            let [x, y] = [from[0] - from_middle[0], from[1] - from_middle[1]];
            let [u, v] = [to[0] - to_middle[0], to[1] - to_middle[1]];
            along += x * u + y * v;
            across += x * v - y * u;
            spread += x * x + y * y;
        }
        let (along, across) = (along / spread, across / spread);
        let [x, y] = from_middle;
        let right = to_middle[0] - (along * x - across * y);
        let down = to_middle[1] - (across * x + along * y);
        let fitted = Self { along, across, right, down };
        (fitted.scale().is_normal() && right.is_finite() && down.is_finite()).then_some(fitted)
    }

    pub(super) fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.along * x - self.across * y + self.right, self.across * x + self.along * y + self.down]
    }

    /// The way back. The scale is not zero.
    pub(super) fn inverse(&self) -> Self {
        let square = self.along * self.along + self.across * self.across;
        let (along, across) = (self.along / square, -self.across / square);
        let right = -(along * self.right - across * self.down);
        let down = -(across * self.right + along * self.down);
        Self { along, across, right, down }
    }

    /// How many times farther apart two points become.
    pub(super) fn scale(&self) -> f64 {
        (self.along * self.along + self.across * self.across).sqrt()
    }
}

fn middle<const N: usize>(points: &[[f64; 2]; N]) -> [f64; 2] {
    let mean = |axis: usize| points.iter().map(|point| point[axis]).sum::<f64>() / N as f64;
    [mean(0), mean(1)]
}

/// In double precision.
pub(super) fn wide(points: [PicturePoint; 5]) -> [[f64; 2]; 5] {
    points.map(|point| [f64::from(point.x()), f64::from(point.y())])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SQUARE: [[f64; 2]; 4] = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]];

    #[test]
    fn known_answers() {
        let moved = SQUARE.map(|[x, y]| [10.0 - 3.0 * y, 20.0 + 3.0 * x]);
        let found = Similarity::fit(&SQUARE, &moved).unwrap();
        assert_eq!(found, Similarity { along: 0.0, across: 3.0, right: 10.0, down: 20.0 });
        assert_eq!((found.scale(), found.apply([2.0, 0.0])), (3.0, [10.0, 26.0]));
        // One corner is off by 4: the shift takes a quarter of it, and the scale and the turn their share.
        let mut off = SQUARE;
        off[2] = [6.0, 2.0];
        let found = Similarity::fit(&SQUARE, &off).unwrap();
        assert_eq!(found, Similarity { along: 1.5, across: -0.5, right: 0.0, down: 0.0 });
        let [x, y] = found.inverse().apply(found.apply([3.0, -7.0]));
        assert!((x - 3.0).abs() < 1e-12 && (y + 7.0).abs() < 1e-12, "{x} {y}");
        assert_eq!(Similarity::fit(&[[3.0, 4.0]; 5], &[[1.0, 2.0]; 5]), None);
        let mirrored = SQUARE.map(|[x, y]| [-x, y]);
        assert_eq!(Similarity::fit(&SQUARE, &mirrored), None, "no turn brings a square to its mirror image");
    }

    proptest! {
        #[test]
        fn no_other_is_nearer(
            from in proptest::array::uniform5(proptest::array::uniform2(-50.0..50.0_f64)),
            to in proptest::array::uniform5(proptest::array::uniform2(-50.0..50.0_f64)),
            change in proptest::array::uniform4(-0.1..0.1_f64),
        ) {
            let error = |fit: &Similarity| -> f64 {
                std::iter::zip(from, to).map(|(from, to)| {
                    let [x, y] = fit.apply(from);
                    (x - to[0]).powi(2) + (y - to[1]).powi(2)
                }).sum()
            };
            let Some(best) = Similarity::fit(&from, &to) else { return Ok(()) };
            let [along, across, right, down] = change;
            let other = Similarity {
                along: best.along + along,
                across: best.across + across,
                right: best.right + right,
                down: best.down + down,
            };
            prop_assert!(error(&best) <= error(&other) + 1e-6);
        }
    }
}
