//! Neighbours of a minutia, spread over the base of its cylinder: shared by the bit cylinders of features and
//! the real-valued ones of codes.
//!
//! A neighbour adds to a cell of a slice the product of a Gauss function of its distance from the cell and
//! its share of the slice. The first is the product of a function of the column and one of the row, so a
//! neighbour costs 16 exponentials: a vector. Sums are made strip by strip, in registers, over the
//! neighbours that reach the strip, by ascending index. All terms are zero or more, so adding those that
//! are zero or leaving them out gives the same bits.

use std::f32::consts::TAU;

use super::geometry::{Geometry, LANES};
use crate::fingerprint::parameters::{
    CYLINDER_HULL_MARGIN, CYLINDER_RADIUS, CYLINDER_SIDE, SPATIAL_REACH, SPATIAL_SIGMA,
};
use crate::maths::exp;
use crate::template::Minutia;

/// Cells of a base; bit `row * CYLINDER_SIDE + column` of a word.
pub(in crate::fingerprint) const CELLS: usize = CYLINDER_SIDE * CYLINDER_SIDE;
const _: () = assert!(CELLS == u64::BITS as usize);

/// Two rows of cells: a vector.
pub(in crate::fingerprint) const STRIP: usize = 2 * CYLINDER_SIDE;
/// Strips of a base.
pub(in crate::fingerprint) const STRIPS: usize = CELLS / STRIP;

/// Sums of contributions: by strip, slice of direction, cell.
pub(in crate::fingerprint) type Sums<const SLICES: usize> = [[[f32; STRIP]; SLICES]; STRIPS];

/// Side of a cell in pixels.
const CELL: f32 = 2.0 * CYLINDER_RADIUS / CYLINDER_SIDE as f32;

/// Offset of the middle of a column or row from the minutia, in pixels.
const fn offset(index: usize) -> f32 {
    (index as f32 - (CYLINDER_SIDE as f32 - 1.0) / 2.0) * CELL
}

/// The cells whose middle lies within the radius.
pub(in crate::fingerprint) const DISC: u64 = {
    let mut disc = 0;
    let mut cell = 0;
    while cell < CELLS {
        let (v, u) = (offset(cell / CYLINDER_SIDE), offset(cell % CYLINDER_SIDE));
        if u * u + v * v <= CYLINDER_RADIUS * CYLINDER_RADIUS {
            disc |= 1 << cell;
        }
        cell += 1;
    }
    disc
};

/// The offsets of the columns, then those of the rows.
const OFFSETS: [f32; STRIP] = {
    let mut offsets = [0.0; STRIP];
    let mut index = 0;
    while index < STRIP {
        offsets[index] = offset(index % CYLINDER_SIDE);
        index += 1;
    }
    offsets
};

/// Neighbours of a minutia that are near enough to reach its base. Reused without allocation.
#[derive(Debug, Default)]
pub(in crate::fingerprint) struct Neighbours {
    count: usize,
    /// Their places in the frame of the minutia, pixels.
    places: Vec<[f32; 2]>,
    /// The turns from their directions to that of the minutia.
    turns: Vec<u16>,
    /// For each the Gauss function of its distance from the columns, then from the rows.
    weights: Vec<[f32; STRIP]>,
    /// Those that may reach each strip, ascending, and how many.
    strips: [Vec<u8>; STRIPS],
    reaching: [usize; STRIPS],
}

impl Neighbours {
    /// Takes in the neighbours of minutia `centre` of a finger of at most 255, whose geometry is `finger`.
    #[inline(always)]
    pub(in crate::fingerprint) fn fill(&mut self, minutiae: &[Minutia], finger: &Geometry, centre: usize) {
        let most = finger.chunks() * LANES;
        if self.places.len() < most {
            self.places.resize(most, [0.0; 2]);
            self.turns.resize(most, 0);
            self.weights.resize(most, [0.0; STRIP]);
            self.strips.iter_mut().for_each(|strip| strip.resize(most, 0));
        }
        let (cos, sin) = (finger.cos[centre], finger.sin[centre]);
        let (x, y) = (finger.x[centre], finger.y[centre]);
        let reach = CYLINDER_RADIUS + SPATIAL_REACH;
        let turn_to = minutiae[centre].angle.to_binary();
        let mut count = 0;
        let mut reaching = [0; STRIPS];
        let columns = finger.x.as_chunks::<LANES>().0.iter().zip(finger.y.as_chunks::<LANES>().0);
        for ((chunk, (xs, ys)), others) in columns.enumerate().zip(minutiae.chunks(LANES)) {
            let (mut us, mut vs) = ([0.0_f32; LANES], [0.0_f32; LANES]);
            let mut is_near = [0_u32; LANES];
            let mut reaches = [[0_u32; LANES]; STRIPS];
            for lane in 0..LANES {
                let (dx, dy) = (xs[lane] - x, ys[lane] - y);
                let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
                us[lane] = u;
                vs[lane] = v;
                is_near[lane] = u32::from(u * u + v * v <= reach * reach)
                    & u32::from((chunk * LANES + lane) as u32 != centre as u32);
                for (strip, reaches) in reaches.iter_mut().enumerate() {
                    // One that a row's own test would leave out by rounding has a weight of zero.
                    let is_above = v >= OFFSETS[2 * strip] - SPATIAL_REACH - 1.0;
                    let is_below = v <= OFFSETS[2 * strip + 1] + SPATIAL_REACH + 1.0;
                    reaches[lane] = is_near[lane] & u32::from(is_above) & u32::from(is_below);
                }
            }
            for (lane, other) in others.iter().enumerate() {
                // Every place is written: a branch would cost more.
                self.places[count] = [us[lane], vs[lane]];
                self.turns[count] = turn_to.wrapping_sub(other.angle.to_binary());
                for ((strip, reaching), reaches) in self.strips.iter_mut().zip(&mut reaching).zip(&reaches) {
                    strip[*reaching] = count as u8;
                    *reaching += reaches[lane] as usize;
                }
                count += is_near[lane] as usize;
            }
        }
        (self.count, self.reaching) = (count, reaching);
        for (weights, place) in self.weights.iter_mut().zip(&self.places[..count]) {
            *weights = gauss(place);
        }
    }

    /// How many.
    pub(in crate::fingerprint) fn count(&self) -> usize {
        self.count
    }

    /// The sums of their contributions to the cells; `table` has their shares of the slices.
    #[inline(always)]
    pub(in crate::fingerprint) fn sums<const SLICES: usize>(&self, table: &[[f32; SLICES]]) -> Sums<SLICES> {
        let mut sums = [[[0.0; STRIP]; SLICES]; STRIPS];
        for (index, sums) in sums.iter_mut().enumerate() {
            let mut strip = [[0.0_f32; STRIP]; SLICES];
            for &neighbour in &self.strips[index][..self.reaching[index]] {
                let neighbour = usize::from(neighbour);
                let weights = &self.weights[neighbour];
                let row = CYLINDER_SIDE + 2 * index;
                let along = [weights[row], weights[row + 1]];
                let shares = nearest(table, self.turns[neighbour]);
                let mut cells = [0.0; STRIP];
                for cell in 0..STRIP {
                    cells[cell] = along[cell / CYLINDER_SIDE] * weights[cell % CYLINDER_SIDE];
                }
                for (sums, share) in strip.iter_mut().zip(shares) {
                    for cell in 0..STRIP {
                        sums[cell] += cells[cell] * share;
                    }
                }
            }
            *sums = strip;
        }
        sums
    }
}

/// The shares of the nearest direction in a table of shares of evenly spaced directions, a power of two of them.
#[inline(always)]
fn nearest<const SLICES: usize>(table: &[[f32; SLICES]], turn: u16) -> &[f32; SLICES] {
    let step = (65536 / table.len()) as u16;
    &table[usize::from(turn.wrapping_add(step / 2) / step)]
}

/// The Gauss function of the distance of a place from each column and row. The product of two is the
/// spatial contribution, cut where the distance along one axis is beyond the reach.
#[inline(always)]
fn gauss([u, v]: &[f32; 2]) -> [f32; STRIP] {
    // The square root of the two-dimensional normalisation in MCC's one-dimensional form.
    let scale = (1.0 / (SPATIAL_SIGMA * TAU.sqrt())).sqrt();
    let mut weights = [0.0; STRIP];
    for i in 0..STRIP {
        let x = OFFSETS[i] - if i < CYLINDER_SIDE { *u } else { *v };
        let weight = scale * exp(-x * x / (2.0 * SPATIAL_SIGMA * SPATIAL_SIGMA));
        weights[i] = if x.abs() > SPATIAL_REACH { 0.0 } else { weight };
    }
    weights
}

/// The cells of the disc inside the finger's hull or near it.
#[inline(always)]
pub(in crate::fingerprint) fn valid_cells(finger: &Geometry, centre: usize) -> u64 {
    let (cos, sin) = (finger.cos[centre], finger.sin[centre]);
    let (own_x, own_y) = (finger.x[centre], finger.y[centre]);
    let mut mask = 0;
    for strip in 0..STRIPS {
        let (mut x, mut y) = ([0.0; STRIP], [0.0; STRIP]);
        for cell in 0..STRIP {
            let (u, v) = (OFFSETS[cell % CYLINDER_SIDE], OFFSETS[2 * strip + cell / CYLINDER_SIDE]);
            x[cell] = own_x + u * cos - v * sin;
            y[cell] = own_y + u * sin + v * cos;
        }
        let within = finger.hull.within(&x, &y, CYLINDER_HULL_MARGIN);
        mask |= bits(&within) << (strip * STRIP);
    }
    mask & DISC
}

/// A bit for each cell, set if its sum is at least `least`.
#[inline(always)]
pub(in crate::fingerprint) fn at_least(sums: &[f32; STRIP], least: f32) -> u64 {
    let mut cells = [false; STRIP];
    for (is_set, sum) in cells.iter_mut().zip(sums) {
        *is_set = *sum >= least;
    }
    bits(&cells)
}

/// A bit for each cell that is set.
#[inline(always)]
fn bits(cells: &[bool; STRIP]) -> u64 {
    let mut bits = 0_u32;
    for (cell, is_set) in cells.iter().enumerate() {
        bits |= u32::from(*is_set) << cell;
    }
    u64::from(bits)
}
