//! Values of a layer at every pixel.

use crate::kernels::convolution::Pair;

/// Values at every pixel, two channels side by side, with a border of zeros that windows may reach into.
pub(in crate::extraction) struct Map {
    width: usize,
    height: usize,
    pairs: usize,
    values: Vec<Pair>,
}

impl Map {
    /// Pixels of the border on each side.
    pub(super) const BORDER: usize = 8;

    /// Zeros.
    pub(in crate::extraction) fn new(width: usize, height: usize, pairs: usize) -> Self {
        let pixels = (width + 2 * Self::BORDER) * (height + 2 * Self::BORDER);
        Self { width, height, pairs, values: vec![[0; 2]; pixels * pairs] }
    }

    pub(in crate::extraction) fn width(&self) -> usize {
        self.width
    }

    pub(in crate::extraction) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn pairs(&self) -> usize {
        self.pairs
    }

    /// A row from a pixel on, both counted from the border's corner.
    pub(super) fn bordered_row(&self, y: usize, x: usize) -> &[Pair] {
        let stride = self.width + 2 * Self::BORDER;
        &self.values[(y * stride + x) * self.pairs..(y + 1) * stride * self.pairs]
    }

    /// The values of a row.
    pub(in crate::extraction) fn row(&self, y: usize) -> &[Pair] {
        &self.bordered_row(y + Self::BORDER, Self::BORDER)[..self.width * self.pairs]
    }

    /// The values of a row, to be written.
    pub(in crate::extraction) fn row_mut(&mut self, y: usize) -> &mut [Pair] {
        let stride = self.width + 2 * Self::BORDER;
        let first = ((y + Self::BORDER) * stride + Self::BORDER) * self.pairs;
        &mut self.values[first..][..self.width * self.pairs]
    }

    /// The channels of a pixel.
    pub(in crate::extraction) fn pixel(&self, x: usize, y: usize) -> &[Pair] {
        &self.row(y)[x * self.pairs..][..self.pairs]
    }
}
