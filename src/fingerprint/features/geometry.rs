//! A finger's minutiae in the matcher's units, by column: pixels at 500 dpi, y upwards.

use super::hull::Hull;
use super::trust::Trust;
use crate::fingerprint::parameters::PIXELS_PER_STEP;
use crate::maths;
use crate::template::Minutia;
use crate::units::Angle;

/// Columns are padded to a multiple of this many places, for vectors.
pub(in crate::fingerprint) const LANES: usize = crate::kernels::lanes::LANES;

/// Columns over the minutiae of one finger, about the middle of their bounding box. Padding past the last
/// minutia lies far away and has cosine and sine zero, so that it is near nothing. Reused without allocation
/// once it has grown.
#[derive(Clone, Debug, Default)]
pub(in crate::fingerprint) struct Geometry {
    len: usize,
    pub(in crate::fingerprint) x: Vec<f32>,
    pub(in crate::fingerprint) y: Vec<f32>,
    pub(in crate::fingerprint) cos: Vec<f32>,
    pub(in crate::fingerprint) sin: Vec<f32>,
    pub(in crate::fingerprint) trust: Trust,
    pub(in crate::fingerprint) hull: Hull,
}

/// Where the padding lies: further than any finger, near enough for finite squares.
const FAR_AWAY: f32 = 1.0e6;

impl Geometry {
    /// Takes in the minutiae, in their order.
    #[inline(always)]
    pub(in crate::fingerprint) fn fill(&mut self, minutiae: &[Minutia]) {
        self.len = minutiae.len();
        let padded = self.len.next_multiple_of(LANES);
        for (column, padding) in
            [(&mut self.x, FAR_AWAY), (&mut self.y, FAR_AWAY), (&mut self.cos, 0.0), (&mut self.sin, 0.0)]
        {
            column.clear();
            column.resize(padded, padding);
        }
        let x_middle = twice_the_middle(minutiae.iter().map(|m| m.x.steps()));
        let y_middle = twice_the_middle(minutiae.iter().map(|m| m.y.steps()));
        for (chunk, minutiae) in minutiae.chunks(LANES).enumerate() {
            let mut places = [[0_i32; 2]; LANES];
            let mut angles = [Angle::default(); LANES];
            for (lane, minutia) in minutiae.iter().enumerate() {
                places[lane] = [minutia.x, minutia.y].map(|at| i32::from(at.steps()));
                angles[lane] = minutia.angle;
            }
            let (mut x, mut y) = ([0.0; LANES], [0.0; LANES]);
            let (mut cos, mut sin) = ([0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                // Twice the distance from the middle is a whole number of steps: a translated finger
                // has the same columns to the bit.
                x[lane] = (2 * places[lane][0] - x_middle) as f32 * (PIXELS_PER_STEP / 2.0);
                y[lane] = (y_middle - 2 * places[lane][1]) as f32 * (PIXELS_PER_STEP / 2.0);
                (sin[lane], cos[lane]) = maths::sin_cos(angles[lane]);
            }
            let used = chunk * LANES..chunk * LANES + minutiae.len();
            for (column, values) in
                [(&mut self.x, x), (&mut self.y, y), (&mut self.cos, cos), (&mut self.sin, sin)]
            {
                column[used.clone()].copy_from_slice(&values[..minutiae.len()]);
            }
        }
        self.trust.fill(minutiae, &self.x, &self.y);
        self.hull.build(&self.x[..self.len], &self.y[..self.len]);
    }

    /// Number of minutiae.
    pub(in crate::fingerprint) fn len(&self) -> usize {
        self.len
    }

    /// Number of vectors of [`LANES`] that a column is.
    pub(in crate::fingerprint) fn chunks(&self) -> usize {
        self.len.div_ceil(LANES)
    }
}

/// Sum of the least and the greatest.
#[inline(always)]
fn twice_the_middle(values: impl Iterator<Item = u16>) -> i32 {
    let (least, greatest) =
        values.fold((u16::MAX, 0), |(least, greatest), value| (least.min(value), greatest.max(value)));
    if least > greatest { 0 } else { i32::from(least) + i32::from(greatest) }
}
