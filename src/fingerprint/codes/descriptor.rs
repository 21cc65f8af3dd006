//! What is around a minutia, in numbers: the real-valued minutia cylinder that codes are made of.
//!
//! The sums of [`crate::fingerprint`]'s bit cylinders, in six slices of direction, over the 52 cells of the
//! disc, each `x` as `x / (x + 0.01)`: how many minutiae are there matters less than whether one is.
//! Cells outside the finger are zero.

use std::f32::consts::TAU;
use std::sync::LazyLock;

use crate::fingerprint::cylinder::direction_share;
use crate::fingerprint::geometry::Geometry;
use crate::fingerprint::parameters::{BIT_THRESHOLD, CYLINDER_SIDE};
use crate::fingerprint::spread::{DISC, Neighbours, STRIP, valid_cells};
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
