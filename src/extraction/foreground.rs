//! Where a picture shows ridges, by squares of 16 pixels: enough contrast, in one direction.

use crate::units::{Length, Resolution};

/// Pixels of a side of a square.
const SQUARE: usize = 16;
/// Least deviation of the grey values of a square.
const LEAST_CONTRAST: f32 = 7.0;
/// Least coherence of the gradients: 0 for noise, 1 for lines.
const LEAST_COHERENCE: f32 = 0.3;
/// Least neighbours of a square that show ridges too.
const LEAST_NEIGHBOURS: usize = 3;

/// What can be measured of a picture of 500 dpi without finding minutiae.
pub(super) struct Foreground {
    /// Squares that show ridges.
    pub(super) squares: usize,
    /// Of the border of these squares, the part that lies on the picture's border: 0 to 1.
    pub(super) cut_off: f32,
    /// Of their pixels, those nearer to the darkest than to the lightest: 0 to 1.
    pub(super) dark: f32,
    /// Mean distance from ridge to ridge in pixels.
    pub(super) period: Option<f32>,
}

/// What is measured of a square.
#[derive(Clone, Copy, Default)]
struct Square {
    shows_ridges: bool,
    /// Ridges a pixel, across them.
    frequency: f32,
}

impl Foreground {
    pub(super) fn of((width, height): (usize, usize), pixels: &[u8]) -> Self {
        let smooth = smoothed((width, height), pixels);
        let (columns, rows) = (width / SQUARE, height / SQUARE);
        let squares: Vec<Square> =
            (0..columns * rows).map(|at| square(&smooth, width, (at % columns, at / columns))).collect();
        let is_ridged = |x: isize, y: isize| {
            let at = usize::try_from(x).ok().zip(usize::try_from(y).ok());
            at.is_some_and(|(x, y)| x < columns && y < rows && squares[y * columns + x].shows_ridges)
        };
        let around = [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)];
        let kept: Vec<bool> = (0..columns * rows)
            .map(|at| {
                let (x, y) = ((at % columns) as isize, (at / columns) as isize);
                let neighbours = around.iter().filter(|(dx, dy)| is_ridged(x + dx, y + dy)).count();
                is_ridged(x, y) && neighbours >= LEAST_NEIGHBOURS
            })
            .collect();
        let frequencies =
            squares.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(square, _)| square.frequency);
        let frequency: f32 = frequencies.sum();
        let places: Vec<(usize, usize)> =
            (0..kept.len()).filter(|&at| kept[at]).map(|at| (at % columns, at / columns)).collect();
        Self {
            squares: places.len(),
            cut_off: cut_off(&places, &kept, columns),
            dark: dark(&smooth, width, &places),
            period: (frequency > 0.0).then(|| places.len() as f32 / frequency),
        }
    }

    /// The area in square millimetres.
    pub(super) fn square_millimetres(&self) -> f32 {
        let side = Length::from_pixels(SQUARE as u16, Resolution::DPI_500)
            .map_or(0.0, |length| f32::from(length.steps()) * 0.005);
        self.squares as f32 * side * side
    }
}

/// Means of three by three pixels; the border repeats.
fn smoothed((width, height): (usize, usize), pixels: &[u8]) -> Vec<f32> {
    let at = |x: usize, y: usize| f32::from(pixels[y.min(height - 1) * width + x.min(width - 1)]);
    let mut smooth = Vec::with_capacity(pixels.len());
    for y in 0..height {
        for x in 0..width {
            let rows = [y.saturating_sub(1), y, y + 1];
            let sum: f32 =
                rows.iter().map(|&row| at(x.saturating_sub(1), row) + at(x, row) + at(x + 1, row)).sum();
            smooth.push(sum / 9.0);
        }
    }
    smooth
}

fn square(smooth: &[f32], width: usize, (column, row): (usize, usize)) -> Square {
    let value = |x: usize, y: usize| smooth[(row * SQUARE + y) * width + column * SQUARE + x];
    let places = || (0..SQUARE * SQUARE).map(|at| (at % SQUARE, at / SQUARE));
    let count = (SQUARE * SQUARE) as f32;
    let mean = places().map(|(x, y)| value(x, y)).sum::<f32>() / count;
    let variance = places().map(|(x, y)| (value(x, y) - mean) * (value(x, y) - mean)).sum::<f32>() / count;
    let (mut across, mut down, mut both) = (0.0, 0.0, 0.0);
    let (mut changes_across, mut changes_down) = (0_u16, 0_u16);
    for y in 0..SQUARE - 1 {
        for x in 0..SQUARE - 1 {
            let (here, right, below) = (value(x, y), value(x + 1, y), value(x, y + 1));
            across += (right - here) * (right - here);
            down += (below - here) * (below - here);
            both += (right - here) * (below - here);
            changes_across += u16::from((here < mean) != (right < mean));
            changes_down += u16::from((here < mean) != (below < mean));
        }
    }
    let difference = across - down;
    let coherence = (difference * difference + 4.0 * both * both).sqrt() / (across + down).max(1.0);
    // Lines of distance T across which one goes at an angle are crossed 2 cos / T times a pixel.
    let pairs = ((SQUARE - 1) * (SQUARE - 1)) as f32;
    let (across, down) = (f32::from(changes_across) / pairs, f32::from(changes_down) / pairs);
    Square {
        shows_ridges: variance >= LEAST_CONTRAST * LEAST_CONTRAST && coherence >= LEAST_COHERENCE,
        frequency: (across * across + down * down).sqrt() / 2.0,
    }
}

/// Of the borders between a square that is kept and one that is not, those at the picture's border.
fn cut_off(places: &[(usize, usize)], kept: &[bool], columns: usize) -> f32 {
    let rows = kept.len() / columns.max(1);
    let (mut at_border, mut all) = (0_usize, 0_usize);
    for &(x, y) in places {
        for (x, y) in [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)] {
            let is_outside = x >= columns || y >= rows;
            at_border += usize::from(is_outside);
            all += usize::from(is_outside || !kept[y * columns + x]);
        }
    }
    at_border as f32 / all.max(1) as f32
}

/// The part of the squares' pixels that is nearer to their darkest twentieth than to their lightest.
fn dark(smooth: &[f32], width: usize, places: &[(usize, usize)]) -> f32 {
    let mut values: Vec<f32> = places
        .iter()
        .flat_map(|&(column, row)| {
            let rows = (row * SQUARE..(row + 1) * SQUARE).map(move |y| y * width + column * SQUARE);
            rows.flat_map(|start| &smooth[start..start + SQUARE]).copied()
        })
        .collect();
    values.sort_by(f32::total_cmp);
    let at = |twentieth: usize| values.get(values.len() * twentieth / 20).copied();
    let Some(middle) = at(1).zip(at(19)).map(|(dark, light)| (dark + light) / 2.0) else { return 0.0 };
    values.partition_point(|value| *value < middle) as f32 / values.len() as f32
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::SplitMix64;
    use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

    use super::*;

    const SIZE: (usize, usize) = (320, 320);

    /// Stripes of a period across a direction, within a circle; white around it.
    fn stripes(period: f32, degrees: f32, radius: f32, dark: f32) -> Vec<u8> {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let pixel = |at: usize| {
            let (x, y) = ((at % SIZE.0) as f32 - 160.0, (at / SIZE.0) as f32 - 160.0);
            if x * x + y * y > radius * radius {
                return 250;
            }
            let phase = ((x * cosine + y * sine) / period).rem_euclid(1.0);
            if phase < dark { 40 } else { 220 }
        };
        (0..SIZE.0 * SIZE.1).map(pixel).collect()
    }

    #[test]
    fn area_period_and_darkness_of_stripes_are_measured() {
        for degrees in [0.0, 20.0, 45.0, 70.0, 90.0] {
            for period in [7.0, 9.0, 12.0] {
                let found = Foreground::of(SIZE, &stripes(period, degrees, 120.0, 0.5));
                let measured = found.period.unwrap();
                // Of upright ridges a square holds two or three: that is how exact it can be.
                assert!((measured - period).abs() < 0.2 * period, "{degrees} {period}: {measured}");
                let area = found.square_millimetres();
                let circle = std::f32::consts::PI * 120.0 * 120.0 * 0.0508 * 0.0508;
                assert!((0.75..1.25).contains(&(area / circle)), "{degrees} {period}: {area} of {circle}");
                assert!((0.4..0.6).contains(&found.dark), "{}", found.dark);
                assert_eq!(found.cut_off, 0.0);
            }
        }
        let [thin, thick] =
            [0.25, 0.75].map(|dark| Foreground::of(SIZE, &stripes(9.0, 30.0, 120.0, dark)).dark);
        assert!(thin < 0.33 && thick > 0.68, "{thin} {thick}");
    }

    #[test]
    fn what_reaches_the_border_is_cut_off() {
        let whole = Foreground::of(SIZE, &stripes(9.0, 30.0, 400.0, 0.5));
        assert!(whole.cut_off > 0.95 && whole.squares == 400, "{} {}", whole.cut_off, whole.squares);
        let some = Foreground::of(SIZE, &stripes(9.0, 30.0, 175.0, 0.5));
        assert!((0.1..0.9).contains(&some.cut_off), "{}", some.cut_off);
    }

    #[test]
    fn neither_paper_nor_noise_nor_a_slope_has_ridges() {
        let mut random = SplitMix64::seed_from_u64(1);
        let noise = (0..SIZE.0 * SIZE.1).map(|_| random.next_u64() as u8).collect();
        let slope = (0..SIZE.0 * SIZE.1).map(|at| (at % SIZE.0 / 2) as u8).collect();
        for pixels in [vec![255; SIZE.0 * SIZE.1], noise, slope] {
            let found = Foreground::of(SIZE, &pixels);
            assert!(found.squares < 12, "{}", found.squares);
        }
        let tiny = Foreground::of((3, 5), &[7; 15]);
        assert_eq!((tiny.squares, tiny.period, tiny.dark), (0, None, 0.0));
    }
}
