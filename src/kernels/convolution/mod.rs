//! Convolutions of whole numbers: one row of a layer of a network.
//!
//! Values and weights have 16 bits, two inputs side by side, and sixteen outputs are made together. With `v` the
//! values under the layer's window, `w` the weights of an output, `r` what is added of an earlier layer (or zero):
//!
//! `out = round(clamp((sum v w) * scale + offset + r, least, most))`, halves to even.
//!
//! The sum is of 32 bits and wraps; whoever makes the weights sees to it that it never does. The rest are single
//! correctly rounded `f32` operations in this order, so every level returns the same bits.

mod scalar;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vector;

use super::Level;
#[cfg(target_arch = "x86_64")]
use super::vector::{AtAvx2, AtAvx512, AtAvxVnni};

/// Outputs that are made together.
pub const OUTPUTS: usize = 16;

/// Two inputs that stand side by side: values of a pixel, or weights of an output.
pub type Pair = [i16; 2];

/// The weights of sixteen outputs for a pair of inputs.
pub type Weights = [Pair; OUTPUTS];

/// How sixteen sums become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// What each sum is multiplied by.
    pub scale: [f32; OUTPUTS],
    /// What is then added.
    pub offset: [f32; OUTPUTS],
}

/// A layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Columns of the window, as many as rows are given.
    pub columns: usize,
    /// From one window to the next.
    pub stride: usize,
    /// From one column of a window to the next.
    pub dilation: usize,
    /// Pairs of inputs per pixel.
    pub pairs: usize,
    /// For each sixteen outputs, each row and column of the window, and each pair of inputs.
    pub weights: Vec<Weights>,
    /// For each sixteen outputs.
    pub scales: Vec<Scales>,
    /// The least value of an output: zero where what is below counts as nothing.
    pub least: i16,
    /// The greatest value of an output.
    pub most: i16,
}

impl Layer {
    /// Outputs of a pixel.
    pub fn outputs(&self) -> usize {
        self.scales.len() * OUTPUTS
    }

    /// Pixels that a row needs for so many windows.
    pub fn pixels(&self, windows: usize) -> usize {
        windows.saturating_sub(1) * self.stride + (self.columns - 1) * self.dilation + 1
    }
}

/// One row of a layer: the rows under its windows, what is added (as long as the output, or empty), the output.
/// The door in [`super::Kernels`] checks all lengths.
pub(super) type RowFn = fn(&Layer, &[&[Pair]], &[i16], &mut [i16]);

#[cfg(target_arch = "x86_64")]
pub(super) fn at(level: Level) -> RowFn {
    match level {
        Level::Scalar => scalar::row,
        Level::Avx2 => vector::row::<AtAvx2>(),
        Level::AvxVnni => vector::row::<AtAvxVnni>(),
        Level::Avx512 => vector::row::<AtAvx512>(),
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn at(_: Level) -> RowFn {
    scalar::row
}

/// Checks the lengths that kernels rely on.
pub(super) fn check(layer: &Layer, rows: &[&[Pair]], added: &[i16], out: &[i16]) {
    let outputs = layer.outputs();
    assert!(layer.columns > 0 && layer.stride > 0 && layer.pairs > 0 && outputs > 0, "a layer");
    assert!(
        rows.len().checked_mul(layer.columns * layer.pairs * layer.scales.len()) == Some(layer.weights.len()),
        "weights for every output, place and pair"
    );
    assert!(out.len().is_multiple_of(outputs), "whole pixels");
    assert!(added.is_empty() || added.len() == out.len(), "as much added as there is output");
    let least = layer.pixels(out.len() / outputs) * layer.pairs;
    assert!(out.is_empty() || rows.iter().all(|row| row.len() >= least), "rows under all windows");
}
