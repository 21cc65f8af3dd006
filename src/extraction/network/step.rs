//! The steps of a network: what makes a map of other maps.

use super::map::Map;
use crate::kernels::Kernels;
use crate::kernels::convolution::{Layer, Pair};

/// A step. Maps are told by number, in the order in which steps make them; 0 is the input.
pub(super) enum Step {
    /// A layer of windows, with a map that is added if there is one.
    Convolve { from: usize, added: Option<usize>, layer: Layer },
    /// Twice as wide and high, between pixels linear, with a map that is added if there is one.
    Enlarge { from: usize, added: Option<usize> },
}

impl Step {
    pub(super) fn run(&self, maps: &[Option<Map>], kernels: &Kernels) -> Option<Map> {
        let map = |at: usize| maps.get(at).and_then(Option::as_ref);
        let added = |at: Option<usize>| at.map_or(Some(None), |at| map(at).map(Some));
        Some(match self {
            Self::Convolve { from, added: at, layer } => convolve(layer, map(*from)?, added(*at)?, kernels),
            Self::Enlarge { from, added: at } => enlarge(map(*from)?, added(*at)?),
        })
    }

    /// The maps that it reads.
    pub(super) fn reads(&self) -> impl Iterator<Item = usize> {
        let (Self::Convolve { from, added, .. } | Self::Enlarge { from, added }) = self;
        [Some(*from), *added].into_iter().flatten()
    }
}

/// The values of a layer whose windows are square and have their pixel in the middle.
fn convolve(layer: &Layer, from: &Map, added: Option<&Map>, kernels: &Kernels) -> Map {
    let side = layer.columns;
    let (width, height) = (from.width().div_ceil(layer.stride), from.height().div_ceil(layer.stride));
    let mut out = Map::new(width, height, layer.outputs() / 2);
    // From the border's corner to the first pixel of the first window.
    let first = Map::BORDER - layer.dilation * (side / 2);
    for y in 0..height {
        let row = |r: usize| from.bordered_row(first + y * layer.stride + r * layer.dilation, first);
        let rows: [&[_]; 3] = std::array::from_fn(|r| if r < side { row(r) } else { &[] });
        let added = added.map_or(&[][..], |added| bytemuck::cast_slice(added.row(y)));
        kernels.convolve_row(layer, &rows[..side], added, bytemuck::cast_slice_mut(out.row_mut(y)));
    }
    out
}

/// Bilinear, with the centres of pixels at halves; sums of sixteenths, rounded to the nearest, halves up.
fn enlarge(from: &Map, added: Option<&Map>) -> Map {
    /// The two nearest pixels along one side, and the quarters that the second weighs.
    fn nearest(at: usize, length: usize) -> (usize, usize, i32) {
        let quarters = (2 * at).saturating_sub(1);
        let first = (quarters / 4).min(length - 1);
        (first, (first + 1).min(length - 1), (quarters % 4) as i32)
    }
    let (width, height, pairs) = (from.width(), from.height(), from.pairs());
    let mut out = Map::new(2 * width, 2 * height, pairs);
    for y in 0..2 * height {
        let (top, bottom, down) = nearest(y, height);
        let (top, bottom) = (from.row(top), from.row(bottom));
        let (added, out) = (added.map(|added| added.row(y)), out.row_mut(y));
        for (x, out) in out.chunks_exact_mut(pairs).enumerate() {
            let (left, right, across) = nearest(x, width);
            let corners = [(top, left), (top, right), (bottom, left), (bottom, right)]
                .map(|(row, x): (&[Pair], usize)| &row[x * pairs..][..pairs]);
            let shares = [(4 - down) * (4 - across), (4 - down) * across, down * (4 - across), down * across];
            for (pair, out) in out.iter_mut().enumerate() {
                for side in 0..2 {
                    let parts = corners.iter().zip(shares);
                    let sum: i32 = parts.map(|(corner, share)| i32::from(corner[pair][side]) * share).sum();
                    let added = added.map_or(0, |added| i32::from(added[x * pairs + pair][side]));
                    let value = ((sum + 8) >> 4) + added;
                    out[side] = value.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
                }
            }
        }
    }
    out
}
