//! Convex hulls, by definition.

use super::edge::Edge;
use super::finger::{Point, distance};
use crate::template::Minutia;

/// The corners of the convex hull, counter-clockwise: a minutia is followed by the one that has all others on
/// its left, the furthest if some lie in line. In whole steps, so that nothing is rounded.
pub(super) fn corners(minutiae: &[Minutia], edge: &mut Edge) -> Vec<usize> {
    let at = |i: usize| [i64::from(minutiae[i].x.steps()), -i64::from(minutiae[i].y.steps())];
    let cross = |i: usize, j: usize, k: usize| {
        let ([ax, ay], [bx, by], [cx, cy]) = (at(i), at(j), at(k));
        ((bx - ax) * (cy - ay) - (by - ay) * (cx - ax), [bx - ax, by - ay], [cx - ax, cy - ay])
    };
    let square = |[x, y]: [i64; 2]| x * x + y * y;
    let Some(first) = (0..minutiae.len()).min_by_key(|&i| at(i)) else { return Vec::new() };
    let mut corners = vec![first];
    loop {
        let from = corners[corners.len() - 1];
        let others = (0..minutiae.len()).filter(|&i| at(i) != at(from));
        let next = others.clone().find(|&to| {
            others.clone().all(|other| {
                let (side, along, beyond) = cross(from, to, other);
                side > 0 || side == 0 && square(beyond) <= square(along)
            })
        });
        let Some(next) = next else { return corners };
        for other in others.filter(|&other| at(other) != at(next)) {
            let (side, along, beyond) = cross(from, next, other);
            let area = ((square(along) as f64) * square(beyond) as f64).sqrt();
            // Whether one so near the line is a corner is decided by rounding.
            edge.0 |= (side as f64) < 1e-4 * area && along[0] != 0 && along[1] != 0;
        }
        if at(next) == at(first) || corners.len() > minutiae.len() {
            return corners;
        }
        corners.push(next);
    }
}

/// Whether a point lies inside a polygon, or so near to a side that it is within the margin; of a polygon that is
/// not quite convex, inside every side.
pub(super) fn is_within(polygon: &[Point], point: Point, margin: f64, edge: &mut Edge) -> bool {
    let sides = polygon.iter().zip(polygon.iter().cycle().skip(1));
    // By how much the point is outside a side, and how far from it.
    let measures: Vec<(f64, f64)> = sides
        .map(|(&from, &to)| {
            let length = distance(from, to);
            let to_point = [point[0] - from[0], point[1] - from[1]];
            if length == 0.0 {
                return (0.0, distance(from, point));
            }
            let unit = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
            let along = (to_point[0] * unit[0] + to_point[1] * unit[1]).clamp(0.0, length);
            let nearest = [from[0] + along * unit[0], from[1] + along * unit[1]];
            (to_point[0] * unit[1] - to_point[1] * unit[0], distance(nearest, point))
        })
        .collect();
    let outside = measures.iter().map(|measure| measure.0).fold(f64::MIN, f64::max);
    if outside <= -1e-3 && polygon.len() > 2 {
        return true;
    }
    let nearest = measures.iter().map(|measure| measure.1).fold(f64::MAX, f64::min);
    // At a side both answers are yes by the margin, if there is one.
    !polygon.is_empty() && edge.at_most(outside, margin, 1e-2) & edge.at_most(nearest, margin, 1e-2)
}
