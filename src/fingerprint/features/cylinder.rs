//! Minutia cylinders: around each minutia, in its own frame, the directions of its neighbours by place.
//!
//! Cappelli, Ferrara, Maltoni, "Minutia Cylinder-Code", IEEE TPAMI 32(12), 2010, section 3, in the bit
//! variant: a base of 8 x 8 cells (a word, one bit per cell, row by row), five slices of direction (a word
//! each) and one mask of valid cells. A neighbour adds to a cell of a slice the product of a Gauss function
//! of its distance from the cell and the integral of a Gauss function of its relative direction over the
//! slice: `neighbours.rs` has the distance part, a table here has the direction part.

use std::f32::consts::{PI, TAU};
use std::sync::LazyLock;

use super::geometry::Geometry;
use super::neighbours::{DISC, Neighbours, STRIP, at_least, valid_cells};
use crate::fingerprint::parameters::{
    BIT_THRESHOLD, CYLINDER_SLICES, DIRECTION_SIGMA, LEAST_COMMON_CELLS, LEAST_NEIGHBOURS, LEAST_VALID_CELLS,
};
use crate::kernels::masked::Pattern;
use crate::maths::{exp, round};
use crate::template::Minutia;

/// Least number of common valid cells of a pair of cylinders.
pub(in crate::fingerprint) const LEAST_COMMON: u32 =
    (LEAST_COMMON_CELLS * DISC.count_ones() as f32).ceil() as u32;

/// Relative directions are cut into this many steps for the table.
const DIRECTIONS: usize = 1024;

/// `table[d][slice]`: the contribution of a neighbour of relative direction `d` to a slice.
static DIRECTION_TABLE: LazyLock<Vec<[f32; CYLINDER_SLICES]>> = LazyLock::new(|| {
    (0..DIRECTIONS)
        .map(|d| d as f32 * TAU / DIRECTIONS as f32)
        .map(|direction| std::array::from_fn(|slice| direction_share(direction, slice, CYLINDER_SLICES)))
        .collect()
});

/// The integral over one of so many slices, by the midpoint rule.
pub(in crate::fingerprint) fn direction_share(direction: f32, slice: usize, slices: usize) -> f32 {
    const PARTS: usize = 64;
    let width = TAU / slices as f32;
    let middle = -PI + (slice as f32 + 0.5) * width;
    let mut off = middle - direction;
    off -= round(off / TAU) * TAU;
    let mut sum = 0.0;
    for part in 0..PARTS {
        let x = (off + ((part as f32 + 0.5) / PARTS as f32 - 0.5) * width) / DIRECTION_SIGMA;
        sum += exp(-0.5 * x * x);
    }
    sum * width / (PARTS as f32 * DIRECTION_SIGMA * TAU.sqrt())
}

/// Makes the cylinders of a finger. Reused without allocation.
pub(in crate::fingerprint) struct Cylinders {
    table: &'static [[f32; CYLINDER_SLICES]],
    neighbours: Neighbours,
}

impl Cylinders {
    pub(in crate::fingerprint) fn new() -> Self {
        Self { table: &DIRECTION_TABLE, neighbours: Neighbours::default() }
    }

    /// The cylinder of minutia `centre` of a finger, whose geometry is `finger`; `None` if too little is known
    /// around it.
    #[inline(always)]
    pub(in crate::fingerprint) fn cylinder(
        &mut self,
        minutiae: &[Minutia],
        finger: &Geometry,
        centre: usize,
    ) -> Option<Pattern> {
        let mask = valid_cells(finger, centre);
        if (mask.count_ones() as f32) < LEAST_VALID_CELLS * DISC.count_ones() as f32 {
            return None;
        }
        self.neighbours.fill(minutiae, finger, centre);
        if self.neighbours.count() < LEAST_NEIGHBOURS {
            return None;
        }
        let mut pattern = [0; CYLINDER_SLICES + 1];
        for (strip, sums) in self.neighbours.sums(self.table).iter().enumerate() {
            for (word, sums) in pattern.iter_mut().zip(sums) {
                *word |= at_least(sums, BIT_THRESHOLD) << (strip * STRIP);
            }
        }
        pattern[..CYLINDER_SLICES].iter_mut().for_each(|word| *word &= mask);
        pattern[CYLINDER_SLICES] = mask;
        Some(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::features::neighbours::CELLS;
    use crate::units::{Angle, Length};
    use proptest::prelude::*;

    fn minutiae(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Minutia>> {
        let minutia = (0_u16..3000, 0_u16..4000, any::<u16>()).prop_map(|(x, y, angle)| {
            let (x, y) = (Length::from_steps(x), Length::from_steps(y));
            Minutia::new(x, y, Angle::from_binary(angle), Default::default(), None)
        });
        prop::collection::vec(minutia, count).prop_map(|mut minutiae| {
            minutiae.sort_by_key(|m| (m.x, std::cmp::Reverse(m.y)));
            minutiae
        })
    }

    /// The sum in a cell of a slice as the paper has it, in double precision: for each neighbour the
    /// Gauss function of its distance from the cell, times the integral of one over the slice.
    fn plain_sum(minutiae: &[Minutia], centre: usize, cell: usize, slice: usize) -> f64 {
        use std::f64::consts::{PI, TAU};
        let pixels = |m: &Minutia| [f64::from(m.x.steps()) * 0.0985, -f64::from(m.y.steps()) * 0.0985];
        let radians = |m: &Minutia| f64::from(m.angle.to_binary()) * TAU / 65536.0;
        let (sigma_s, sigma_d) = (28.0 / 3.0, TAU / 9.0);
        let theta = radians(&minutiae[centre]);
        let (u, v) = (17.5 * ((cell % 8) as f64 - 3.5), 17.5 * ((cell / 8) as f64 - 3.5));
        let [x, y] = pixels(&minutiae[centre]);
        let at = [x + u * theta.cos() - v * theta.sin(), y + u * theta.sin() + v * theta.cos()];
        let mut sum = 0.0;
        for (_, other) in minutiae.iter().enumerate().filter(|(i, _)| *i != centre) {
            let [x, y] = pixels(other);
            let distance = (x - at[0]).hypot(y - at[1]);
            if distance > 3.0 * sigma_s {
                continue;
            }
            let spatial = (-distance * distance / (2.0 * sigma_s * sigma_s)).exp() / (sigma_s * TAU.sqrt());
            let off = -PI + (slice as f64 + 0.5) * TAU / 5.0 - (theta - radians(other));
            let off = (off + PI).rem_euclid(TAU) - PI;
            let parts = 400;
            let share: f64 = (0..parts)
                .map(|part| off + ((f64::from(part) + 0.5) / f64::from(parts) - 0.5) * TAU / 5.0)
                .map(|t| (-t * t / (2.0 * sigma_d * sigma_d)).exp())
                .sum();
            sum += spatial * share * TAU / 5.0 / f64::from(parts) / (sigma_d * TAU.sqrt());
        }
        sum
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn bits_are_those_of_the_plain_sums(minutiae in minutiae(5..40)) {
            let mut finger = Geometry::default();
            finger.fill(&minutiae);
            for centre in (0..minutiae.len()).step_by(7) {
                let Some(pattern) = Cylinders::new().cylinder(&minutiae, &finger, centre) else { continue };
                let mask = pattern[CYLINDER_SLICES];
                prop_assert_eq!(mask & !DISC, 0);
                for (slice, word) in pattern[..CYLINDER_SLICES].iter().enumerate() {
                    for cell in 0..CELLS {
                        let bit = word >> cell & 1 == 1;
                        if mask >> cell & 1 == 0 {
                            prop_assert!(!bit);
                            continue;
                        }
                        let sum = plain_sum(&minutiae, centre, cell, slice);
                        // The table of directions and the square cut allow for this much.
                        if (sum - 0.01).abs() > 7e-4 {
                            prop_assert_eq!(bit, sum > 0.01, "sum {}", sum);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_base_is_a_disc_of_fifty_two_cells() {
        assert_eq!(DISC.count_ones(), 52);
        assert_eq!(LEAST_COMMON, 32);
        assert_eq!(DISC & 1, 0, "corners are outside");
    }

    #[test]
    fn shares_of_a_direction_sum_to_one() {
        for shares in DIRECTION_TABLE.iter() {
            // A Gauss function wrapped once: what lies beyond half a turn is cut.
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-3, "{shares:?}");
        }
    }

    #[test]
    fn a_lonely_minutia_has_no_cylinder() {
        let at = |x| {
            Minutia::new(
                Length::from_steps(x),
                Length::from_steps(0),
                Angle::default(),
                Default::default(),
                None,
            )
        };
        for minutiae in [vec![at(0)], vec![at(0), at(100)], vec![at(0), at(100), at(20_000)]] {
            let mut finger = Geometry::default();
            finger.fill(&minutiae);
            assert_eq!(Cylinders::new().cylinder(&minutiae, &finger, 0), None);
        }
    }
}
