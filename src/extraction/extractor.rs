//! From the pixels of a fingerprint to a template.

use std::fmt;
use std::sync::Arc;

use super::network::{Network, NetworkError};
use super::{normalise, peaks};
use crate::kernels::Kernels;
use crate::maths;
use crate::template::{FingerPosition, FingerprintTemplate, Frame, Minutia, MinutiaKind};
use crate::units::{Angle, Length, Quality, Resolution};

/// Most minutiae of a template: the surest.
const MOST_MINUTIAE: usize = 255;

/// Finds minutiae in pictures of fingerprints. Cheap to clone; threads share it.
#[derive(Clone)]
pub struct MinutiaeExtractor {
    network: Arc<Network>,
    least: f32,
}

impl fmt::Debug for MinutiaeExtractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MinutiaeExtractor({})", self.network.name)
    }
}

impl MinutiaeExtractor {
    pub(super) fn new(network: &[u8], least: f32) -> Result<Self, NetworkError> {
        Ok(Self { network: Arc::new(Network::read(network)?), least })
    }

    /// The template of a picture of 500 dpi. What it holds is what an ISO/IEC 19794-2 record holds: places in
    /// pixels, 256 directions, qualities of 1 to 100.
    fn template(&self, width: u16, height: u16, pixels: &[u8]) -> FingerprintTemplate {
        let network = &self.network;
        let size = (usize::from(width), usize::from(height));
        let input = normalise::normalise(size, pixels, network.multiple, network.greatest);
        let output = network.run(input, Kernels::active());
        let found = output.map(|map| peaks::peaks(&map, network.reduction, network.unit, self.least));
        let resolution = Resolution::DPI_500;
        let minutiae = found.unwrap_or_default().into_iter().filter_map(|peak| {
            let pixel = |at: f32, side: u16| {
                let at = at.round_ties_even();
                (0.0..f32::from(side)).contains(&at).then_some(at as u16)
            };
            let (x, y) = (pixel(peak.x, width)?, pixel(peak.y, height)?);
            let place = |pixel| Length::from_pixels(pixel, resolution);
            let angle = Angle::from_binary(u16::from(peaks::direction_code(peak.direction)) << 8);
            let belief = maths::logistic(peak.heat, 0.0, 1.0) * 100.0;
            let quality = Quality::new((belief.round_ties_even() as u8).clamp(1, 100));
            Some(Minutia::new(place(x)?, place(y)?, angle, MinutiaKind::Other, quality))
        });
        let minutiae = minutiae.take(MOST_MINUTIAE).collect();
        let frame = Frame { width, height, resolution_x: resolution, resolution_y: resolution };
        FingerprintTemplate::new(FingerPosition::Unknown, minutiae).with_frame(frame)
    }
}
