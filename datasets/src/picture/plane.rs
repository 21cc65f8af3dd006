//! Grey values in rows, and how they are blurred.

use crate::math::exp;

/// Numbers on a grid of pixels, row by row from the top.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

impl Plane {
    pub(super) fn filled(width: usize, height: usize, value: f32) -> Self {
        Self { width, height, values: vec![value; width * height] }
    }

    /// The value at the pixel nearest to a place; places outside count as the border.
    pub(super) fn near(&self, x: f32, y: f32) -> f32 {
        let column = (x.max(0.0) as usize).min(self.width - 1);
        let row = (y.max(0.0) as usize).min(self.height - 1);
        self.values[row * self.width + column]
    }

    /// Grey values of one byte, from values of 0 to 1.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.values.iter().map(|value| (value * 255.0 + 0.5) as u8).collect()
    }

    /// Applies a function to each value.
    pub(super) fn change(&mut self, mut function: impl FnMut(f32) -> f32) {
        for value in &mut self.values {
            *value = function(*value);
        }
    }

    /// Combines each value with that of another plane.
    pub(super) fn combine(&mut self, other: &Plane, mut function: impl FnMut(f32, f32) -> f32) {
        for (value, &b) in self.values.iter_mut().zip(&other.values) {
            *value = function(*value, b);
        }
    }

    /// Blurs with a Gaussian of a deviation in pixels; the border is repeated.
    pub(super) fn blur(&self, deviation: f32) -> Self {
        if deviation < 0.2 {
            return self.clone();
        }
        let taps = gaussian(deviation);
        let reach = taps.len() / 2;
        let (width, height) = (self.width, self.height);
        let mut across = Self::filled(width, height, 0.0);
        let mut padded = vec![0.0; width + 2 * reach];
        for (row, out) in self.values.chunks_exact(width).zip(across.values.chunks_exact_mut(width)) {
            padded[..reach].fill(row[0]);
            padded[reach..reach + width].copy_from_slice(row);
            padded[reach + width..].fill(row[width - 1]);
            for (shift, tap) in taps.iter().enumerate() {
                add_scaled(out, &padded[shift..shift + width], *tap);
            }
        }
        let mut done = Self::filled(width, height, 0.0);
        for (y, out) in done.values.chunks_exact_mut(width).enumerate() {
            for (shift, tap) in taps.iter().enumerate() {
                let row = (y + shift).saturating_sub(reach).min(height - 1);
                add_scaled(out, &across.values[row * width..(row + 1) * width], *tap);
            }
        }
        done
    }

    /// Blurs widely: the means of cells of 4 x 4 pixels are blurred, and interpolated between their centres.
    pub(super) fn blur_widely(&self, deviation: f32) -> Self {
        let (columns, rows) = (self.width.div_ceil(4), self.height.div_ceil(4));
        let mut cells = Self::filled(columns, rows, 0.0);
        for (j, out) in cells.values.chunks_exact_mut(columns).enumerate() {
            for dy in 0..4 {
                let y = (4 * j + dy).min(self.height - 1);
                let row = &self.values[y * self.width..(y + 1) * self.width];
                for (i, cell) in out.iter_mut().enumerate() {
                    for dx in 0..4 {
                        *cell += row[(4 * i + dx).min(self.width - 1)] / 16.0;
                    }
                }
            }
        }
        cells.blur(deviation / 4.0).enlarge(4, self.width, self.height)
    }

    /// Interpolates between the centres of cells of `times` x `times` pixels; outside of the centres the border
    /// is repeated.
    fn enlarge(&self, times: usize, width: usize, height: usize) -> Self {
        let columns = ways(times, width, self.width);
        let rows = ways(times, height, self.height);
        let mut across = Self::filled(width, self.height, 0.0);
        for (row, out) in self.values.chunks_exact(self.width).zip(across.values.chunks_exact_mut(width)) {
            for (value, &(a, b, share)) in out.iter_mut().zip(&columns) {
                *value = row[a] + share * (row[b] - row[a]);
            }
        }
        let mut done = Self::filled(width, height, 0.0);
        for (out, &(a, b, share)) in done.values.chunks_exact_mut(width).zip(&rows) {
            let upper = &across.values[a * width..(a + 1) * width];
            let lower = &across.values[b * width..(b + 1) * width];
            for ((value, u), l) in out.iter_mut().zip(upper).zip(lower) {
                *value = u + share * (l - u);
            }
        }
        done
    }
}

/// For each pixel the two cells that it lies between, and the share of the second.
fn ways(times: usize, pixels: usize, cells: usize) -> Vec<(usize, usize, f32)> {
    (0..pixels)
        .map(|pixel| {
            let place = ((pixel as f32 + 0.5) / times as f32 - 0.5).max(0.0);
            let cell = (place as usize).min(cells - 1);
            (cell, (cell + 1).min(cells - 1), place - cell as f32)
        })
        .collect()
}

fn add_scaled(out: &mut [f32], row: &[f32], factor: f32) {
    for (value, v) in out.iter_mut().zip(row) {
        *value += factor * v;
    }
}

/// The taps of a Gaussian, to three deviations; their sum is one.
fn gaussian(deviation: f32) -> Vec<f32> {
    let reach = ((3.0 * deviation + 0.5) as i32).max(1);
    let mut taps: Vec<f32> = (-reach..=reach)
        .map(|i| {
            let u = i as f32 / deviation;
            exp(-0.5 * u * u)
        })
        .collect();
    let sum: f32 = taps.iter().sum();
    for tap in &mut taps {
        *tap /= sum;
    }
    taps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurs_keep_a_flat_plane_and_the_sum_of_a_point() {
        for plane in [Plane::filled(37, 22, 0.7).blur(2.0), Plane::filled(37, 22, 0.7).blur_widely(11.0)] {
            assert!(plane.values.iter().all(|v| (v - 0.7).abs() < 1e-5));
        }
        let mut point = Plane::filled(41, 41, 0.0);
        point.values[20 * 41 + 20] = 1.0;
        let blurred = point.blur(2.0);
        assert!((blurred.values.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        // The known height of a Gaussian of this deviation: 1 / (2 pi 4).
        assert!((blurred.values[20 * 41 + 20] - 0.0398).abs() < 3e-4);
    }

    #[test]
    fn enlarging_meets_the_centres_of_the_cells() {
        let cells = Plane { width: 2, height: 1, values: vec![0.0, 1.0] };
        let row = cells.enlarge(4, 8, 1).values;
        assert_eq!(row, [0.0, 0.0, 0.125, 0.375, 0.625, 0.875, 1.0, 1.0]);
    }
}
