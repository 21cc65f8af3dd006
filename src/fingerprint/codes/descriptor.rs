//! What is around a minutia, in numbers: the real-valued minutia cylinder that codes are made of.
//!
//! The sums of [`crate::fingerprint`]'s bit cylinders, in six slices of direction, over the 52 cells of the
//! disc, each `x` as `x / (x + 0.01)`: how many minutiae are there matters less than whether one is.
//! Cells outside the finger are zero.

use std::f32::consts::TAU;
use std::sync::LazyLock;

use crate::fingerprint::cylinder::{DISC, direction_share, gauss, valid_cells};
use crate::fingerprint::geometry::{Geometry, LANES};
use crate::fingerprint::parameters::{BIT_THRESHOLD, CYLINDER_RADIUS, CYLINDER_SIDE, SPATIAL_REACH};
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

/// Sums of contributions: row, slice, column.
type Sums = [[[f32; CYLINDER_SIDE]; SLICES]; CYLINDER_SIDE];

/// The descriptor of minutia `centre` of a finger, whose geometry is `finger`.
#[inline(always)]
pub(super) fn descriptor(minutiae: &[Minutia], finger: &Geometry, centre: usize, out: &mut [f32; VALUES]) {
    let (cos, sin) = (finger.cos[centre], finger.sin[centre]);
    let (x, y) = (finger.x[centre], finger.y[centre]);
    let reach = (CYLINDER_RADIUS + SPATIAL_REACH) * (CYLINDER_RADIUS + SPATIAL_REACH);
    let mut sums: Sums = [[[0.0; CYLINDER_SIDE]; SLICES]; CYLINDER_SIDE];
    let columns = finger.x.as_chunks::<LANES>().0.iter().zip(finger.y.as_chunks::<LANES>().0);
    for (chunk, (xs, ys)) in columns.enumerate() {
        let mut at = [[0.0_f32; 2]; LANES];
        let mut near = [false; LANES];
        for lane in 0..LANES {
            let (dx, dy) = (xs[lane] - x, ys[lane] - y);
            let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
            at[lane] = [u, v];
            near[lane] = u * u + v * v <= reach;
        }
        for lane in (0..LANES).filter(|&lane| near[lane]) {
            let other = chunk * LANES + lane;
            if other == centre {
                continue;
            }
            let turn = minutiae[centre].angle.to_binary().wrapping_sub(minutiae[other].angle.to_binary());
            add(&mut sums, at[lane], direction_shares(turn));
        }
    }
    let valid = valid_cells(finger, centre);
    let mut place = 0;
    for (row, (first, count)) in ROWS.into_iter().enumerate() {
        for slice in &sums[row] {
            let mut values = [0.0; CYLINDER_SIDE];
            for (column, value) in values.iter_mut().enumerate() {
                let inside = valid >> (row * CYLINDER_SIDE + column) & 1 == 1;
                let sum = if inside { slice[column] } else { 0.0 };
                *value = sum / (sum + BIT_THRESHOLD);
            }
            out[place..place + count].copy_from_slice(&values[first..first + count]);
            place += count;
        }
    }
}

/// Adds a neighbour's contribution.
#[inline(always)]
fn add(sums: &mut Sums, [u, v]: [f32; 2], shares: &[f32; SLICES]) {
    let columns = gauss(u);
    let rows = gauss(v);
    // Most rows are out of a neighbour's reach.
    for (row, along) in rows.into_iter().enumerate().filter(|(_, along)| *along > 0.0) {
        let weights = columns.map(|across| along * across);
        for (sums, share) in sums[row].iter_mut().zip(shares) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += weight * share;
            }
        }
    }
}

/// The shares of the nearest direction in the table.
fn direction_shares(turn: u16) -> &'static [f32; SLICES] {
    const STEP: u16 = (65536 / DIRECTIONS) as u16;
    &DIRECTION_TABLE[usize::from(turn.wrapping_add(STEP / 2) / STEP)]
}
