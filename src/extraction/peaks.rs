//! Minutiae where a network says that they are: the peaks of its heat.

use std::cmp::Reverse;

use super::network::Map;

/// The outputs of the network.
const HEAT: usize = 0;
const OFFSET: [usize; 2] = [1, 2];
const DIRECTION: [usize; 2] = [3, 4];

/// Nearer than so many pixels two peaks are one minutia.
const NEAR: f32 = 6.0;
/// The same of two that face apart, as the two sides of a short ridge do.
const NEAR_APART: f32 = 4.0;
/// Cosine of directions that are apart.
const APART: f32 = -0.2;
/// How far, in cells, a minutia may be from its peak.
const FARTHEST: f32 = 1.5;

/// A minutia as the network gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peak {
    /// Pixels from the middle of the leftmost column and the topmost row.
    pub(super) x: f32,
    pub(super) y: f32,
    /// To where the minutia opens, y down; not of length one.
    pub(super) direction: (f32, f32),
    /// Logit of the network's belief.
    pub(super) heat: f32,
}

/// The peaks of a heat of at least `least`, the surest first; of two that are too near the less sure is left out.
/// A cell is `cell` pixels wide, and numbers are in `unit`.
pub(super) fn peaks(map: &Map, cell: usize, unit: f32, least: f32) -> Vec<Peak> {
    let mut found: Vec<Peak> = Vec::new();
    for y in 0..map.height() {
        for x in 0..map.width() {
            let heat = value(map, x, y, HEAT);
            if f32::from(heat) * unit >= least && is_peak(map, x, y, heat) {
                found.push(peak(map, (x, y), cell, unit));
            }
        }
    }
    // Of the same heat the first by rows: the sort is stable.
    found.sort_by(|a, b| b.heat.total_cmp(&a.heat));
    let mut kept: Vec<Peak> = Vec::with_capacity(found.len());
    for peak in found {
        if kept.iter().all(|other| !is_same(&peak, other)) {
            kept.push(peak);
        }
    }
    kept
}

fn value(map: &Map, x: usize, y: usize, output: usize) -> i16 {
    map.pixel(x, y)[output / 2][output % 2]
}

/// Whether no neighbour is hotter.
fn is_peak(map: &Map, x: usize, y: usize, heat: i16) -> bool {
    let near = |at: usize, length: usize| at.saturating_sub(1)..(at + 2).min(length);
    near(y, map.height()).all(|y| near(x, map.width()).all(|x| value(map, x, y, HEAT) <= heat))
}

fn peak(map: &Map, (x, y): (usize, usize), cell: usize, unit: f32) -> Peak {
    let number = |output: usize| f32::from(value(map, x, y, output)) * unit;
    let middle = (cell - 1) as f32 / 2.0;
    let place = |at: usize, output: usize| {
        (at * cell) as f32 + middle + number(output).clamp(-FARTHEST, FARTHEST) * cell as f32
    };
    Peak {
        x: place(x, OFFSET[0]),
        y: place(y, OFFSET[1]),
        direction: (number(DIRECTION[0]), number(DIRECTION[1])),
        heat: number(HEAT),
    }
}

fn is_same(a: &Peak, b: &Peak) -> bool {
    let dot = |a: (f32, f32), b: (f32, f32)| a.0 * b.0 + a.1 * b.1;
    let lengths = (dot(a.direction, a.direction) * dot(b.direction, b.direction)).sqrt();
    let near = if dot(a.direction, b.direction) < APART * lengths { NEAR_APART } else { NEAR };
    let (x, y) = (a.x - b.x, a.y - b.y);
    x * x + y * y < near * near
}

/// The nearest of 256 directions, counter-clockwise from east as seen (`y` points down): found by comparing, so
/// that it is the same on every processor. The direction of nothing is east.
pub(super) fn direction_code((x, y): (f32, f32)) -> u8 {
    let along = |code: u8| {
        let (sin, cos) = crate::maths::sin_cos(crate::units::Angle::from_binary(u16::from(code) << 8));
        x * cos - y * sin
    };
    // The first of the greatest.
    (0..=u8::MAX)
        .map(|code| (along(code), Reverse(code)))
        .max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
        .map_or(0, |best| best.1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(width: usize, height: usize, set: &[(usize, usize, [i16; 5])]) -> Map {
        let mut map = Map::new(width, height, 8);
        for y in 0..height {
            for pixel in map.row_mut(y).chunks_exact_mut(8) {
                pixel[0][0] = -2000;
            }
        }
        for &(x, y, values) in set {
            for (output, value) in values.into_iter().enumerate() {
                map.row_mut(y)[x * 8 + output / 2][output % 2] = value;
            }
        }
        map
    }

    #[test]
    fn peaks_have_their_place_and_order() {
        let map = map(
            10,
            8,
            &[(2, 3, [100, 64, -128, 256, 0]), (3, 3, [90, 0, 0, 256, 0]), (9, 7, [300, 2000, 0, 0, -256])],
        );
        let found = peaks(&map, 4, 1.0 / 256.0, 0.0);
        assert_eq!(found.len(), 2, "{found:?}");
        // Cut at one and a half cells.
        assert_eq!((found[0].x, found[0].y, found[0].direction), (43.5, 29.5, (0.0, -1.0)));
        assert_eq!((found[1].x, found[1].y, found[1].heat), (10.5, 11.5, 100.0 / 256.0));
        assert_eq!(peaks(&map, 4, 1.0 / 256.0, 1.0).len(), 1);
    }

    #[test]
    fn of_two_that_are_near_the_surer_stays_unless_they_face_apart() {
        let two = |x: i16, direction: i16| {
            let set = [(2, 3, [100, 0, 0, 256, 0]), (4, 3, [90, -x, 0, direction, 0])];
            peaks(&map(10, 8, &set), 4, 1.0 / 256.0, 0.0).len()
        };
        assert_eq!([two(0, 256), two(160, 256), two(160, -256), two(320, -256)], [2, 1, 2, 1]);
    }

    #[test]
    fn a_direction_is_the_nearest_of_256() {
        for steps in 0..2048_u32 {
            let angle = f64::from(steps) / 2048.0 * std::f64::consts::TAU;
            let code = direction_code((angle.cos() as f32 * 3.0, -angle.sin() as f32 * 3.0));
            let nearest = (f64::from(steps) / 8.0).round() as u32 % 256;
            let is_half = steps % 8 == 4;
            assert!(
                u32::from(code) == nearest || is_half && u32::from(code) + 1 == nearest.max(1),
                "{steps} {code}"
            );
        }
        assert_eq!(direction_code((0.0, 0.0)), 0);
    }
}
