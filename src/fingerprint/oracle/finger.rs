//! A finger's minutiae in pixels and radians, with the trust that each deserves, by definition.

use crate::fingerprint::parameters::{CROWD_DISTANCE, CROWD_WEIGHT, MOST_TRUST};
use crate::template::Minutia;

/// A point in pixels, y upwards.
pub(super) type Point = [f64; 2];

/// A minutia of a finger.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feature {
    pub(super) at: Point,
    /// Radians.
    pub(super) direction: f64,
    pub(super) trust: f64,
}

/// A finger's minutiae.
pub(super) fn finger(minutiae: &[Minutia]) -> Vec<Feature> {
    let at = |m: &Minutia| [f64::from(m.x.steps()) * 0.0985, -f64::from(m.y.steps()) * 0.0985];
    let reported: Vec<f64> =
        minutiae.iter().filter_map(|m| m.quality()).map(|quality| f64::from(quality.get())).collect();
    let mean = if reported.is_empty() { 1.0 } else { reported.iter().sum::<f64>() / reported.len() as f64 };
    let raw: Vec<f64> = (0..minutiae.len())
        .map(|i| {
            let crowd: f64 = (0..minutiae.len())
                .filter(|j| *j != i)
                .map(|j| distance(at(&minutiae[i]), at(&minutiae[j])) / f64::from(CROWD_DISTANCE))
                .map(|distance| (1.0 + distance * distance).powi(-2))
                .sum();
            minutiae[i].quality().map_or(mean, |quality| f64::from(quality.get()))
                / (1.0 + f64::from(CROWD_WEIGHT) * crowd)
        })
        .collect();
    let mean = raw.iter().sum::<f64>() / raw.len() as f64;
    let trust = |raw: f64| if mean > 0.0 { (raw / mean).min(f64::from(MOST_TRUST)) } else { 0.0 };
    let feature = |(m, raw): (&Minutia, f64)| Feature {
        at: at(m),
        direction: f64::from(m.angle.to_binary()) * std::f64::consts::TAU / 65536.0,
        trust: trust(raw),
    };
    minutiae.iter().zip(raw).map(feature).collect()
}

pub(super) fn distance([ax, ay]: Point, [bx, by]: Point) -> f64 {
    (ax - bx).hypot(ay - by)
}

/// An angle to within half a turn.
pub(super) fn wrapped(angle: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    (angle + PI).rem_euclid(TAU) - PI
}
