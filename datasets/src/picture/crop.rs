//! Crops of pictures with what a network that finds minutiae should say about them.

use super::contact::{Ellipse, residue, touch};
use super::damage::damage;
use super::plane::Plane;
use super::ridges::{Ridges, SINGULAR_REACH};
use super::sensor::grey;
use super::sight::visibility;
use super::skin::ink;
use super::warp::Warp;
use crate::finger::Kind;
use crate::random::{Random, Stream};

/// A crop of a picture with its labels. Pixels at 500 dpi, y down; a cell is 4 x 4 pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingCrop {
    /// Width and height in pixels, a multiple of 8.
    pub size: usize,
    /// Grey values, row by row; ridges are dark.
    pub pixels: Vec<u8>,
    /// Cosine of the ridge phase, the mean of 2 x 2 pixels, times 127.
    pub pattern: Vec<i8>,
    /// What is wanted of each cell, row by row.
    pub cells: Vec<Cell>,
    /// All minutiae, seen or not.
    pub minutiae: Vec<TrueMinutia>,
    /// Cores and deltas.
    pub singular: Vec<(f32, f32)>,
}

/// A minutia of a picture, exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrueMinutia {
    /// Pixels from the middle of the leftmost column.
    pub x: f32,
    /// Pixels from the middle of the topmost row.
    pub y: f32,
    /// Unit vector to where the new ridge or valley goes, y down.
    pub direction: (f32, f32),
    /// Ending or bifurcation.
    pub kind: Kind,
    /// How well the ridges around it can be seen: correlation of the picture with the clean pattern, 0 to 1.
    pub visibility: f32,
}

/// What is wanted of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Height of a Gaussian over the nearest minutia that can be seen.
    pub heat: f32,
    /// Whether the cell counts.
    pub use_of: CellUse,
    /// Offset of that minutia from the cell's middle, in cells. Zero beyond 7 pixels.
    pub offset: (f32, f32),
    /// Its direction, y down.
    pub direction: (f32, f32),
    /// Cosine and sine of twice the ridge angle, y up.
    pub doubled_angle: (f32, f32),
    /// Mean visibility.
    pub visibility: f32,
}

/// Whether a cell counts in the loss of the heat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CellUse {
    /// Near a core, a delta or a minutia of doubtful visibility.
    Ignored = 0,
    /// Counts.
    Counted = 1,
    /// Holds a minutia.
    Minutia = 2,
}

const CELL: usize = 4;
/// Minutiae at least so visible are wanted.
const WANTED: f32 = 0.25;
/// Those below are as if they were not there; between the two nothing is asked.
const DOUBTFUL: f32 = 0.1;
/// Pixels around a doubtful minutia about which nothing is asked.
const DOUBTFUL_REACH: f32 = 6.5;
/// Pixels within which offset and direction are asked for.
const REACH: f32 = 7.0;
/// Deviation of the heat in pixels.
const HEAT: f32 = 3.2;

impl TrainingCrop {
    /// Two impressions of one place of the skin, with the same warp and different pressure, damage, contact and
    /// sensor. `ghost` is a finger that touched the sensor before. The same seed and number give the same pair.
    ///
    /// # Panics
    /// If `size` is not a multiple of 8, or zero.
    pub fn pair(ridges: &Ridges, ghost: &Ridges, size: usize, seed: u64, number: u64) -> [Self; 2] {
        assert!(size > 0 && size.is_multiple_of(8), "the size of a crop is a multiple of 8 pixels");
        let mut random = Random::new(seed, Stream::Picture, [number, 0]);
        let warp = Warp::for_training(ridges, size, &mut random);
        let ghost_warp = Warp::for_training(ghost, size, &mut random);
        let places: Vec<Vec<(f32, f32)>> = rows_of_places(&warp, size, size);
        let pattern = pattern(ridges, &places);
        [1, 2].map(|impression| {
            let mut random = Random::new(seed, Stream::Picture, [number, impression]);
            let bad = random.uniform();
            let mut ink = ink(&pattern, bad, &mut random);
            damage(&mut ink, bad, &mut random);
            let ellipse = Ellipse::for_training(size, &mut random);
            let contact = touch(&mut ink, ellipse.as_ref(), &mut random);
            hide_outside(&mut ink, ridges, &places);
            if random.chance(0.12) {
                let places = rows_of_places(&ghost_warp, size, size);
                residue(&mut ink, &self::pattern(ghost, &places), &mut random);
            }
            let grey = grey(&ink, &contact, bad, &mut random);
            Self::label(ridges, &warp, &pattern, &places, &grey)
        })
    }

    fn label(
        ridges: &Ridges,
        warp: &Warp,
        pattern: &Plane,
        places: &[Vec<(f32, f32)>],
        grey: &Plane,
    ) -> Self {
        let size = grey.width;
        let mut visible = visibility(grey, pattern);
        hide_outside(&mut visible, ridges, places);
        let minutiae = true_minutiae(ridges, warp, &visible);
        let singular: Vec<_> = ridges
            .singular
            .iter()
            .map(|&point| warp.in_picture(point))
            .filter(|&(x, y)| x > -10.0 && y > -10.0 && x < size as f32 + 10.0 && y < size as f32 + 10.0)
            .collect();
        let mut cells = blank_cells(ridges, warp, &visible, places);
        mark(&mut cells, size / CELL, &minutiae, &singular);
        Self { size, pixels: grey.to_bytes(), pattern: halved(pattern), cells, minutiae, singular }
    }
}

/// Where the pixels of a picture lie on the skin.
pub(super) fn rows_of_places(warp: &Warp, width: usize, height: usize) -> Vec<Vec<(f32, f32)>> {
    (0..height)
        .map(|y| {
            let mut row = vec![(0.0, 0.0); width];
            warp.row_to_skin(y, &mut row);
            row
        })
        .collect()
}

/// The cosine of the phase at each pixel; 0 where the ridges end.
pub(super) fn pattern(ridges: &Ridges, places: &[Vec<(f32, f32)>]) -> Plane {
    let width = places.first().map_or(0, Vec::len);
    let values = places.iter().flatten().map(|&(x, y)| ridges.cosine_at(x, y).unwrap_or(0.0)).collect();
    Plane { width, height: places.len(), values }
}

/// Sets to zero what lies where no ridges are known.
pub(super) fn hide_outside(plane: &mut Plane, ridges: &Ridges, places: &[Vec<(f32, f32)>]) {
    let (right, bottom) = ((ridges.width - 2) as f32, (ridges.height - 2) as f32);
    for (value, &(x, y)) in plane.values.iter_mut().zip(places.iter().flatten()) {
        if x < 1.0 || y < 1.0 || x >= right || y >= bottom {
            *value = 0.0;
        }
    }
}

/// The minutiae in a picture.
pub(super) fn true_minutiae(ridges: &Ridges, warp: &Warp, visible: &Plane) -> Vec<TrueMinutia> {
    let (right, bottom) = ((visible.width - 1) as f32, (visible.height - 1) as f32);
    let inside = |(x, y): (f32, f32)| x > 0.0 && y > 0.0 && x < right && y < bottom;
    let points = ridges.minutiae.iter().map(|point| (point, warp.in_picture((point.x, point.y))));
    points
        .filter(|(_, place)| inside(*place))
        .map(|(point, (x, y))| TrueMinutia {
            x,
            y,
            direction: warp.direction_in_picture((x, y), point.direction),
            kind: point.kind,
            visibility: visible.near(x + 0.5, y + 0.5),
        })
        .collect()
}

fn halved(pattern: &Plane) -> Vec<i8> {
    let size = pattern.width;
    let half = size / 2;
    (0..half * half)
        .map(|i| {
            let at = 2 * (i / half) * size + 2 * (i % half);
            let v = &pattern.values;
            let mean = (v[at] + v[at + 1] + v[at + size] + v[at + size + 1]) * 0.25;
            (127.0 * mean).round() as i8
        })
        .collect()
}

/// Cells without minutiae.
fn blank_cells(ridges: &Ridges, warp: &Warp, visible: &Plane, places: &[Vec<(f32, f32)>]) -> Vec<Cell> {
    let columns = visible.width / CELL;
    (0..columns * (visible.height / CELL))
        .map(|i| {
            let (column, row) = (CELL * (i % columns), CELL * (i / columns));
            let rows = (row..row + CELL).map(|y| &visible.values[y * visible.width + column..][..CELL]);
            let sum: f32 = rows.flatten().sum();
            let middle = (column as f32 + 1.5, row as f32 + 1.5);
            let skin = places[row + 2][column + 2];
            Cell {
                heat: 0.0,
                use_of: CellUse::Counted,
                offset: (0.0, 0.0),
                direction: (0.0, 0.0),
                doubled_angle: turned(ridges.doubled_angle(skin.0, skin.1), warp, middle),
                visibility: sum / (CELL * CELL) as f32,
            }
        })
        .collect()
}

/// A doubled ridge angle of the skin as the picture shows it.
fn turned((cos, sin): (f32, f32), warp: &Warp, place: (f32, f32)) -> (f32, f32) {
    // Half the angle: the tangent, by whichever of two formulas does not cancel; then y down.
    let tangent = if cos > 0.0 { (1.0 + cos, sin) } else { (sin, 1.0 - cos) };
    let (u, v) = warp.direction_in_picture(place, (tangent.0, -tangent.1));
    (u * u - v * v, -2.0 * u * v)
}

/// Writes minutiae, cores and deltas into the cells.
fn mark(cells: &mut [Cell], columns: usize, minutiae: &[TrueMinutia], singular: &[(f32, f32)]) {
    let distance = |index: usize, x: f32, y: f32| {
        let middle = |v: usize| (CELL * v) as f32 + 1.5;
        (middle(index % columns) - x, middle(index / columns) - y)
    };
    for (index, cell) in cells.iter_mut().enumerate() {
        let near = |x: f32, y: f32, reach: f32| {
            let (dx, dy) = distance(index, x, y);
            dx * dx + dy * dy < reach * reach
        };
        let doubtful = minutiae
            .iter()
            .any(|m| (DOUBTFUL..WANTED).contains(&m.visibility) && near(m.x, m.y, DOUBTFUL_REACH));
        if doubtful || singular.iter().any(|&(x, y)| near(x, y, SINGULAR_REACH + 1.0)) {
            cell.use_of = CellUse::Ignored;
        }
        for m in minutiae.iter().filter(|m| m.visibility >= WANTED && near(m.x, m.y, 4.0 * HEAT)) {
            let (dx, dy) = distance(index, m.x, m.y);
            let heat = crate::math::exp(-(dx * dx + dy * dy) / (2.0 * HEAT * HEAT));
            if heat > cell.heat {
                cell.heat = heat;
                if near(m.x, m.y, REACH) {
                    cell.offset = (-dx / CELL as f32, -dy / CELL as f32);
                    cell.direction = m.direction;
                }
            }
        }
    }
    for m in minutiae.iter().filter(|m| m.visibility >= WANTED) {
        let at = |v: f32| ((v + 0.5) / CELL as f32) as usize;
        if let Some(cell) = cells.get_mut(at(m.y).min(columns - 1) * columns + at(m.x).min(columns - 1)) {
            cell.use_of = CellUse::Minutia;
        }
    }
}
