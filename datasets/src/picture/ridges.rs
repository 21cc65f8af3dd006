//! The ridges of a finger's skin: what every picture of it is made from.

use std::f32::consts::TAU;

use super::lattice::{Lattice, Phases, Wanted};
use crate::finger::{Finger, Kind};
use crate::math::{exp, exp_i, sin_cos};
use crate::random::{Random, Stream};

/// The ridge pattern of a whole finger, with the exact places of its minutiae.
///
/// The minutiae are those that the ridge flow needs. [`Finger::impression`](crate::Finger::impression) draws the minutiae of
/// templates by a rule instead, without a picture: a template and a picture of one finger share the pattern, not
/// the minutiae.
///
/// Costs about a tenth of a second of one core, and half a megabyte; keep it for all pictures of the finger.
#[derive(Clone)]
pub struct Ridges {
    pub(super) seed: u64,
    pub(super) key: [u64; 2],
    /// Lasting state of the skin, about normal: bad to good.
    pub(super) condition: f32,
    pub(super) width: usize,
    pub(super) height: usize,
    /// The pixel of the skin's centre.
    pub(super) centre: (f32, f32),
    /// Cosine of the phase at each pixel, times 127: a ridge is positive.
    cosine: Vec<i8>,
    /// Cosine and sine of twice the ridge angle, y up, every [`ANGLE_STEP`] pixels.
    doubled: Vec<(f32, f32)>,
    pub(super) minutiae: Vec<SkinPoint>,
    /// Cores and deltas, near which no place of a minutia is well defined.
    pub(super) singular: Vec<(f32, f32)>,
}

/// A minutia of the skin, in pixels of [`Ridges`], y down.
#[derive(Clone, Copy, Debug)]
pub(super) struct SkinPoint {
    pub(super) x: f32,
    pub(super) y: f32,
    /// Unit vector to where the new ridge or valley goes.
    pub(super) direction: (f32, f32),
    pub(super) kind: Kind,
}

/// Pixels of ridges around the skin that a contact can reach, so that its edge is never in a picture.
const MARGIN: f32 = 30.0;
const ANGLE_STEP: usize = 4;
/// Sweeps on the coarse grid, of which each removes facing pairs of minutiae; their number decides how dense
/// minutiae are.
const SWEEPS: (f32, f32) = (25.0, 110.0);
const FINER_SWEEPS: [usize; 2] = [12, 6];
/// Relative deviation of the ridge period in each of three waves, and from the tip to the crease.
const UNEVEN_PERIOD: f32 = 0.05;
/// Minutiae nearer than this to a core or delta are left out, in pixels.
pub(super) const SINGULAR_REACH: f32 = 7.0;

impl Finger {
    /// Makes the ridges of this finger's skin.
    pub fn ridges(&self) -> Ridges {
        let mut random = Random::new(self.seed, Stream::Ridges, self.key);
        let size = |radius: f32| 8 * (((radius + MARGIN) / 4.0) as usize);
        let (width, height) = (size(self.radii.0), size(self.radii.1));
        let centre = (width as f32 / 2.0, height as f32 / 2.0);
        let waves = [0; 3].map(|_| {
            let k = TAU / random.range(120.0, 400.0);
            let (cos, sin) = exp_i(TAU * random.uniform());
            (k * cos, k * sin, TAU * random.uniform(), UNEVEN_PERIOD * random.normal())
        });
        let slope = 2.0 * UNEVEN_PERIOD * random.normal() / height as f32;
        let wanted = |x: f32, y: f32| {
            let (x, y) = (x - centre.0, centre.1 - y);
            let stretch = waves.iter().fold(slope * y, |sum, &(kx, ky, phase, share)| {
                sum + share * sin_cos(kx * x + ky * y + phase).0
            });
            Wanted { angle: self.field.at(x, y).angle, period: self.period * exp(stretch) }
        };
        let sweeps = random.range(SWEEPS.0, SWEEPS.1) as usize;
        let (lattice, phases) = relaxed(width, height, sweeps, wanted, &mut random);
        let singular: Vec<(f32, f32)> =
            self.field.singular_points().map(|(x, y)| (centre.0 + x, centre.1 - y)).collect();
        Ridges {
            seed: self.seed,
            key: self.key,
            condition: self.condition,
            width,
            height,
            centre,
            cosine: cosines(&lattice, &phases, width, height),
            doubled: doubled_angles(width, height, wanted),
            minutiae: minutiae(&lattice, &phases, &singular),
            singular,
        }
    }
}

/// Phases from chance on the coarsest grid, carried to a grid of single pixels.
fn relaxed(
    width: usize,
    height: usize,
    sweeps: usize,
    wanted: impl Fn(f32, f32) -> Wanted + Copy,
    random: &mut Random,
) -> (Lattice, Phases) {
    let mut lattice = Lattice::new(width, height, 4, wanted);
    let mut phases = Phases { re: Vec::new(), im: Vec::new() };
    for _ in 0..lattice.nodes() {
        let (cos, sin) = exp_i(TAU * random.uniform());
        phases.re.push(cos);
        phases.im.push(sin);
    }
    lattice.relax(&mut phases, sweeps);
    for (step, sweeps) in [2, 1].into_iter().zip(FINER_SWEEPS) {
        let finer = Lattice::new(width, height, step, wanted);
        phases = lattice.refine(&phases, &finer);
        finer.relax(&mut phases, sweeps);
        lattice = finer;
    }
    (lattice, phases)
}

fn cosines(lattice: &Lattice, phases: &Phases, width: usize, height: usize) -> Vec<i8> {
    let rows = phases.re.chunks_exact(lattice.columns).take(height);
    rows.flat_map(|row| row[..width].iter().map(|re| (127.0 * re + 127.5) as i32 as i16 - 127))
        .map(|value| value.clamp(-127, 127) as i8)
        .collect()
}

fn doubled_angles(width: usize, height: usize, wanted: impl Fn(f32, f32) -> Wanted) -> Vec<(f32, f32)> {
    let places = (0..height / ANGLE_STEP + 1).flat_map(|j| (0..width / ANGLE_STEP + 1).map(move |i| (i, j)));
    places.map(|(i, j)| exp_i(2.0 * wanted((i * ANGLE_STEP) as f32, (j * ANGLE_STEP) as f32).angle)).collect()
}

fn minutiae(lattice: &Lattice, phases: &Phases, singular: &[(f32, f32)]) -> Vec<SkinPoint> {
    let far = |x: f32, y: f32| {
        singular.iter().all(|&(a, b)| (x - a) * (x - a) + (y - b) * (y - b) > SINGULAR_REACH * SINGULAR_REACH)
    };
    let found = lattice.dislocations(phases).into_iter().filter(|d| far(d.x, d.y));
    found
        .map(|d| {
            // Where the new stripe is already as wide as others.
            let ahead = |v: f32, u: f32, most: usize| ((v + 4.0 * u).max(0.0) as usize).min(most - 1);
            let column = ahead(d.x, d.direction.0, lattice.columns);
            let row = ahead(d.y, d.direction.1, lattice.rows);
            let ridge = phases.re[row * lattice.columns + column] > 0.0;
            let kind = if ridge { Kind::Ending } else { Kind::Bifurcation };
            SkinPoint { x: d.x, y: d.y, direction: d.direction, kind }
        })
        .collect()
}

impl Ridges {
    /// The cosine of the phase between pixels, by cubic interpolation; `None` outside.
    pub(super) fn cosine_at(&self, x: f32, y: f32) -> Option<f32> {
        let inside = x >= 1.0 && y >= 1.0 && x < (self.width - 2) as f32 && y < (self.height - 2) as f32;
        if !inside {
            return None;
        }
        let (column, row) = (x as usize, y as usize);
        let (wx, wy) = (cubic(x - column as f32), cubic(y - row as f32));
        let start = (row - 1) * self.width + column - 1;
        let mut sum = 0.0;
        for (k, w) in wy.iter().enumerate() {
            let v = &self.cosine[start + k * self.width..][..4];
            sum += w
                * (wx[0] * f32::from(v[0])
                    + wx[1] * f32::from(v[1])
                    + wx[2] * f32::from(v[2])
                    + wx[3] * f32::from(v[3]));
        }
        Some((sum / 127.0).clamp(-1.0, 1.0))
    }

    /// Cosine and sine of twice the ridge angle, y up, at the nearest place where it is kept.
    pub(super) fn doubled_angle(&self, x: f32, y: f32) -> (f32, f32) {
        let step = ANGLE_STEP as f32;
        let at = |v: f32, most: usize| ((v / step + 0.5).max(0.0) as usize).min(most / ANGLE_STEP);
        self.doubled[at(y, self.height) * (self.width / ANGLE_STEP + 1) + at(x, self.width)]
    }
}

/// Weights of the four pixels around a place (Catmull and Rom).
fn cubic(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        0.5 * (2.0 * t2 - t3 - t),
        0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
        0.5 * (4.0 * t2 - 3.0 * t3 + t),
        0.5 * (t3 - t2),
    ]
}

impl std::fmt::Debug for Ridges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ridges({} x {}, {} minutiae)", self.width, self.height, self.minutiae.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citizen::Population;

    #[test]
    fn minutiae_are_as_dense_as_on_skin() {
        let population = Population::with(3, 2, 0.0);
        let (mut count, mut area, mut endings) = (0, 0.0, 0);
        for index in 0..6 {
            let Some(finger) = population.citizen(index).finger(1 + index as u8) else { continue };
            let ridges = finger.ridges();
            count += ridges.minutiae.len();
            endings += ridges.minutiae.iter().filter(|m| m.kind == Kind::Ending).count();
            area += (ridges.width * ridges.height) as f32;
        }
        // 0.15 to 0.3 per square millimetre at 500 dpi.
        let density = count as f32 / area / (0.0508 * 0.0508);
        assert!((0.15..0.3).contains(&density), "{density}");
        let share = endings as f32 / count as f32;
        assert!((0.4..0.6).contains(&share), "{share}");
    }

    #[test]
    fn the_pattern_between_pixels_is_that_of_the_pixels() {
        let Some(finger) = Population::with(3, 2, 0.0).citizen(0).finger(2) else { return };
        let ridges = finger.ridges();
        for (x, y) in [(50, 60), (200, 300), (17, 400)] {
            let stored = f32::from(ridges.cosine[y * ridges.width + x]) / 127.0;
            assert_eq!(ridges.cosine_at(x as f32, y as f32), Some(stored));
        }
        assert_eq!(ridges.cosine_at(-1.0, 20.0), None);
    }
}
