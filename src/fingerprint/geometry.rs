//! A finger's minutiae in the matcher's units: pixels at 500 dpi, y upwards, columns.

use super::hull::Hull;
use super::maths;
use super::parameters::PIXELS_PER_STEP;
use crate::template::Minutia;

/// Columns over the minutiae of one finger, about the middle of their bounding box. Reused without
/// allocation once it has grown.
#[derive(Clone, Debug, Default)]
pub(super) struct Geometry {
    pub(super) x: Vec<f32>,
    pub(super) y: Vec<f32>,
    pub(super) cos: Vec<f32>,
    pub(super) sin: Vec<f32>,
    /// 1/65,536ths of a turn.
    pub(super) angle: Vec<u16>,
    pub(super) hull: Hull,
}

impl Geometry {
    /// Takes in the minutiae, in their order.
    pub(super) fn fill(&mut self, minutiae: &[Minutia]) {
        self.x.clear();
        self.y.clear();
        self.cos.clear();
        self.sin.clear();
        self.angle.clear();
        let x = bounds(minutiae.iter().map(|m| m.x.steps()));
        let y = bounds(minutiae.iter().map(|m| m.y.steps()));
        for minutia in minutiae {
            // Twice the distance from the middle is a whole number of steps: a translated finger
            // has the same columns to the bit.
            let dx = 2 * i32::from(minutia.x.steps()) - x;
            let dy = y - 2 * i32::from(minutia.y.steps());
            self.x.push(dx as f32 * (PIXELS_PER_STEP / 2.0));
            self.y.push(dy as f32 * (PIXELS_PER_STEP / 2.0));
            let (sin, cos) = maths::sin_cos(minutia.angle);
            self.cos.push(cos);
            self.sin.push(sin);
            self.angle.push(minutia.angle.to_binary());
        }
        self.hull.build(self.x.iter().zip(&self.y).map(|(&x, &y)| [x, y]));
    }

    /// Number of minutiae.
    pub(super) fn len(&self) -> usize {
        self.x.len()
    }
}

/// Sum of the least and the greatest: twice the middle.
fn bounds(values: impl Iterator<Item = u16> + Clone) -> i32 {
    let least = values.clone().min().unwrap_or(0);
    let greatest = values.max().unwrap_or(0);
    i32::from(least) + i32::from(greatest)
}
