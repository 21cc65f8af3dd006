//! Minutiae where LEADER says that they are: where its heat, smoothed, is the greatest nearby.

use super::Frame;

/// Weights of the smoothing along a side; they sum to one.
const SMOOTH: [f32; 5] = [0.0625, 0.25, 0.375, 0.25, 0.0625];
/// Pixels to each side in which no heat is greater.
const NEAR: usize = 3;
/// Minutiae of less heat are left out.
const LEAST_HEAT: f32 = 0.2;

/// A minutia as the network gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::extraction) struct Peak {
    /// Column and row of the pixel.
    pub(in crate::extraction) x: usize,
    pub(in crate::extraction) y: usize,
    /// Along the ridge, y down; not of length one.
    pub(in crate::extraction) direction: (f32, f32),
    pub(in crate::extraction) is_ending: bool,
    /// Smoothed heat, 0 to 1.
    pub(in crate::extraction) heat: f32,
}

/// The peaks of the picture in the frame, the hottest first, then by rows. The direction's map has the part along x
/// and then the part along y, up.
pub(super) fn peaks(frame: &Frame, heat: &[f32], direction: &[f32], kind: &[f32]) -> Vec<Peak> {
    let (width, all) = (frame.width, heat.len());
    let smooth = smoothed(heat, width);
    let mut found = Vec::new();
    for y in 0..frame.inner_height {
        let row = (frame.top + y) * width + frame.left;
        for (x, &heat) in smooth[row..][..frame.inner_width].iter().enumerate() {
            if heat >= LEAST_HEAT && is_greatest(&smooth, width, (frame.left + x, frame.top + y)) {
                let at = row + x;
                let direction = (direction[at], -direction[all + at]);
                found.push(Peak { x, y, direction, is_ending: kind[at] >= 0.0, heat });
            }
        }
    }
    // Of the same heat the first by rows: the sort is stable.
    found.sort_by(|a, b| b.heat.total_cmp(&a.heat));
    found
}

fn is_greatest(heat: &[f32], width: usize, (x, y): (usize, usize)) -> bool {
    let near = |at: usize, length: usize| at.saturating_sub(NEAR)..(at + NEAR + 1).min(length);
    let own = heat[y * width + x];
    near(y, heat.len() / width).all(|y| heat[y * width..][near(x, width)].iter().all(|&other| other <= own))
}

/// Smoothed along both sides; beyond the border there is no heat.
fn smoothed(heat: &[f32], width: usize) -> Vec<f32> {
    let height = heat.len() / width;
    let mut across = vec![0.0; heat.len()];
    for (from, to) in heat.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for (x, to) in to.iter_mut().enumerate() {
            let first = x.saturating_sub(2);
            let weights = &SMOOTH[first + 2 - x..];
            *to = from[first..].iter().zip(weights).map(|(heat, weight)| heat * weight).sum();
        }
    }
    let mut smooth = vec![0.0; heat.len()];
    for (y, to) in smooth.chunks_exact_mut(width).enumerate() {
        let first = y.saturating_sub(2);
        for (y_from, weight) in (first..height).zip(&SMOOTH[first + 2 - y..]) {
            for (to, from) in to.iter_mut().zip(&across[y_from * width..]) {
                *to += from * weight;
            }
        }
    }
    smooth
}
