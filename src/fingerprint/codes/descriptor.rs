//! Descriptors: the real-valued minutia cylinders from which codes are made.
//!
//! The sums of [`crate::fingerprint`]'s bit cylinders, in six slices of direction, over the 52 cells of the
//! disc, each `x` as `x / (x + 0.01)`: the number of minutiae there matters less than whether there is one.
//! Cells outside the finger are zero.

use std::f32::consts::TAU;
use std::sync::LazyLock;

use crate::fingerprint::features::cylinder::direction_share;
use crate::fingerprint::features::geometry::Geometry;
use crate::fingerprint::features::neighbours::{DISC, Neighbours, STRIP, valid_cells};
use crate::fingerprint::parameters::{BIT_THRESHOLD, CYLINDER_SIDE};
use crate::template::Minutia;

/// Slices of direction.
const SLICES: usize = 6;

/// Numbers of a descriptor: `6` slices of each row of the disc, row by row, column by column.
pub(super) const VALUES: usize = DISC.count_ones() as usize * SLICES;
const _: () = assert!(VALUES == 312);

/// Relative directions are cut into this many steps for the table.
const DIRECTIONS: usize = 512;

/// `table[d][slice]`: the contribution of a neighbour of relative direction `d` to a slice.
static DIRECTION_TABLE: LazyLock<Vec<[f32; SLICES]>> = LazyLock::new(|| {
    let direction = |d| d as f32 * TAU / DIRECTIONS as f32;
    (0..DIRECTIONS)
        .map(|d| std::array::from_fn(|slice| direction_share(direction(d), slice, SLICES)))
        .collect()
});

/// First column and number of columns of the disc in each row.
const ROWS: [(usize, usize); CYLINDER_SIDE] = {
    let mut rows = [(0, 0); CYLINDER_SIDE];
    let mut row = 0;
    while row < CYLINDER_SIDE {
        let cells = (DISC >> (row * CYLINDER_SIDE)) as u8;
        rows[row] = (cells.trailing_zeros() as usize, cells.count_ones() as usize);
        row += 1;
    }
    rows
};

/// Makes the descriptors of a finger. Reused without allocation.
pub(super) struct Descriptors {
    table: &'static [[f32; SLICES]],
    neighbours: Neighbours,
}

impl Descriptors {
    pub(super) fn new() -> Self {
        Self { table: &DIRECTION_TABLE, neighbours: Neighbours::default() }
    }

    /// The descriptor of minutia `centre` of a finger, whose geometry is `finger`.
    #[inline(always)]
    pub(super) fn descriptor(
        &mut self,
        minutiae: &[Minutia],
        finger: &Geometry,
        centre: usize,
        out: &mut [f32; VALUES],
    ) {
        self.neighbours.fill(minutiae, finger, centre);
        let valid = valid_cells(finger, centre);
        let mut place = 0;
        for (strip, slices) in self.neighbours.sums(self.table).iter().enumerate() {
            let inside = valid >> (strip * STRIP);
            let mut values = *slices;
            for values in &mut values {
                for (cell, value) in values.iter_mut().enumerate() {
                    let sum = if inside >> cell & 1 == 1 { *value } else { 0.0 };
                    *value = sum / (sum + BIT_THRESHOLD);
                }
            }
            for (row, (first, count)) in ROWS[2 * strip..2 * strip + 2].iter().enumerate() {
                for values in &values {
                    let values = &values[row * CYLINDER_SIDE..(row + 1) * CYLINDER_SIDE];
                    out[place..place + count].copy_from_slice(&values[*first..first + count]);
                    place += count;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Angle, Length};
    use proptest::prelude::*;
    use std::f64::consts::{PI, TAU};

    fn minutiae() -> impl Strategy<Value = Vec<Minutia>> {
        let minutia = (0_u16..2500, 0_u16..3000, any::<u16>()).prop_map(|(x, y, angle)| {
            let (x, y) = (Length::from_steps(x), Length::from_steps(y));
            Minutia::new(x, y, Angle::from_binary(angle), Default::default(), None)
        });
        prop::collection::vec(minutia, 1..30).prop_map(|mut minutiae| {
            minutiae.sort_by_key(|m| (m.x, std::cmp::Reverse(m.y)));
            minutiae
        })
    }

    /// The integral of a neighbour's direction over each slice.
    fn shares(turn: f64) -> [f64; SLICES] {
        let (sigma, width) = (TAU / 9.0, TAU / SLICES as f64);
        std::array::from_fn(|slice| {
            let off = -PI + (slice as f64 + 0.5) * width - turn;
            let off = (off + PI).rem_euclid(TAU) - PI;
            let at = |part: i32| off + ((f64::from(part) + 0.5) / 400.0 - 0.5) * width;
            let sum: f64 = (0..400).map(|part| (-at(part).powi(2) / (2.0 * sigma * sigma)).exp()).sum();
            sum * width / 400.0 / (sigma * TAU.sqrt())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        /// Every value from its definition, in double precision: row by row, slice by slice, column by column.
        #[test]
        fn values_are_those_of_the_plain_sums(minutiae in minutiae()) {
            let mut finger = Geometry::default();
            finger.fill(&minutiae);
            let at = |m: &Minutia| [f64::from(m.x.steps()) * 0.0985, -f64::from(m.y.steps()) * 0.0985];
            let radians = |m: &Minutia| f64::from(m.angle.to_binary()) * TAU / 65536.0;
            let sigma = 28.0 / 3.0;
            for centre in (0..minutiae.len()).step_by(5) {
                let mut found = [0.0; VALUES];
                Descriptors::new().descriptor(&minutiae, &finger, centre, &mut found);
                let theta = radians(&minutiae[centre]);
                // Others, as the minutia sees them.
                let neighbours: Vec<([f64; 2], [f64; SLICES])> = (0..minutiae.len())
                    .filter(|other| *other != centre)
                    .map(|other| {
                        let ([x, y], [cx, cy]) = (at(&minutiae[other]), at(&minutiae[centre]));
                        let (dx, dy) = (x - cx, y - cy);
                        let place = [dx * theta.cos() + dy * theta.sin(), dy * theta.cos() - dx * theta.sin()];
                        (place, shares(theta - radians(&minutiae[other])))
                    })
                    .collect();
                let valid = valid_cells(&finger, centre);
                let mut found = found.into_iter();
                for row in 0..8 {
                    for slice in 0..SLICES {
                        for column in (0..8).filter(|column| DISC >> (8 * row + column) & 1 == 1) {
                            let off = |axis: usize, place: [f64; 2]| {
                                17.5 * ([column, row][axis] as f64 - 3.5) - place[axis]
                            };
                            let (mut sum, mut is_edge) = (0.0, false);
                            for (place, shares) in &neighbours {
                                let [x, y] = [off(0, *place), off(1, *place)];
                                is_edge |= [x, y].iter().any(|off| (off.abs() - 28.0).abs() < 1e-3);
                                if x.abs() <= 28.0 && y.abs() <= 28.0 {
                                    let spatial = (-(x * x + y * y) / (2.0 * sigma * sigma)).exp();
                                    sum += spatial / (sigma * TAU.sqrt()) * shares[slice];
                                }
                            }
                            let is_valid = valid >> (8 * row + column) & 1 == 1;
                            let expected = if is_valid { sum / (sum + 0.01) } else { 0.0 };
                            let found = f64::from(found.next().unwrap());
                            // The table of directions allows for this much.
                            prop_assert!(is_edge || (found - expected).abs() < 0.01, "{} {}", found, expected);
                        }
                    }
                }
            }
        }
    }
}
