//! What the outputs of YuNet mean.

/// How much two faces may have in common, of what they cover together, and be two. As its authors have it.
const MOST_COMMON: f32 = 0.3;

/// The outputs at one grid: a row for each cell, row by row from the top.
pub(super) struct Grid<'a> {
    /// Pixels on a side of a cell.
    pub(super) cell: u16,
    /// Cells in a row.
    pub(super) columns: usize,
    /// Whether it is a face, 0 to 1.
    pub(super) class: &'a [f32],
    /// Whether there is anything, 0 to 1.
    pub(super) object: &'a [f32],
    /// Middle across and down from the cell's corner, in cells, and the logarithms of width and height in cells.
    pub(super) area: &'a [f32],
    /// The five points across and down from the cell's corner, in cells.
    pub(super) points: &'a [f32],
}

/// A face on the canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) corner: [f32; 2],
    pub(super) size: [f32; 2],
    pub(super) points: [[f32; 2]; 5],
    pub(super) score: f32,
}

/// The faces of all grids with at least this score, best first; of equals, the first.
pub(super) fn faces(grids: &[Grid<'_>], least_score: f32) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = grids.iter().flat_map(|grid| grid.candidates(least_score)).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces: Vec<Candidate> = Vec::new();
    for candidate in found {
        if faces.iter().all(|face| face.common(&candidate) <= MOST_COMMON) {
            faces.push(candidate);
        }
    }
    faces
}

impl Grid<'_> {
    fn candidates(&self, least_score: f32) -> impl Iterator<Item = Candidate> {
        let (areas, points) = (self.area.as_chunks::<4>().0, self.points.as_chunks::<10>().0);
        let cells = std::iter::zip(self.class, self.object).zip(areas.iter().zip(points)).enumerate();
        cells.filter_map(move |(at, ((class, object), (area, points)))| {
            let score = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
            if score.is_nan() || score < least_score {
                return None;
            }
            let cell = f32::from(self.cell);
            let place = |[across, down]: [f32; 2]| {
                [((at % self.columns) as f32 + across) * cell, ((at / self.columns) as f32 + down) * cell]
            };
            let [across, down, width, height] = *area;
            let middle = place([across, down]);
            let size = [width.exp() * cell, height.exp() * cell];
            let corner = [middle[0] - size[0] / 2.0, middle[1] - size[1] / 2.0];
            let points = points.as_chunks::<2>().0;
            let candidate =
                Candidate { corner, size, points: std::array::from_fn(|point| place(points[point])), score };
            candidate.is_finite().then_some(candidate)
        })
    }
}

impl Candidate {
    fn is_finite(&self) -> bool {
        let numbers = [self.corner, self.size].into_iter().chain(self.points);
        numbers.flatten().all(f32::is_finite) && (self.size[0] * self.size[1]).is_finite()
    }

    /// What both cover, of what they cover together.
    fn common(&self, other: &Self) -> f32 {
        let overlap = |axis: usize| {
            let end = |face: &Self| face.corner[axis] + face.size[axis];
            (end(self).min(end(other)) - self.corner[axis].max(other.corner[axis])).max(0.0)
        };
        let both = overlap(0) * overlap(1);
        let area = |face: &Self| face.size[0] * face.size[1];
        both / (area(self) + area(other) - both)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 4;
    const COLUMNS: usize = 5;

    /// Outputs of one grid without a face.
    struct Made {
        class: Vec<f32>,
        object: Vec<f32>,
        area: Vec<f32>,
        points: Vec<f32>,
    }

    impl Made {
        fn new() -> Self {
            let cells = ROWS * COLUMNS;
            let zeros = |each: usize| vec![0.0; cells * each];
            Self { class: zeros(1), object: zeros(1), area: zeros(4), points: zeros(10) }
        }

        fn face(mut self, row: usize, column: usize, scores: [f32; 2], area: [f32; 4]) -> Self {
            let at = row * COLUMNS + column;
            [self.class[at], self.object[at]] = scores;
            self.area[at * 4..][..4].copy_from_slice(&area);
            for (point, value) in self.points[at * 10..][..10].iter_mut().enumerate() {
                *value = point as f32 / 4.0;
            }
            self
        }

        fn grid(&self, cell: u16) -> Grid<'_> {
            let Self { class, object, area, points } = self;
            Grid { cell, columns: COLUMNS, class, object, area, points }
        }
    }

    #[test]
    fn a_cell_is_decoded() {
        let (width, height) = (3.0_f32.ln(), 4.0_f32.ln());
        let made = Made::new().face(2, 3, [1.0, 0.25], [0.5, -0.5, width, height]);
        let found = faces(&[made.grid(8)], 0.5);
        let [face] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(face.score, 0.5);
        // The middle is at (3.5, 1.5) cells.
        for (found, expected) in face.corner.into_iter().chain(face.size).zip([16.0, -4.0, 24.0, 32.0]) {
            assert!((found - expected).abs() < 1e-4, "{face:?}");
        }
        assert_eq!(face.points, [[24.0, 18.0], [28.0, 22.0], [32.0, 26.0], [36.0, 30.0], [40.0, 34.0]]);
        assert!(faces(&[made.grid(8)], 0.51).is_empty());
    }

    #[test]
    fn of_faces_that_cover_each_other_the_surest_stays() {
        let of_two = 2.0_f32.ln();
        let area = |across: f32| [across, 0.5, of_two, of_two];
        // Squares of 2 cells whose middles are 1 and 1.1 cells apart have 1/3 and 0.29 in common.
        for (apart, scores) in [(1.0, vec![0.9]), (1.1, vec![0.9, 0.8])] {
            let made =
                Made::new().face(1, 1, [0.8, 0.8], area(0.0)).face(1, 2, [0.9, 0.9], area(apart - 1.0));
            let found = faces(&[made.grid(16)], 0.5);
            assert_eq!(found.iter().map(|face| face.score).collect::<Vec<_>>(), scores, "{apart}");
        }
        // The same face at two grids: of equal scores the first one stays.
        let small = Made::new().face(1, 1, [0.9, 0.9], [0.0, 0.0, of_two, of_two]);
        let large = Made::new().face(0, 0, [0.9, 0.9], [0.5, 0.5, 0.0, 0.0]);
        let found = faces(&[small.grid(8), large.grid(16)], 0.5);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].points[0], [8.0, 10.0]);
    }

    #[test]
    fn what_is_no_number_is_no_face() {
        for (scores, area) in [
            ([f32::NAN, 0.9], [0.0; 4]),
            ([0.9, 0.9], [f32::NAN, 0.0, 0.0, 0.0]),
            ([0.9, 0.9], [0.0, 0.0, 100.0, 0.0]),
            ([0.9, 0.9], [0.0, 0.0, 50.0, 50.0]),
        ] {
            let made = Made::new().face(0, 0, scores, area);
            assert_eq!(faces(&[made.grid(32)], 0.1), [], "{scores:?} {area:?}");
        }
        let too_sure = Made::new().face(0, 0, [7.0, f32::INFINITY], [0.0; 4]);
        assert_eq!(faces(&[too_sure.grid(32)], 0.1)[0].score, 1.0);
    }
}
