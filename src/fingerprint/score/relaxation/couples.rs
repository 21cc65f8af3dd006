//! Couples of listed pairs: which of them may support each other by their geometry, and how much they do.

use std::sync::LazyLock;

use crate::fingerprint::features::geometry::Geometry;
use crate::fingerprint::parameters::{
    ANGLE_CUT, ANGLE_MIDPOINT, ANGLE_STEEPNESS, DISTANCE_CUT, DISTANCE_CUT_GROWTH, DISTANCE_MIDPOINT,
    DISTANCE_MIDPOINT_GROWTH, DISTANCE_STEEPNESS,
};
use crate::fingerprint::score::similarity::Pair;
use crate::kernels::lanes::{LANES, Lanes};
use crate::maths::{logistic, sin_cos, small_arcsine};
use crate::units::Angle;

/// Steps of [`FALL`] over `1 - cos`, up to the cut.
const FALL_STEPS: usize = 1024;

/// `1 - cos(ANGLE_CUT)`.
pub(super) static FALL_END: LazyLock<f32> = LazyLock::new(|| {
    let half = sin_cos(Angle::from_radians(f64::from(ANGLE_CUT) / 2.0)).0;
    2.0 * half * half
});

/// The logistic fall of support over an angle, by `1 - cos` of the angle; zero from the cut on.
pub(super) static FALL: LazyLock<[f32; 2 * FALL_STEPS]> = LazyLock::new(|| {
    std::array::from_fn(|step| {
        let versine = (step as f32 + 0.5) / FALL_STEPS as f32 * *FALL_END;
        let angle = 2.0 * small_arcsine((versine / 2.0).sqrt());
        if step < FALL_STEPS { logistic(angle, ANGLE_MIDPOINT, ANGLE_STEEPNESS) } else { 0.0 }
    })
});

/// The pairs by column: where each stands in both fingers, and the turn from a to b.
#[derive(Debug)]
pub(super) struct PlacedPairs {
    ax: [f32; MOST],
    ay: [f32; MOST],
    bx: [f32; MOST],
    by: [f32; MOST],
    cos: [f32; MOST],
    sin: [f32; MOST],
}

/// The most pairs that there can be: a finger has no more lanes for cylinders.
const MOST: usize = 256;

impl Default for PlacedPairs {
    fn default() -> Self {
        let none = [0.0; MOST];
        Self { ax: none, ay: none, bx: none, by: none, cos: none, sin: none }
    }
}

impl PlacedPairs {
    /// Padding stands in one place and turns by a quarter: the lanes are looked at, not used.
    #[inline(always)]
    pub(super) fn fill(&mut self, pairs: &[Pair], a: &Geometry, b: &Geometry) {
        let padded = pairs.len().next_multiple_of(LANES);
        for column in [&mut self.ax, &mut self.ay, &mut self.bx, &mut self.by, &mut self.cos, &mut self.sin] {
            column[pairs.len()..padded].fill(0.0);
        }
        for (place, pair) in pairs.iter().enumerate() {
            let (i, j) = (usize::from(pair.a), usize::from(pair.b));
            self.ax[place] = a.x[i];
            self.ay[place] = a.y[i];
            self.bx[place] = b.x[j];
            self.by[place] = b.y[j];
            self.cos[place] = a.cos[i] * b.cos[j] + a.sin[i] * b.sin[j];
            self.sin[place] = a.cos[i] * b.sin[j] - a.sin[i] * b.cos[j];
        }
    }

    /// Lists the couples whose second is one of the pairs `chunk` and whose first comes before it, and
    /// of which neither turns nor distances forbid that the two support each other. Returns how many.
    #[inline(always)]
    pub(super) fn list_couples<L: Lanes>(
        &self,
        lanes: L,
        chunk: usize,
        fall_end: f32,
        to: &mut [i32],
    ) -> usize {
        let columns = [&self.cos, &self.sin, &self.ax, &self.ay, &self.bx, &self.by];
        let [cos, sin, ax, ay, bx, by] = columns.map(|column| &column.as_chunks().0[chunk]);
        let (cos, sin) = (lanes.floats(cos), lanes.floats(sin));
        let (ax, ay) = (lanes.floats(ax), lanes.floats(ay));
        let (bx, by) = (lanes.floats(bx), lanes.floats(by));
        let end = (chunk + 1) * LANES;
        let [i_cos, i_sin, i_ax, i_ay, i_bx, i_by] = columns.map(|column| &column[..end]);
        let seconds: [i32; LANES] = std::array::from_fn(|lane| (chunk * LANES + lane) as i32);
        let seconds = lanes.integers(&seconds);
        let places: [i32; LANES] = std::array::from_fn(|lane| ((chunk * LANES + lane) << FIRST) as i32);
        let places = lanes.integers(&places);
        let (one, fall_end) = (lanes.splat(1.0), lanes.splat(fall_end));
        let (least, growth) = (lanes.splat(DISTANCE_CUT), lanes.splat(DISTANCE_CUT_GROWTH));
        let mut count = 0;
        for i in 0..end {
            let between = one - (lanes.splat(i_cos[i]) * cos + lanes.splat(i_sin[i]) * sin);
            let (ax, ay) = (ax - lanes.splat(i_ax[i]), ay - lanes.splat(i_ay[i]));
            let (bx, by) = (bx - lanes.splat(i_bx[i]), by - lanes.splat(i_by[i]));
            let da = lanes.root(ax * ax + ay * ay);
            let db = lanes.root(bx * bx + by * by);
            let cut = least + growth * lanes.greater(da, db);
            let first = lanes.splat_integer(i as i32);
            let is_near = lanes.is_less(between, fall_end)
                & lanes.is_at_most(lanes.absolute(da - db), cut)
                & lanes.is_less_integer(first, seconds);
            let Some(to) = to.get_mut(count..).and_then(|to| to.first_chunk_mut()) else { break };
            count += lanes.list(is_near, first | places, to);
        }
        count
    }

    /// The mutual support of couples of [`PlacedPairs::list_couples`]: what the second gives to the first, and
    /// what the first gives to the second.
    #[inline(always)]
    pub(super) fn mutual_support<L: Lanes>(
        &self,
        lanes: L,
        couples: &[i32; LANES],
        fall: &[f32; 2 * FALL_STEPS],
        fall_end: f32,
    ) -> [[f32; LANES]; 2] {
        // No closures here or below: the compiler leaves some of them out of line, without the level.
        let mut seconds = [0; LANES];
        for lane in 0..LANES {
            seconds[lane] = couples[lane] >> FIRST;
        }
        // A place in a column is by the bits of a first pair.
        let (i, k) = (lanes.integers(couples), lanes.integers(&seconds));
        let (i_cos, k_cos) = (lanes.gather(&self.cos, i), lanes.gather(&self.cos, k));
        let (i_sin, k_sin) = (lanes.gather(&self.sin, i), lanes.gather(&self.sin, k));
        let (i_ax, k_ax) = (lanes.gather(&self.ax, i), lanes.gather(&self.ax, k));
        let (i_ay, k_ay) = (lanes.gather(&self.ay, i), lanes.gather(&self.ay, k));
        let (i_bx, k_bx) = (lanes.gather(&self.bx, i), lanes.gather(&self.bx, k));
        let (i_by, k_by) = (lanes.gather(&self.by, i), lanes.gather(&self.by, k));
        let scale = FALL_STEPS as f32 / fall_end;
        let mut common = [0.0_f32; LANES];
        let mut steps = [[0; LANES]; 3];
        for lane in 0..LANES {
            let between = 1.0 - (i_cos[lane] * k_cos[lane] + i_sin[lane] * k_sin[lane]);
            let (ax, ay) = (k_ax[lane] - i_ax[lane], k_ay[lane] - i_ay[lane]);
            let (bx, by) = (k_bx[lane] - i_bx[lane], k_by[lane] - i_by[lane]);
            let da = (ax * ax + ay * ay).sqrt();
            let db = (bx * bx + by * by).sqrt();
            // The turn of the line between the two, and its difference from the turns of the two.
            let per_length = 1.0 / (da * db);
            let cos = (ax * bx + ay * by) * per_length;
            let sin = (ax * by - ay * bx) * per_length;
            let at_i = 1.0 - (i_cos[lane] * cos + i_sin[lane] * sin);
            let at_k = 1.0 - (k_cos[lane] * cos + k_sin[lane] * sin);
            let midpoint = DISTANCE_MIDPOINT + DISTANCE_MIDPOINT_GROWTH * (da + db);
            let stretch = logistic((da - db).abs(), midpoint, DISTANCE_STEEPNESS);
            common[lane] = if da * db == 0.0 { 0.0 } else { stretch };
            for (steps, versine) in steps.iter_mut().zip([between, at_i, at_k]) {
                steps[lane] = fall_step(versine * scale);
            }
        }
        let [between, at_i, at_k] = &steps;
        let between = lanes.gather(fall, lanes.integers(between));
        let at_i = lanes.gather(fall, lanes.integers(at_i));
        let at_k = lanes.gather(fall, lanes.integers(at_k));
        let mut support = [[0.0; LANES]; 2];
        for lane in 0..LANES {
            let common = common[lane] * between[lane];
            support[0][lane] = common * at_i[lane];
            support[1][lane] = common * at_k[lane];
        }
        support
    }
}

/// Bits of a couple that hold its first pair; the second's are those above.
const FIRST: u32 = 8;

/// The two pairs of a couple.
#[inline(always)]
pub(super) fn ends(couple: i32) -> [usize; 2] {
    [(couple & ((1 << FIRST) - 1)) as usize, (couple >> FIRST) as usize]
}

/// The step of [`FALL`], of which those from [`FALL_STEPS`] on are the cut; no number is the cut too.
#[inline(always)]
fn fall_step(step: f32) -> i32 {
    let last = FALL_STEPS as f32;
    let step = if step < last { step } else { last };
    // Rounding below zero is the first step.
    let step = if step > 0.0 { step } else { 0.0 };
    step as i32
}
