//! Ridge phases relaxed on a grid.
//!
//! A ridge picture is the cosine of a phase whose gradient has the direction of the ridges' normal and the length
//! `2 pi / period`. No phase has that gradient everywhere: where ridges spread, new ones must begin. So the
//! complex number `u = exp(i phase)` of each node is made to agree with its neighbours as well as it can:
//! carried from one node to the next its phase turns by the mean wanted gradient along the way. What cannot
//! agree gathers in points around which the phase turns by a whole turn: minutiae.
//!
//! A normal is a direction without a sense. Between nodes whose normals point against each other the phase changes
//! its sign, which the cosine does not see; so cores and deltas need no care.

use crate::math::{exp_i, sin_cos};

/// The wanted ridges at one place: the angle in radians, counter-clockwise from east with y up, and the period.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) angle: f32,
    pub(super) period: f32,
}

/// Complex numbers of the nodes, row by row.
#[derive(Clone)]
pub(super) struct Phases {
    pub(super) re: Vec<f32>,
    pub(super) im: Vec<f32>,
}

/// How a number changes on its way from a node to the one at its right or below.
struct Links {
    /// 1, or -1 where the normals point against each other.
    sense: Vec<f32>,
    /// The turn from the further node back to the nearer.
    re: Vec<f32>,
    im: Vec<f32>,
}

/// A grid of nodes `step` pixels apart, with the wanted gradient of the phase. y points down.
pub(super) struct Lattice {
    pub(super) columns: usize,
    pub(super) rows: usize,
    step: f32,
    normal: Phases,
    gradient: Phases,
    right: Links,
    down: Links,
}

/// The point around which the phase turns, in pixels.
pub(super) struct Dislocation {
    pub(super) x: f32,
    pub(super) y: f32,
    /// Unit vector to where there is one ridge more; y down.
    pub(super) direction: (f32, f32),
}

/// How strongly a node keeps its own number against the four that come from its neighbours.
const INERTIA: f32 = 0.5;

impl Lattice {
    /// A grid over at least `width` x `height` pixels.
    pub(super) fn new(width: usize, height: usize, step: usize, wanted: impl Fn(f32, f32) -> Wanted) -> Self {
        let (columns, rows) = (width / step + 1, height / step + 1);
        let mut normal = Phases { re: Vec::new(), im: Vec::new() };
        let mut gradient = Phases { re: Vec::new(), im: Vec::new() };
        for j in 0..rows {
            for i in 0..columns {
                let Wanted { angle, period } = wanted((i * step) as f32, (j * step) as f32);
                // The tangent is (cos, -sin) with y down, so this is across.
                let (x, y) = sin_cos(angle);
                let k = std::f32::consts::TAU / period;
                normal.re.push(x);
                normal.im.push(y);
                gradient.re.push(k * x);
                gradient.im.push(k * y);
            }
        }
        let step = step as f32;
        let right = Links::new(&normal, &gradient.re, 1, step);
        let down = Links::new(&normal, &gradient.im, columns, step);
        Self { columns, rows, step, normal, gradient, right, down }
    }

    pub(super) fn nodes(&self) -> usize {
        self.columns * self.rows
    }

    /// Replaces each number by the unit number in the direction of the sum of those that its neighbours and itself
    /// ask for, so many times.
    pub(super) fn relax(&self, phases: &mut Phases, sweeps: usize) {
        let columns = self.columns;
        let mut next = phases.clone();
        for _ in 0..sweeps {
            for j in 0..self.rows {
                let row = j * columns..(j + 1) * columns;
                let (re, im) = (&mut next.re[row.clone()], &mut next.im[row.clone()]);
                for ((a, b), (u, v)) in
                    re.iter_mut().zip(&mut *im).zip(phases.re[row.clone()].iter().zip(&phases.im[row]))
                {
                    (*a, *b) = (INERTIA * u, INERTIA * v);
                }
                let start = j * columns;
                self.right.add_from_further(&mut re[..columns - 1], &mut im[..columns - 1], phases, start, 1);
                self.right.add_from_nearer(&mut re[1..], &mut im[1..], phases, start);
                if j + 1 < self.rows {
                    self.down.add_from_further(re, im, phases, start, columns);
                }
                if j > 0 {
                    self.down.add_from_nearer(re, im, phases, start - columns);
                }
                for (a, b) in re.iter_mut().zip(im) {
                    let scale = 1.0 / (*a * *a + *b * *b + 1e-12).sqrt();
                    (*a, *b) = (*a * scale, *b * scale);
                }
            }
            std::mem::swap(phases, &mut next);
        }
    }

    /// Carries numbers to a grid of half the step.
    pub(super) fn refine(&self, phases: &Phases, finer: &Lattice) -> Phases {
        let mut out = Phases { re: vec![0.0; finer.nodes()], im: vec![0.0; finer.nodes()] };
        for j in 0..finer.rows {
            for i in 0..finer.columns {
                let to = j * finer.columns + i;
                let (mut re, mut im) = (0.0, 0.0);
                for (x, y) in [
                    (i / 2, j / 2),
                    (i.div_ceil(2), j / 2),
                    (i / 2, j.div_ceil(2)),
                    (i.div_ceil(2), j.div_ceil(2)),
                ] {
                    let (x, y) = (x.min(self.columns - 1), y.min(self.rows - 1));
                    let from = y * self.columns + x;
                    let (dx, dy) = (
                        i as f32 * finer.step - x as f32 * self.step,
                        j as f32 * finer.step - y as f32 * self.step,
                    );
                    let sense = sense(&self.normal, from, &finer.normal, to);
                    let turn = 0.5
                        * ((sense * self.gradient.re[from] + finer.gradient.re[to]) * dx
                            + (sense * self.gradient.im[from] + finer.gradient.im[to]) * dy);
                    let (cos, sin) = exp_i(turn);
                    let (u, v) = (phases.re[from], sense * phases.im[from]);
                    re += u * cos - v * sin;
                    im += u * sin + v * cos;
                }
                let scale = 1.0 / (re * re + im * im + 1e-12).sqrt();
                (out.re[to], out.im[to]) = (re * scale, im * scale);
            }
        }
        out
    }

    /// The cells around which the phase turns by a whole turn.
    pub(super) fn dislocations(&self, phases: &Phases) -> Vec<Dislocation> {
        let mut found = Vec::new();
        for j in 0..self.rows - 1 {
            for i in 0..self.columns - 1 {
                let first = j * self.columns + i;
                let corners = [first, first + 1, first + self.columns + 1, first + self.columns]
                    .map(|at| (phases.re[at], phases.im[at] * sense(&self.normal, at, &self.normal, first)));
                let turns: i32 = (0..4).map(|k| crossing(corners[k], corners[(k + 1) % 4])).sum();
                if turns != 0 {
                    let q = turns.signum() as f32;
                    found.push(Dislocation {
                        x: (i as f32 + 0.5) * self.step,
                        y: (j as f32 + 0.5) * self.step,
                        direction: (q * self.normal.im[first], -q * self.normal.re[first]),
                    });
                }
            }
        }
        found
    }
}

/// 1 or -1 as the shorter turn from `a` to `b` crosses the negative real axis with or against the sense of turning;
/// 0 if it does not.
fn crossing(a: (f32, f32), b: (f32, f32)) -> i32 {
    let cross = a.0 * b.1 - a.1 * b.0;
    if a.1 >= 0.0 && b.1 < 0.0 && cross > 0.0 {
        1
    } else if a.1 < 0.0 && b.1 >= 0.0 && cross < 0.0 {
        -1
    } else {
        0
    }
}

fn sense(a: &Phases, from: usize, b: &Phases, to: usize) -> f32 {
    if a.re[from] * b.re[to] + a.im[from] * b.im[to] < 0.0 { -1.0 } else { 1.0 }
}

impl Links {
    /// Links of each node with the one `apart` further in memory; those past the end of a row are never used.
    fn new(normal: &Phases, along: &[f32], apart: usize, step: f32) -> Self {
        let count = along.len() - apart;
        let mut links = Self { sense: Vec::new(), re: Vec::new(), im: Vec::new() };
        for at in 0..count {
            let sense = sense(normal, at, normal, at + apart);
            let (cos, sin) = exp_i(-0.5 * step * (along[at] + sense * along[at + apart]));
            links.sense.push(sense);
            links.re.push(cos);
            links.im.push(sin);
        }
        links
    }

    fn add_from_further(&self, re: &mut [f32], im: &mut [f32], phases: &Phases, start: usize, apart: usize) {
        let n = re.len();
        let (sense, cos, sin) =
            (&self.sense[start..start + n], &self.re[start..start + n], &self.im[start..start + n]);
        let (u, v) = (&phases.re[start + apart..][..n], &phases.im[start + apart..][..n]);
        for i in 0..n {
            let w = sense[i] * v[i];
            re[i] += u[i] * cos[i] - w * sin[i];
            im[i] += u[i] * sin[i] + w * cos[i];
        }
    }

    fn add_from_nearer(&self, re: &mut [f32], im: &mut [f32], phases: &Phases, start: usize) {
        let n = re.len();
        let (sense, cos, sin) =
            (&self.sense[start..start + n], &self.re[start..start + n], &self.im[start..start + n]);
        let (u, v) = (&phases.re[start..start + n], &phases.im[start..start + n]);
        for i in 0..n {
            re[i] += u[i] * cos[i] + v[i] * sin[i];
            im[i] += sense[i] * (v[i] * cos[i] - u[i] * sin[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::atan2;

    /// Straight ridges of period 9 whose angle is `angle`, with a phase of one's own added.
    fn straight(angle: f32, added: impl Fn(f32, f32) -> f32) -> (Lattice, Phases) {
        let lattice = Lattice::new(80, 70, 1, |_, _| Wanted { angle, period: 9.0 });
        let mut phases = Phases { re: Vec::new(), im: Vec::new() };
        for j in 0..lattice.rows {
            for i in 0..lattice.columns {
                let (x, y) = (i as f32, j as f32);
                let (nx, ny) = sin_cos(angle);
                let (cos, sin) = exp_i((nx * x + ny * y) * std::f32::consts::TAU / 9.0 + added(x, y));
                phases.re.push(cos);
                phases.im.push(sin);
            }
        }
        (lattice, phases)
    }

    #[test]
    fn straight_ridges_have_no_minutiae_and_stay() {
        for angle in [0.0, 0.6, 1.5, -0.9] {
            let (lattice, mut phases) = straight(angle, |_, _| 0.0);
            let before = phases.clone();
            lattice.relax(&mut phases, 20);
            assert!(lattice.dislocations(&phases).is_empty());
            let moved = before.re.iter().zip(&phases.re).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(moved < 1e-3, "{moved}");
        }
    }

    #[test]
    fn random_phases_of_straight_ridges_lose_their_dislocations() {
        let (lattice, mut phases) = straight(0.3, |x, y| 0.9 * (x * 0.21).sin() * (y * 0.17).cos());
        lattice.relax(&mut phases, 400);
        assert!(lattice.dislocations(&phases).is_empty());
    }

    #[test]
    fn a_planted_dislocation_is_found_at_its_place_with_its_direction() {
        for (angle, sense) in [(0.0, 1.0), (0.0, -1.0), (0.7, 1.0), (2.4, -1.0)] {
            let (lattice, mut phases) = straight(angle, |x, y| sense * atan2(y - 35.5, x - 40.5));
            lattice.relax(&mut phases, 5);
            let found = lattice.dislocations(&phases);
            assert_eq!(found.len(), 1);
            assert!((found[0].x - 40.5).abs() <= 1.0 && (found[0].y - 35.5).abs() <= 1.0);
            // One ridge more there: the phase turns further from one side of the ridges to the other.
            let turns = |side: f32| {
                let (dx, dy) = found[0].direction;
                let mut sum = 0.0;
                let mut last = None;
                for k in -60..=60 {
                    let (u, v) = (side * 12.0, k as f32 * 0.25);
                    let x = (found[0].x + u * dx - v * dy).round() as usize;
                    let y = (found[0].y + u * dy + v * dx).round() as usize;
                    let at = y * lattice.columns + x;
                    let phase = phases.im[at].atan2(phases.re[at]);
                    if let Some(last) = last {
                        let d: f32 = phase - last;
                        sum += d - std::f32::consts::TAU * (d / std::f32::consts::TAU).round();
                    }
                    last = Some(phase);
                }
                sum.abs()
            };
            assert!(turns(1.0) > turns(-1.0) + 2.0, "{} {}", turns(1.0), turns(-1.0));
        }
    }

    #[test]
    fn a_finer_grid_keeps_the_ridges() {
        let coarse = Lattice::new(80, 72, 4, |_, _| Wanted { angle: 0.4, period: 9.0 });
        let fine = Lattice::new(80, 72, 2, |_, _| Wanted { angle: 0.4, period: 9.0 });
        let exact = |lattice: &Lattice| {
            let mut phases = Phases { re: Vec::new(), im: Vec::new() };
            for at in 0..lattice.nodes() {
                let x = (at % lattice.columns) as f32 * lattice.step;
                let y = (at / lattice.columns) as f32 * lattice.step;
                let (cos, sin) = exp_i(lattice.gradient.re[at] * x + lattice.gradient.im[at] * y);
                phases.re.push(cos);
                phases.im.push(sin);
            }
            phases
        };
        let got = coarse.refine(&exact(&coarse), &fine);
        let wanted = exact(&fine);
        for (a, b) in got.re.iter().zip(&wanted.re).chain(got.im.iter().zip(&wanted.im)) {
            assert!((a - b).abs() < 1e-3);
        }
    }
}
