//! Which minutiae may lie near a point and a direction: sets of bits by strip of x, by strip of y and
//! by octant of direction, so that a question is answered by two intersections.

use super::geometry::PADDING;
use super::parameters::{GROWTH_ANGLE, GROWTH_REACH, GROWTH_REACH_GROWTH, GROWTH_REACH_LIMIT};

/// Width of a strip in pixels: a little less than the reach of growth.
const WIDTH: f32 = 16.0;

/// No minutia is sought from further away, in pixels; one more for rounding.
const REACH: f32 = GROWTH_REACH + GROWTH_REACH_GROWTH * GROWTH_REACH_LIMIT + 1.0;

/// Cosine and sine of an angle a little over [`GROWTH_ANGLE`], 0.52 radians.
const OPENING: (f32, f32) = (0.867_819_2, 0.496_880_1);
const _: () = assert!(GROWTH_ANGLE <= 0.5);

const OCTANTS: usize = 8;

/// Minutiae by strips and octants. Reused without allocation once it has grown.
#[derive(Clone, Debug, Default)]
pub(super) struct Buckets {
    /// Words of a set: bit `j % 64` of word `j / 64` is minutia `j`.
    words: usize,
    x: Strips,
    y: Strips,
    octants: Vec<u64>,
}

/// Where questions fall: strips and octants of several points and directions.
#[derive(Debug, Default)]
pub(super) struct Falls {
    x: Vec<u32>,
    y: Vec<u32>,
    octant: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Strips {
    /// The middle of strip 0, which is empty, as is the last.
    origin: f32,
    count: usize,
    sets: Vec<u64>,
}

impl Buckets {
    /// Takes in the minutiae of one finger.
    pub(super) fn fill(&mut self, x: &[f32], y: &[f32], cos: &[f32], sin: &[f32]) {
        self.words = x.len().div_ceil(64);
        self.x.fill(x, self.words);
        self.y.fill(y, self.words);
        self.octants.clear();
        self.octants.resize(OCTANTS * self.words, 0);
        for (j, (&c, &s)) in cos.iter().zip(sin).enumerate() {
            // The arc within the opening is wider than an octant and narrower than two: its ends and
            // its middle lie in all octants that it meets.
            let (turn_cos, turn_sin) = OPENING;
            let left = (c * turn_cos - s * turn_sin, s * turn_cos + c * turn_sin);
            let right = (c * turn_cos + s * turn_sin, s * turn_cos - c * turn_sin);
            for (c, s) in [left, (c, s), right] {
                self.octants[octant(c, s) as usize * self.words + j / 64] |= 1 << (j % 64);
            }
        }
    }

    /// Finds where points with directions fall; all columns have one padded length.
    #[inline(always)]
    pub(super) fn locate(&self, x: &[f32], y: &[f32], cos: &[f32], sin: &[f32], falls: &mut Falls) {
        for column in [&mut falls.x, &mut falls.y, &mut falls.octant] {
            column.resize(x.len(), 0);
        }
        let [x, y, cos, sin] = [x, y, cos, sin].map(|column| column.as_chunks::<PADDING>().0);
        let (fx, _) = falls.x.as_chunks_mut::<PADDING>();
        let (fy, _) = falls.y.as_chunks_mut::<PADDING>();
        let (fo, _) = falls.octant.as_chunks_mut::<PADDING>();
        for (chunk, ((fx, fy), fo)) in fx.iter_mut().zip(fy).zip(fo).enumerate() {
            for lane in 0..PADDING {
                fx[lane] = self.x.strip(x[chunk][lane]);
                fy[lane] = self.y.strip(y[chunk][lane]);
                fo[lane] = octant(cos[chunk][lane], sin[chunk][lane]);
            }
        }
    }

    /// Words of a set of minutiae.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// A word of the set of minutiae that may be near point `i`: of all that are within reach and
    /// turned little against its direction, and perhaps of others. Bit `j % 64` of word `j / 64` is
    /// minutia `j`.
    #[inline(always)]
    pub(super) fn near(&self, falls: &Falls, i: usize, word: usize) -> u64 {
        let set = |sets: &[u64], at: u32| sets[at as usize * self.words + word];
        set(&self.x.sets, falls.x[i]) & set(&self.y.sets, falls.y[i]) & set(&self.octants, falls.octant[i])
    }
}

impl Strips {
    fn fill(&mut self, coordinates: &[f32], words: usize) {
        let (least, greatest) = coordinates
            .iter()
            .fold((f32::MAX, f32::MIN), |(least, greatest), &at| (least.min(at), greatest.max(at)));
        self.sets.clear();
        if coordinates.is_empty() {
            (self.origin, self.count) = (0.0, 1);
            return;
        }
        self.origin = least - REACH - WIDTH;
        self.count = usize::MAX;
        self.count = self.strip(greatest + REACH) as usize + 2;
        self.sets.resize(self.count * words, 0);
        for (j, &at) in coordinates.iter().enumerate() {
            for strip in self.strip(at - REACH)..=self.strip(at + REACH) {
                self.sets[strip as usize * words + j / 64] |= 1 << (j % 64);
            }
        }
    }

    /// The strip of a coordinate, the first or last (which are empty) if it is beyond all.
    #[inline(always)]
    fn strip(&self, at: f32) -> u32 {
        // At this size the last place of an f32 is worth one: the sum rounds, and monotonely.
        const ONES: f32 = 8_388_608.0;
        let last = (self.count - 1).min(1 << 20) as f32;
        let strip = (at - self.origin) * (1.0 / WIDTH);
        let strip = if strip > 0.0 { strip } else { 0.0 };
        let strip = if strip < last { strip } else { last };
        (strip + ONES).to_bits() & 0x007f_ffff
    }
}

#[inline(always)]
fn octant(cos: f32, sin: f32) -> u32 {
    u32::from(cos < 0.0) | u32::from(sin < 0.0) << 1 | u32::from(sin.abs() > cos.abs()) << 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minutia(span: f32) -> impl Strategy<Value = (f32, f32, f32)> {
        (-span..span, -span..span, 0.0..std::f32::consts::TAU)
    }

    proptest! {
        #[test]
        fn all_that_is_near_is_found(
            minutiae in prop::collection::vec(minutia(150.0), 0..=255),
            points in prop::collection::vec(minutia(200.0), 16),
            far in minutia(1e7),
        ) {
            let columns = |minutiae: &[(f32, f32, f32)]| {
                let column = |f: &dyn Fn(&(f32, f32, f32)) -> f32| minutiae.iter().map(f).collect::<Vec<f32>>();
                [column(&|m| m.0), column(&|m| m.1), column(&|m| m.2.cos()), column(&|m| m.2.sin())]
            };
            let mut points = points;
            points[0] = far;
            let [x, y, cos, sin] = columns(&minutiae);
            let [px, py, pcos, psin] = columns(&points);
            let mut buckets = Buckets::default();
            buckets.fill(&x, &y, &cos, &sin);
            let mut falls = Falls::default();
            buckets.locate(&px, &py, &pcos, &psin, &mut falls);
            for i in 0..points.len() {
                let found: Vec<usize> = (0..buckets.words() * 64)
                    .filter(|j| buckets.near(&falls, i, j / 64) >> (j % 64) & 1 == 1)
                    .collect();
                prop_assert!(found.iter().all(|&j| j < minutiae.len()));
                for j in 0..minutiae.len() {
                    let near = (x[j] - px[i]).hypot(y[j] - py[i]) <= REACH - 0.5
                        && pcos[i] * cos[j] + psin[i] * sin[j] >= 0.877;
                    prop_assert!(!near || found.contains(&j), "{} {}", i, j);
                    let far = (x[j] - px[i]).abs() > REACH + 2.0 * WIDTH;
                    prop_assert!(!far || !found.contains(&j), "{} {}", i, j);
                }
            }
        }
    }
}
