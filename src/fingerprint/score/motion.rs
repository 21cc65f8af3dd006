//! Where the minutiae of one finger should lie in another, by the pairs matched so far.
//!
//! Each minutia has a rigid motion of its own, fitted by least squares with weights that fall with a pair's
//! distance from it: an elastic motion without a model of the skin. The directions of a pair count like a
//! lever, so that a single pair fixes the rotation. All sums are over pairs in one order, each lane a
//! minutia, so vector code of any width gives the same bits.

use crate::fingerprint::features::geometry::{Geometry, LANES};
use crate::fingerprint::parameters::{
    DIRECTION_LEVER, ELASTIC_FLOOR, ELASTIC_SIGMA, GROWTH_REACH, GROWTH_REACH_GROWTH, GROWTH_REACH_LIMIT,
};

/// How strongly the minutiae of a finger pull each other along: a row for each minutia, made when it
/// is first needed, or all for a finger that is compared with many. Reused without allocation.
#[derive(Clone, Debug, Default)]
pub(in crate::fingerprint) struct Pulls {
    is_made: Vec<bool>,
    /// A row of chunks for each minutia.
    chunks: Vec<Pull>,
}

/// The pull of one minutia on each of a chunk.
#[derive(Clone, Copy, Debug, Default)]
struct Pull {
    /// Squares of distances.
    square: [f32; LANES],
    weight: [f32; LANES],
}

impl Pulls {
    /// Forgets all rows: another finger follows.
    pub(in crate::fingerprint) fn reset(&mut self, finger: &Geometry) {
        self.is_made.clear();
        self.is_made.resize(finger.len(), false);
        let places = finger.len() * finger.chunks();
        if self.chunks.len() < places {
            self.chunks.resize(places, Pull::default());
        }
    }

    /// Makes all rows of a finger.
    pub(in crate::fingerprint) fn make_all(&mut self, finger: &Geometry) {
        self.reset(finger);
        (0..finger.len()).for_each(|row| self.make(finger, row));
    }

    /// Makes a row.
    #[inline(always)]
    pub(in crate::fingerprint) fn make(&mut self, finger: &Geometry, row: usize) {
        if std::mem::replace(&mut self.is_made[row], true) {
            return;
        }
        let (x, y) = (finger.x.as_chunks::<LANES>().0, finger.y.as_chunks::<LANES>().0);
        let (own_x, own_y) = (finger.x[row], finger.y[row]);
        let pulls = &mut self.chunks[row * x.len()..(row + 1) * x.len()];
        for ((x, y), pull) in x.iter().zip(y).zip(pulls) {
            for lane in 0..LANES {
                let (dx, dy) = (x[lane] - own_x, y[lane] - own_y);
                let square = dx * dx + dy * dy;
                let fall = 1.0 / (1.0 + square * (1.0 / (4.0 * ELASTIC_SIGMA * ELASTIC_SIGMA)));
                pull.square[lane] = square;
                pull.weight[lane] = fall * fall + ELASTIC_FLOOR;
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

/// The predictions for a chunk of minutiae.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::fingerprint) struct Predicted {
    pub(in crate::fingerprint) x: [f32; LANES],
    pub(in crate::fingerprint) y: [f32; LANES],
    /// The minutia's direction after the motion.
    pub(in crate::fingerprint) cos: [f32; LANES],
    pub(in crate::fingerprint) sin: [f32; LANES],
    /// Square of the distance within which its partner is sought: more, the further the nearest
    /// matched minutia is.
    pub(in crate::fingerprint) reach: [f32; LANES],
}

/// The prediction for each minutia of a finger (and for its padding). Reused without allocation.
#[derive(Debug, Default)]
pub(in crate::fingerprint) struct Motion {
    terms: Vec<Term>,
    predicted: Vec<Predicted>,
}

impl Motion {
    /// Predicts where every minutia of `from` lies in `to`, by matched pairs of indices `(from, to)`.
    /// Without pairs nothing moves. `pulls` are those of `from`, made for these pairs.
    #[inline(always)]
    pub(in crate::fingerprint) fn fit(
        &mut self,
        from: &Geometry,
        to: &Geometry,
        pairs: impl Iterator<Item = (usize, usize)>,
        pulls: &Pulls,
    ) {
        self.terms.clear();
        for (i, j) in pairs {
            self.terms.push(Term::new(from, i, to, j));
        }
        self.predicted.resize(from.chunks(), Predicted::default());
        let [x, y, cos, sin] =
            [&from.x, &from.y, &from.cos, &from.sin].map(|column| column.as_chunks::<LANES>().0);
        let columns = x.iter().zip(y).zip(cos).zip(sin);
        for (chunk, (predicted, (((x, y), cos), sin))) in self.predicted.iter_mut().zip(columns).enumerate() {
            *predicted = fit_lanes(&self.terms, &pulls.chunks, chunk, from.chunks(), [x, y, cos, sin]);
        }
    }

    /// The predictions of the last fit, by chunk.
    pub(in crate::fingerprint) fn predicted(&self) -> &[Predicted] {
        &self.predicted
    }
}

/// Each lane's own fit, and what it makes of the lane's place and direction.
#[inline(always)]
fn fit_lanes(
    terms: &[Term],
    pulls: &[Pull],
    chunk: usize,
    stride: usize,
    [x, y, own_cos, own_sin]: [&[f32; LANES]; 4],
) -> Predicted {
    let mut weight = [0.0_f32; LANES];
    let (mut from_x, mut from_y) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    let (mut to_x, mut to_y) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    let (mut cos, mut sin) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    let mut nearest = [f32::MAX; LANES];
    for term in terms {
        let pull = &pulls[term.row * stride + chunk];
        for lane in 0..LANES {
            let (square, w) = (pull.square[lane], pull.weight[lane]);
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
    let mut predicted = Predicted::default();
    for lane in 0..LANES {
        let per_weight = if weight[lane] > 0.0 { 1.0 / weight[lane] } else { 0.0 };
        let (ax, ay) = (from_x[lane] * per_weight, from_y[lane] * per_weight);
        let (bx, by) = (to_x[lane] * per_weight, to_y[lane] * per_weight);
        let c = cos[lane] - (from_x[lane] * bx + from_y[lane] * by);
        let s = sin[lane] - (from_x[lane] * by - from_y[lane] * bx);
        let length = (c * c + s * s).sqrt();
        let turns = length > 0.0;
        let per_length = 1.0 / length;
        let c = if turns { c * per_length } else { 1.0 };
        let s = if turns { s * per_length } else { 0.0 };
        let (dx, dy) = (x[lane] - ax, y[lane] - ay);
        predicted.x[lane] = bx + c * dx - s * dy;
        predicted.y[lane] = by + s * dx + c * dy;
        predicted.cos[lane] = own_cos[lane] * c - own_sin[lane] * s;
        predicted.sin[lane] = own_sin[lane] * c + own_cos[lane] * s;
        let far = nearest[lane].sqrt();
        let far = if far < GROWTH_REACH_LIMIT { far } else { GROWTH_REACH_LIMIT };
        let reach = GROWTH_REACH + GROWTH_REACH_GROWTH * far;
        predicted.reach[lane] = reach * reach;
    }
    predicted
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
        pulls.make_all(finger);
        pulls
    }

    /// Places, directions and reaches of all predictions.
    fn columns(motion: &Motion) -> [Vec<f32>; 5] {
        let column = |of: fn(&Predicted) -> [f32; LANES]| motion.predicted().iter().flat_map(of).collect();
        [column(|p| p.x), column(|p| p.y), column(|p| p.cos), column(|p| p.sin), column(|p| p.reach)]
    }

    #[test]
    fn any_pairs_of_a_rigid_motion_predict_all_points() {
        for turn in [0.0, 0.4, 2.0, -1.5] {
            let (a, b) = (grid(0.0, 0.0, 0.0), grid(turn, 50.0, -20.0));
            for pairs in [vec![12], vec![0, 24], vec![3, 7, 11, 20]] {
                let mut motion = Motion::default();
                motion.fit(&a, &b, pairs.iter().map(|i| (*i, *i)), &pulls(&a));
                let [x, y, cos, sin, reach] = columns(&motion);
                for i in 0..a.len() {
                    assert!((x[i] - b.x[i]).abs() < 0.3 && (y[i] - b.y[i]).abs() < 0.3);
                    assert!((cos[i] - b.cos[i]).abs() < 1e-3 && (sin[i] - b.sin[i]).abs() < 1e-3);
                    let nearest = pairs.iter().map(|&p| (a.x[i] - a.x[p]).hypot(a.y[i] - a.y[p]));
                    let nearest = nearest.fold(f32::MAX, f32::min);
                    assert!((reach[i].sqrt() - 15.0 - 0.05 * nearest.min(100.0)).abs() < 1e-3);
                }
            }
        }
    }

    #[test]
    fn near_pairs_say_more_than_far_ones() {
        let (a, mut b) = (grid(0.0, 0.0, 0.0), grid(0.0, 0.0, 0.0));
        // One corner is pulled by twelve pixels.
        b.x[0] += 12.0;
        let mut motion = Motion::default();
        motion.fit(&a, &b, (0..a.len()).map(|i| (i, i)), &pulls(&a));
        let [x, ..] = columns(&motion);
        let shift = |i: usize| x[i] - a.x[i];
        assert!(shift(0) > 1.5 && shift(1) > shift(12) && shift(24).abs() < 0.5);
    }

    #[test]
    fn without_pairs_nothing_moves() {
        let a = grid(0.0, 0.0, 0.0);
        let mut motion = Motion::default();
        motion.fit(&a, &a, std::iter::empty(), &pulls(&a));
        let [x, y, cos, sin, _] = columns(&motion);
        assert_eq!((&x, &y, &cos, &sin), (&a.x, &a.y, &a.cos, &a.sin));
    }
}
