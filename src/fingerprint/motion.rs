//! Where the minutiae of one finger should lie in another, by the pairs matched so far.
//!
//! Each minutia has a rigid motion of its own, fitted by least squares with weights that fall with a
//! pair's distance from it: an elastic motion without a model of the skin. A pair's directions count
//! like a lever, so that a single pair already fixes the rotation. All sums are over pairs in one
//! order, each lane a minutia, so vector code of any width gives the same bits.

use super::geometry::Geometry;
use super::parameters::{DIRECTION_LEVER, ELASTIC_FLOOR, ELASTIC_SIGMA};

/// Minutiae fitted at a time: their sums fill the registers.
const LANES: usize = super::geometry::PADDING;

/// How strongly the minutiae of a finger pull each other along: a row for each minutia, made when it
/// is first asked for. Reused without allocation.
#[derive(Debug, Default)]
pub(super) struct Pulls {
    is_made: Vec<bool>,
    /// Squares of distances, padded.
    square: Vec<[f32; LANES]>,
    /// Weights, padded.
    weight: Vec<[f32; LANES]>,
}

impl Pulls {
    /// Forgets all rows: another finger follows.
    pub(super) fn reset(&mut self, finger: &Geometry) {
        self.is_made.clear();
        self.is_made.resize(finger.len(), false);
        let places = finger.len() * (finger.x.len() / LANES);
        if self.square.len() < places {
            self.square.resize(places, [0.0; LANES]);
            self.weight.resize(places, [0.0; LANES]);
        }
    }

    #[inline(always)]
    fn make(&mut self, finger: &Geometry, row: usize) {
        if std::mem::replace(&mut self.is_made[row], true) {
            return;
        }
        let (x, y) = (finger.x.as_chunks::<LANES>().0, finger.y.as_chunks::<LANES>().0);
        let places = row * x.len()..(row + 1) * x.len();
        let out = self.square[places.clone()].iter_mut().zip(&mut self.weight[places]);
        for ((x, y), (squares, weights)) in x.iter().zip(y).zip(out) {
            for lane in 0..LANES {
                let (dx, dy) = (x[lane] - finger.x[row], y[lane] - finger.y[row]);
                let square = dx * dx + dy * dy;
                let fall = 1.0 / (1.0 + square * (1.0 / (4.0 * ELASTIC_SIGMA * ELASTIC_SIGMA)));
                squares[lane] = square;
                weights[lane] = fall * fall + ELASTIC_FLOOR;
            }
        }
    }
}

/// What a matched pair contributes to a fit, besides its weight.
#[derive(Clone, Copy, Debug)]
struct Term {
    /// Its row of [`Pulls`].
    row: usize,
    from: [f32; 2],
    to: [f32; 2],
    cos: f32,
    sin: f32,
}

/// The prediction for each minutia of a finger (and for its padding). Reused without allocation.
#[derive(Debug, Default)]
pub(super) struct Motion {
    terms: Vec<Term>,
    /// Predicted position.
    pub(super) x: Vec<f32>,
    pub(super) y: Vec<f32>,
    /// Predicted turn.
    pub(super) cos: Vec<f32>,
    pub(super) sin: Vec<f32>,
    /// Square of the distance to the nearest matched minutia, before the motion.
    pub(super) nearest: Vec<f32>,
    /// The minutia's own direction after the motion.
    pub(super) to_cos: Vec<f32>,
    pub(super) to_sin: Vec<f32>,
}

impl Motion {
    /// Predicts where every minutia of `from` lies in `to`, by matched pairs of indices `(from, to)`.
    /// Without pairs nothing moves. `pulls` are those of `from`.
    #[inline(always)]
    pub(super) fn fit(
        &mut self,
        from: &Geometry,
        to: &Geometry,
        pairs: impl Iterator<Item = (usize, usize)>,
        pulls: &mut Pulls,
    ) {
        self.terms.clear();
        for (i, j) in pairs {
            pulls.make(from, i);
            self.terms.push(Term::new(from, i, to, j));
        }
        let padded = from.x.len();
        for column in [&mut self.x, &mut self.y, &mut self.cos, &mut self.sin, &mut self.nearest] {
            column.resize(padded, 0.0);
        }
        let (x, y) = (from.x.as_chunks::<LANES>().0, from.y.as_chunks::<LANES>().0);
        for (chunk, (x, y)) in x.iter().zip(y).enumerate() {
            self.fit_lanes(chunk, padded / LANES, x, y, pulls);
        }
    }

    /// Turns the directions of `from`, after [`Motion::fit`].
    #[inline(always)]
    pub(super) fn turn(&mut self, from: &Geometry) {
        let [from_cos, from_sin, cos, sin] =
            [&from.cos, &from.sin, &self.cos, &self.sin].map(|column| column.as_chunks::<LANES>().0);
        self.to_cos.resize(from.cos.len(), 0.0);
        self.to_sin.resize(from.cos.len(), 0.0);
        let (to_cos, _) = self.to_cos.as_chunks_mut::<LANES>();
        let (to_sin, _) = self.to_sin.as_chunks_mut::<LANES>();
        for (chunk, (to_cos, to_sin)) in to_cos.iter_mut().zip(to_sin).enumerate() {
            for lane in 0..LANES {
                let (c, s) = (cos[chunk][lane], sin[chunk][lane]);
                to_cos[lane] = from_cos[chunk][lane] * c - from_sin[chunk][lane] * s;
                to_sin[lane] = from_sin[chunk][lane] * c + from_cos[chunk][lane] * s;
            }
        }
    }

    #[inline(always)]
    fn fit_lanes(&mut self, chunk: usize, stride: usize, x: &[f32; LANES], y: &[f32; LANES], pulls: &Pulls) {
        let first = chunk * LANES;
        let mut weight = [0.0_f32; LANES];
        let (mut from_x, mut from_y) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let (mut to_x, mut to_y) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let (mut cos, mut sin) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let mut nearest = [f32::MAX; LANES];
        for term in &self.terms {
            let place = term.row * stride + chunk;
            let (squares, weights) = (&pulls.square[place], &pulls.weight[place]);
            for lane in 0..LANES {
                let (square, w) = (squares[lane], weights[lane]);
                nearest[lane] = if square < nearest[lane] { square } else { nearest[lane] };
                weight[lane] += w;
                from_x[lane] += w * term.from[0];
                from_y[lane] += w * term.from[1];
                to_x[lane] += w * term.to[0];
                to_y[lane] += w * term.to[1];
                cos[lane] += w * term.cos;
                sin[lane] += w * term.sin;
            }
        }
        for lane in 0..LANES {
            let per_weight = if weight[lane] > 0.0 { 1.0 / weight[lane] } else { 0.0 };
            let (ax, ay) = (from_x[lane] * per_weight, from_y[lane] * per_weight);
            let (bx, by) = (to_x[lane] * per_weight, to_y[lane] * per_weight);
            let c = cos[lane] - (from_x[lane] * bx + from_y[lane] * by);
            let s = sin[lane] - (from_x[lane] * by - from_y[lane] * bx);
            let length = (c * c + s * s).sqrt();
            let (c, s) = if length > 0.0 { (c / length, s / length) } else { (1.0, 0.0) };
            let (dx, dy) = (x[lane] - ax, y[lane] - ay);
            self.x[first + lane] = bx + c * dx - s * dy;
            self.y[first + lane] = by + s * dx + c * dy;
            self.cos[first + lane] = c;
            self.sin[first + lane] = s;
            self.nearest[first + lane] = nearest[lane];
        }
    }
}

impl Term {
    #[inline(always)]
    fn new(from: &Geometry, i: usize, to: &Geometry, j: usize) -> Self {
        let (ax, ay, bx, by) = (from.x[i], from.y[i], to.x[j], to.y[j]);
        let lever = DIRECTION_LEVER * DIRECTION_LEVER;
        let turn_cos = from.cos[i] * to.cos[j] + from.sin[i] * to.sin[j];
        let turn_sin = from.cos[i] * to.sin[j] - from.sin[i] * to.cos[j];
        Self {
            row: i,
            from: [ax, ay],
            to: [bx, by],
            cos: ax * bx + ay * by + lever * turn_cos,
            sin: ax * by - ay * bx + lever * turn_sin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Minutia;
    use crate::units::{Angle, Length};

    /// A grid of minutiae of many directions, turned about the origin and moved, in pixels.
    fn grid(turn: f64, dx: f64, dy: f64) -> Geometry {
        let minutiae: Vec<Minutia> = (0..5)
            .flat_map(|column| (0..5).map(move |row| (column, row)))
            .map(|(column, row)| {
                let (x, y) = (f64::from(column) * 40.0, f64::from(row) * 37.0);
                let (x, y) = (x * turn.cos() - y * turn.sin() + dx, x * turn.sin() + y * turn.cos() + dy);
                let steps = |pixels: f64| Length::from_steps((pixels / 0.0985 + 8000.0).round() as u16);
                let angle = Angle::from_radians(f64::from(column * 5 + row) + turn);
                Minutia::new(steps(x), steps(-y), angle, Default::default(), None)
            })
            .collect();
        let mut geometry = Geometry::default();
        geometry.fill(&minutiae);
        geometry
    }

    fn pulls(finger: &Geometry) -> Pulls {
        let mut pulls = Pulls::default();
        pulls.reset(finger);
        pulls
    }

    #[test]
    fn any_pairs_of_a_rigid_motion_predict_all_points() {
        for turn in [0.0, 0.4, 2.0, -1.5] {
            let (a, b) = (grid(0.0, 0.0, 0.0), grid(turn, 50.0, -20.0));
            for pairs in [vec![12], vec![0, 24], vec![3, 7, 11, 20]] {
                let mut motion = Motion::default();
                motion.fit(&a, &b, pairs.iter().map(|i| (*i, *i)), &mut pulls(&a));
                for i in 0..a.len() {
                    assert!((motion.x[i] - b.x[i]).abs() < 0.3 && (motion.y[i] - b.y[i]).abs() < 0.3);
                    assert!((f64::from(motion.cos[i]) - turn.cos()).abs() < 1e-3);
                    assert!((f64::from(motion.sin[i]) - turn.sin()).abs() < 1e-3);
                }
                assert_eq!(motion.nearest[pairs[0]], 0.0);
            }
        }
    }

    #[test]
    fn near_pairs_say_more_than_far_ones() {
        let (a, mut b) = (grid(0.0, 0.0, 0.0), grid(0.0, 0.0, 0.0));
        // One corner is pulled by twelve pixels.
        b.x[0] += 12.0;
        let mut motion = Motion::default();
        motion.fit(&a, &b, (0..a.len()).map(|i| (i, i)), &mut pulls(&a));
        let shift = |i: usize| motion.x[i] - a.x[i];
        assert!(shift(0) > 1.5 && shift(1) > shift(12) && shift(24).abs() < 0.5);
    }

    #[test]
    fn without_pairs_nothing_moves() {
        let a = grid(0.0, 0.0, 0.0);
        let mut motion = Motion::default();
        motion.fit(&a, &a, std::iter::empty(), &mut pulls(&a));
        assert_eq!((&motion.x, &motion.y), (&a.x, &a.y));
    }
}
