//! The convex hull of a finger's minutiae: the area that the impression is known to cover.

use crate::kernels::lanes::LANES;

/// A point in pixels.
pub(in crate::fingerprint) type Point = [f32; 2];

/// A convex hull, its corners counter-clockwise. Reused without allocation.
#[derive(Clone, Debug, Default)]
pub(in crate::fingerprint) struct Hull {
    corners: Vec<Point>,
    /// Which of the points each corner is; there are at most 255.
    places: Vec<u8>,
    edges: Vec<Edge>,
}

/// From a corner to the next.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: Point,
    along: Point,
    /// Along, of length one, turned outwards.
    outwards: Point,
    /// One over the square of its length; zero for an edge without length.
    per_square: f32,
}

impl Hull {
    /// The hull of points that ascend in x, then y (Andrew's monotone chain). Points in another order
    /// give some polygon, no error. Few or collinear points give a segment or a point.
    pub(in crate::fingerprint) fn build(&mut self, x: &[f32], y: &[f32]) {
        let points = x.iter().zip(y).map(|(&x, &y)| [x, y]);
        self.corners.clear();
        self.places.clear();
        self.chain(points.clone().enumerate());
        self.chain(points.enumerate().rev());
        self.join();
    }

    /// The hull of another finger as its corners lie elsewhere: `to` gives the new place of each point.
    /// Nearly convex if near corners moved alike.
    #[inline(always)]
    pub(in crate::fingerprint) fn carry(&mut self, from: &Hull, to: impl Fn(usize) -> Point) {
        self.places.clone_from(&from.places);
        self.corners.clear();
        self.corners.extend(from.places.iter().map(|place| to(usize::from(*place))));
        self.join();
    }

    /// Joins the corners by edges.
    fn join(&mut self) {
        self.edges.clear();
        let n = self.corners.len();
        for i in 0..n {
            let from = self.corners[i];
            let to = self.corners[if i + 1 < n { i + 1 } else { 0 }];
            let along = [to[0] - from[0], to[1] - from[1]];
            let square = along[0] * along[0] + along[1] * along[1];
            let per_square = if square > 0.0 { 1.0 / square } else { 0.0 };
            let per_length = per_square.sqrt();
            let outwards = [along[1] * per_length, -along[0] * per_length];
            self.edges.push(Edge { from, along, outwards, per_square });
        }
    }

    /// Adds one half of the hull, without its last corner, which begins the other half.
    fn chain(&mut self, points: impl Iterator<Item = (usize, Point)>) {
        let first = self.corners.len();
        for (place, point) in points {
            while let [.., a, b] = self.corners[first..] {
                let left = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]);
                if left > 0.0 {
                    break;
                }
                self.corners.pop();
                self.places.pop();
            }
            self.corners.push(point);
            self.places.push(place as u8);
        }
        if self.corners.len() > first + 1 {
            self.corners.pop();
            self.places.pop();
        }
    }

    /// Which points are inside or within `margin` of it. Nothing is within an empty hull.
    #[inline(always)]
    pub(in crate::fingerprint) fn within<const LANES: usize>(
        &self,
        x: &[f32; LANES],
        y: &[f32; LANES],
        margin: f32,
    ) -> [bool; LANES] {
        let outside = self.outside(x, y);
        // Decides for most points, which are inside.
        let has_inside = self.corners.len() > 2;
        let mut is_inside = [false; LANES];
        for (inside, outside) in is_inside.iter_mut().zip(&outside) {
            *inside = has_inside & (*outside <= 0.0);
        }
        if is_inside == [true; LANES] {
            return is_inside;
        }
        let mut is_near = [false; LANES];
        for edge in &self.edges {
            for lane in 0..LANES {
                is_near[lane] |= edge.square([x[lane], y[lane]]) <= margin * margin;
            }
        }
        let mut within = [false; LANES];
        for lane in 0..LANES {
            within[lane] = is_inside[lane] | (outside[lane] <= margin) & is_near[lane];
        }
        within
    }

    /// The weights of the points that are `known` to count, or are inside or within `margin`, together.
    /// One of `known` for each point; the other columns are padded.
    #[inline(always)]
    pub(in crate::fingerprint) fn weigh<'a>(
        &self,
        points: impl Iterator<Item = (&'a [f32; LANES], &'a [f32; LANES])>,
        weights: &[f32],
        margin: f32,
        known: &[bool],
    ) -> f32 {
        let mut sum = 0.0;
        let weights = weights.as_chunks::<LANES>().0;
        for (((x, y), weights), known) in points.zip(weights).zip(known.chunks(LANES)) {
            let outside = self.outside(x, y);
            for (lane, known) in known.iter().enumerate() {
                let within = || self.is_within(outside[lane], [x[lane], y[lane]], margin);
                sum += if *known || within() { weights[lane] } else { 0.0 };
            }
        }
        sum
    }

    /// The greatest signed distance of each point from the edges, positive outside: for a point inside, minus
    /// its distance from the nearest edge.
    #[inline(always)]
    pub(in crate::fingerprint) fn outside<const LANES: usize>(
        &self,
        x: &[f32; LANES],
        y: &[f32; LANES],
    ) -> [f32; LANES] {
        let mut outside = [f32::MIN; LANES];
        for edge in &self.edges {
            for lane in 0..LANES {
                let to = [x[lane] - edge.from[0], y[lane] - edge.from[1]];
                let out = to[0] * edge.outwards[0] + to[1] * edge.outwards[1];
                outside[lane] = if out > outside[lane] { out } else { outside[lane] };
            }
        }
        outside
    }

    /// Whether a point with this greatest signed distance `outside` is inside or within `margin`.
    #[inline(always)]
    fn is_within(&self, outside: f32, point: Point, margin: f32) -> bool {
        // Decides for most points, which are inside.
        if outside <= 0.0 && self.corners.len() > 2 {
            return true;
        }
        outside <= margin && self.edges.iter().any(|edge| edge.square(point) <= margin * margin)
    }
}

impl Edge {
    /// The square of a point's distance.
    #[inline(always)]
    fn square(&self, point: Point) -> f32 {
        let to = [point[0] - self.from[0], point[1] - self.from[1]];
        let t = (to[0] * self.along[0] + to[1] * self.along[1]) * self.per_square;
        let t = t.clamp(0.0, 1.0);
        let (dx, dy) = (to[0] - t * self.along[0], to[1] - t * self.along[1]);
        dx * dx + dy * dy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(hull: &Hull, [x, y]: Point, margin: f32) -> bool {
        hull.within(&[x], &[y], margin) == [true]
    }

    fn hull(mut points: Vec<Point>) -> Hull {
        points.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let mut hull = Hull::default();
        let [x, y] = [0, 1].map(|axis| points.iter().map(|point| point[axis]).collect::<Vec<f32>>());
        hull.build(&x, &y);
        hull
    }

    #[test]
    fn a_square_and_its_margin() {
        let hull = hull(vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [5.0, 5.0], [5.0, 0.0]]);
        assert_eq!(hull.corners, [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]);
        assert!(contains(&hull, [5.0, 5.0], 0.0));
        assert!(!contains(&hull, [12.0, 5.0], 1.9));
        assert!(contains(&hull, [12.0, 5.0], 2.1));
        // Round at a corner: (3, 4) away is 5 away.
        assert!(!contains(&hull, [13.0, 14.0], 4.9));
        assert!(contains(&hull, [13.0, 14.0], 5.1));
    }

    #[test]
    fn segments_points_and_nothing() {
        let segment = hull(vec![[0.0, 0.0], [10.0, 0.0], [4.0, 0.0]]);
        assert!(contains(&segment, [5.0, 2.0], 3.0) && !contains(&segment, [5.0, 4.0], 3.0));
        assert!(!contains(&segment, [15.0, 0.0], 3.0));
        let point = hull(vec![[1.0, 1.0], [1.0, 1.0]]);
        assert!(contains(&point, [1.0, 3.0], 2.5) && !contains(&point, [4.0, 1.0], 2.5));
        assert!(!contains(&hull(vec![]), [0.0, 0.0], 1e6));
    }

    #[test]
    fn agrees_with_every_half_plane() {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as f32 / 655.36
        };
        for _ in 0..50 {
            let points: Vec<Point> = (0..12).map(|_| [random(), random()]).collect();
            let hull = hull(points.clone());
            for _ in 0..50 {
                let p = [random(), random()];
                // Inside if and only if in some triangle of the points.
                let side = |a: Point, b: Point| (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
                let inside = points.iter().any(|&a| {
                    points.iter().any(|&b| {
                        points.iter().any(|&c| side(a, b) > 0.0 && side(b, c) > 0.0 && side(c, a) > 0.0)
                    })
                });
                assert_eq!(contains(&hull, p, 0.0), inside);
            }
        }
    }
}
