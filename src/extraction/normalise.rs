//! Local mean and contrast taken out of a picture, which takes away most of what tells sensors apart.
//!
//! With `mean` a wide average, `d = mean(picture) - picture` (ridges are dark, so they become positive) and
//! `x = d / sqrt(mean(d * d) + FAINT^2)`, cut at three either way. All in plain `f32` operations in one order: the
//! same bits on every processor.

use super::network::Map;

/// Contrast below which a picture is treated as empty, of a range of one.
const FAINT: f32 = 0.035;
/// Where values are cut.
const CUT: f32 = 3.0;
/// The side of the squares whose means are averaged.
const SQUARE: usize = 4;
/// Half of a Gaussian of 11 pixels, in squares, from its middle on; the whole sums to one.
const GAUSSIAN: [f32; 9] = [
    0.145_343_73,
    0.136_045_01,
    0.111_568_49,
    0.080_162_85,
    0.050_463_5,
    0.027_832_63,
    0.013_449_42,
    0.005_694_11,
    0.002_112_13,
];

/// Numbers at the pixels of a picture.
struct Plane {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Plane {
    fn row(&self, y: usize) -> &[f32] {
        &self.values[y.min(self.height - 1) * self.width..][..self.width]
    }
}

/// A grey picture as the input of a network: four quarter pixels each (above left, above right, below left, below
/// right), cut values become `greatest`. The right and lower borders are repeated until the sides are multiples of
/// `multiple`.
pub(super) fn normalise(
    (width, height): (usize, usize),
    pixels: &[u8],
    multiple: usize,
    greatest: i16,
) -> Map {
    let picture = padded((width, height), pixels, multiple);
    let Plane { width, height, .. } = picture;
    let mut difference = wide_mean(&picture);
    for (mean, value) in difference.values.iter_mut().zip(&picture.values) {
        *mean -= value;
    }
    let squares = difference.values.iter().map(|d| d * d).collect();
    let variance = wide_mean(&Plane { width, height, values: squares });
    let scale = f32::from(greatest) / CUT;
    let mut map = Map::new(width / 2, height / 2, 2);
    for y in 0..height {
        let out = map.row_mut(y / 2);
        for (x, (d, v)) in difference.row(y).iter().zip(variance.row(y)).enumerate() {
            let value = (d / (v + FAINT * FAINT).sqrt()).clamp(-CUT, CUT);
            out[x / 2 * 2 + y % 2][x % 2] = (value * scale).round_ties_even() as i16;
        }
    }
    map
}

fn padded((width, height): (usize, usize), pixels: &[u8], multiple: usize) -> Plane {
    let (wide, high) = (width.next_multiple_of(multiple), height.next_multiple_of(multiple));
    let mut values = Vec::with_capacity(wide * high);
    for y in 0..high {
        let row = &pixels[y.min(height - 1) * width..][..width];
        values.extend((0..wide).map(|x| f32::from(row[x.min(width - 1)]) / 255.0));
    }
    Plane { width: wide, height: high, values }
}

/// A wide average: means of squares, a Gaussian over them, and between them linear. The border repeats.
fn wide_mean(of: &Plane) -> Plane {
    let squares = blur(&transpose(&blur(&transpose(&means(of)))));
    enlarge(&squares, of.width, of.height)
}

fn means(of: &Plane) -> Plane {
    let (width, height) = (of.width.div_ceil(SQUARE), of.height.div_ceil(SQUARE));
    let mut values = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let mut sum = 0.0;
            for row in 0..SQUARE {
                let row = of.row(y * SQUARE + row);
                for column in 0..SQUARE {
                    sum += row[(x * SQUARE + column).min(of.width - 1)];
                }
            }
            values.push(sum / (SQUARE * SQUARE) as f32);
        }
    }
    Plane { width, height, values }
}

fn transpose(of: &Plane) -> Plane {
    let mut values = Vec::with_capacity(of.values.len());
    for x in 0..of.width {
        values.extend(of.values.chunks_exact(of.width).map(|row| row[x]));
    }
    Plane { width: of.height, height: of.width, values }
}

/// Along the columns: whole rows are summed.
fn blur(of: &Plane) -> Plane {
    let mut values = Vec::with_capacity(of.values.len());
    for y in 0..of.height {
        let mut sums: Vec<f32> = of.row(y).iter().map(|value| value * GAUSSIAN[0]).collect();
        for (distance, weight) in GAUSSIAN.iter().enumerate().skip(1) {
            let pairs = of.row(y.saturating_sub(distance)).iter().zip(of.row(y + distance));
            for (sum, (above, below)) in sums.iter_mut().zip(pairs) {
                *sum += (above + below) * weight;
            }
        }
        values.append(&mut sums);
    }
    Plane { width: of.width, height: of.height, values }
}

/// Linear between the middles of squares.
fn enlarge(of: &Plane, width: usize, height: usize) -> Plane {
    /// The square before a pixel and how far it is behind its middle.
    fn place(at: usize, length: usize) -> (usize, f32) {
        let eighths = (2 * at + 1).saturating_sub(SQUARE);
        let first = (eighths / (2 * SQUARE)).min(length - 1);
        (first, (eighths % (2 * SQUARE)) as f32 / (2 * SQUARE) as f32)
    }
    let mut values = Vec::with_capacity(width * height);
    for y in 0..height {
        let (top, down) = place(y, of.height);
        let (top, bottom) = (of.row(top), of.row(top + 1));
        for x in 0..width {
            let (left, across) = place(x, of.width);
            let right = (left + 1).min(of.width - 1);
            let above = top[left] + (top[right] - top[left]) * across;
            let below = bottom[left] + (bottom[right] - bottom[left]) * across;
            values.push(above + (below - above) * down);
        }
    }
    Plane { width, height, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(map: &Map, x: usize, y: usize) -> i16 {
        map.pixel(x / 2, y / 2)[y % 2][x % 2]
    }

    #[test]
    fn an_even_picture_is_zero_and_a_line_is_a_ridge() {
        let (width, height) = (70, 45);
        let mut pixels = vec![180; width * height];
        let even = normalise((width, height), &pixels, 8, 4095);
        assert_eq!((even.width(), even.height()), (36, 24));
        assert!((0..height).all(|y| (0..width).all(|x| at(&even, x, y).abs() <= 1)));
        for y in 0..height {
            pixels[y * width + 33] = 20;
        }
        let lined = normalise((width, height), &pixels, 8, 4095);
        assert_eq!(at(&lined, 33, 20), 4095);
        assert!((-4095..0).contains(&at(&lined, 30, 20)));
        assert!((45..48).all(|y| (0..72).all(|x| at(&lined, x, y) == at(&lined, x, 44))), "repeated");
    }

    /// The formula written out, in f64.
    #[test]
    fn it_is_the_formula() {
        // Sides that need nothing added: what is added is part of the picture.
        let (width, height) = (56_usize, 40_usize);
        let pixels: Vec<u8> = (0..width * height).map(|i| (i * i % 251) as u8).collect();
        let picture: Vec<f64> = pixels.iter().map(|&p| f64::from(p) / 255.0).collect();
        let mean = |of: &[f64]| -> Vec<f64> {
            let value = |x: usize, y: usize| of[y.min(height - 1) * width + x.min(width - 1)];
            let (w, h) = (width.div_ceil(4), height.div_ceil(4));
            let square = |x: i64, y: i64| -> f64 {
                let (x, y) = (x.clamp(0, w as i64 - 1) as usize, y.clamp(0, h as i64 - 1) as usize);
                (0..16).map(|i| value(4 * x + i % 4, 4 * y + i / 4)).sum::<f64>() / 16.0
            };
            let weight = |t: i64| (-(t * t) as f64 / (2.0 * 2.75 * 2.75)).exp();
            let whole: f64 = (-8..=8).map(weight).sum();
            let blurred = |x: i64, y: i64| -> f64 {
                let (x, y) = (x.clamp(0, w as i64 - 1), y.clamp(0, h as i64 - 1));
                let rows = (-8..=8).map(|j| {
                    weight(j) / whole
                        * (-8..=8).map(|i| weight(i) / whole * square(x + i, y + j)).sum::<f64>()
                });
                rows.sum()
            };
            let mut out = Vec::new();
            for y in 0..height {
                for x in 0..width {
                    let (u, v) = ((x as f64 + 0.5) / 4.0 - 0.5, (y as f64 + 0.5) / 4.0 - 0.5);
                    let (u, v) = (u.max(0.0), v.max(0.0));
                    let (i, j, a, b) = (u as i64, v as i64, u.fract(), v.fract());
                    let top = blurred(i, j) * (1.0 - a) + blurred(i + 1, j) * a;
                    out.push(
                        top * (1.0 - b) + (blurred(i, j + 1) * (1.0 - a) + blurred(i + 1, j + 1) * a) * b,
                    );
                }
            }
            out
        };
        let difference: Vec<f64> = mean(&picture).iter().zip(&picture).map(|(m, p)| m - p).collect();
        let variance = mean(&difference.iter().map(|d| d * d).collect::<Vec<_>>());
        let map = normalise((width, height), &pixels, 8, 4095);
        for y in 0..height {
            for x in 0..width {
                let i = y * width + x;
                let expected =
                    (difference[i] / (variance[i] + 0.035 * 0.035).sqrt()).clamp(-3.0, 3.0) * 1365.0;
                assert!((f64::from(at(&map, x, y)) - expected).abs() < 0.6, "{x} {y}");
            }
        }
    }
}
