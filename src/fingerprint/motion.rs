//! Where the minutiae of one finger should lie in another, by the pairs matched so far.
//!
//! Each minutia has a rigid motion of its own, fitted by least squares with weights that fall with a
//! pair's distance from it: an elastic motion without a model of the skin. A pair's directions count
//! like a lever, so that a single pair already fixes the rotation. All sums are over pairs in one
//! order, each lane a minutia, so vector code of any width gives the same bits.

use super::geometry::Geometry;
use super::parameters::{DIRECTION_LEVER, ELASTIC_FLOOR, ELASTIC_SIGMA};

/// Minutiae fitted at a time: their sums fill the registers. Divides the padding.
const LANES: usize = 4;
const _: () = assert!(super::geometry::PADDING.is_multiple_of(LANES));

/// What a matched pair contributes to a fit, besides its weight.
#[derive(Clone, Copy, Debug)]
struct Term {
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
}

impl Motion {
    /// Predicts where every minutia of `from` lies in `to`, by matched pairs of indices `(from, to)`.
    /// Without pairs nothing moves.
    pub(super) fn fit(
        &mut self,
        from: &Geometry,
        to: &Geometry,
        pairs: impl Iterator<Item = (usize, usize)>,
    ) {
        self.terms.clear();
        self.terms.extend(pairs.map(|(i, j)| Term::new(from, i, to, j)));
        let padded = from.x.len();
        for column in [&mut self.x, &mut self.y, &mut self.cos, &mut self.sin, &mut self.nearest] {
            column.resize(padded, 0.0);
        }
        let (x, y) = (from.x.as_chunks::<LANES>().0, from.y.as_chunks::<LANES>().0);
        for (chunk, (x, y)) in x.iter().zip(y).enumerate() {
            self.fit_lanes(chunk * LANES, x, y);
        }
    }

    fn fit_lanes(&mut self, first: usize, x: &[f32; LANES], y: &[f32; LANES]) {
        let mut weight = [0.0_f32; LANES];
        let (mut from_x, mut from_y) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let (mut to_x, mut to_y) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let (mut cos, mut sin) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let mut nearest = [f32::MAX; LANES];
        for term in &self.terms {
            for lane in 0..LANES {
                let (dx, dy) = (x[lane] - term.from[0], y[lane] - term.from[1]);
                let square = dx * dx + dy * dy;
                nearest[lane] = if square < nearest[lane] { square } else { nearest[lane] };
                let fall = 1.0 / (1.0 + square * (1.0 / (4.0 * ELASTIC_SIGMA * ELASTIC_SIGMA)));
                let w = fall * fall + ELASTIC_FLOOR;
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
    fn new(from: &Geometry, i: usize, to: &Geometry, j: usize) -> Self {
        let (ax, ay, bx, by) = (from.x[i], from.y[i], to.x[j], to.y[j]);
        let lever = DIRECTION_LEVER * DIRECTION_LEVER;
        let turn_cos = from.cos[i] * to.cos[j] + from.sin[i] * to.sin[j];
        let turn_sin = from.cos[i] * to.sin[j] - from.sin[i] * to.cos[j];
        Self {
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

    #[test]
    fn any_pairs_of_a_rigid_motion_predict_all_points() {
        for turn in [0.0, 0.4, 2.0, -1.5] {
            let (a, b) = (grid(0.0, 0.0, 0.0), grid(turn, 50.0, -20.0));
            for pairs in [vec![12], vec![0, 24], vec![3, 7, 11, 20]] {
                let mut motion = Motion::default();
                motion.fit(&a, &b, pairs.iter().map(|i| (*i, *i)));
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
        motion.fit(&a, &b, (0..a.len()).map(|i| (i, i)));
        let shift = |i: usize| motion.x[i] - a.x[i];
        assert!(shift(0) > 1.5 && shift(1) > shift(12) && shift(24).abs() < 0.5);
    }

    #[test]
    fn without_pairs_nothing_moves() {
        let a = grid(0.0, 0.0, 0.0);
        let mut motion = Motion::default();
        motion.fit(&a, &a, std::iter::empty());
        assert_eq!((&motion.x, &motion.y), (&a.x, &a.y));
    }
}
