//! From the pixels of a fingerprint to a template.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::error::ExtractionError;
use super::network::{Network, NetworkError};
use super::peaks::{self, Peak};
use super::{normalise, scale};
use crate::kernels::Kernels;
use crate::maths;
use crate::picture::FingerprintPicture;
use crate::template::{FingerPosition, FingerprintTemplate, Frame, Minutia, MinutiaKind};
use crate::units::{Angle, Length, Quality, Resolution};

/// Most minutiae of a template: the surest.
const MOST_MINUTIAE: usize = 255;
/// The logit of a belief of 15 %: minutiae below are left out.
const LEAST_HEAT: f32 = -1.734_601;
/// Pixels per centimetre of fingerprint scanners: 200 to 1,100 dpi.
const RESOLUTIONS: RangeInclusive<u16> = 79..=433;
/// Pixels of 500 dpi on a side: 3 to 70 mm.
const SIDES: RangeInclusive<u32> = 64..=1_400;

/// Finds minutiae in pictures of fingerprints. Cheap to clone; threads share it.
#[derive(Clone)]
pub struct MinutiaeExtractor {
    network: Arc<Network>,
}

impl fmt::Debug for MinutiaeExtractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MinutiaeExtractor({})", self.network.name)
    }
}

impl MinutiaeExtractor {
    /// Reads a network that `datasets/extractor/quantise.py` wrote. Keeps what it believes at least to 15 %.
    ///
    /// # Errors
    /// Bytes that are no such network.
    pub fn read(network: &[u8]) -> Result<Self, NetworkError> {
        Ok(Self { network: Arc::new(Network::read(network)?) })
    }

    /// The network's name and version, for records of how a template came about.
    pub fn name(&self) -> &str {
        &self.network.name
    }

    /// Finds the minutiae of a picture. The same picture gives the same template on every processor.
    ///
    /// What the template holds is what an ISO/IEC 19794-2 record holds: places in pixels of 500 dpi, 256 directions,
    /// qualities of 1 to 100, at most 255 minutiae, the surest first. A picture of another resolution is scaled. One
    /// thread does the work, in time and memory that grow with the pixels at 500 dpi; callers share an extractor among
    /// threads.
    ///
    /// # Errors
    /// [`ExtractionError`]: what cannot be a picture of one finger. A picture without ridges is no error: its template
    /// has few minutiae or none.
    pub fn extract(&self, picture: &FingerprintPicture) -> Result<FingerprintTemplate, ExtractionError> {
        let position = picture.position();
        if let FingerPosition::Other(code) = position {
            return Err(ExtractionError::NotOneFinger { code });
        }
        let (width, height, pixels) = at_500_dpi(picture)?;
        let minutiae = self.minutiae(width, height, &pixels);
        let frame = Frame::new(width, height, Resolution::DPI_500);
        let template = FingerprintTemplate::new(position, minutiae).with_frame(frame);
        Ok(FingerprintTemplate {
            impression: picture.impression().unwrap_or_default(),
            quality: picture.quality(),
            capture: picture.capture().clone(),
            ..template
        })
    }

    fn minutiae(&self, width: u16, height: u16, pixels: &[u8]) -> Vec<Minutia> {
        let network = &self.network;
        let size = (usize::from(width), usize::from(height));
        let input = normalise::normalise(size, pixels, network.multiple, network.greatest);
        let output = network.run(input, Kernels::active());
        let found = output.map(|map| peaks::peaks(&map, network.reduction, network.unit, LEAST_HEAT));
        let minutia = |peak: Peak| {
            let length = |at: f32, side: u16| {
                let pixel = at.round_ties_even();
                let pixel = (0.0..f32::from(side)).contains(&pixel).then_some(pixel as u16)?;
                Length::from_pixels(pixel, Resolution::DPI_500)
            };
            let angle = Angle::from_binary(u16::from(peaks::direction_code(peak.direction)) << 8);
            let belief = maths::logistic(peak.heat, 0.0, 1.0) * 100.0;
            let quality = Quality::new((belief.round_ties_even() as u8).clamp(1, 100));
            Some(Minutia::new(
                length(peak.x, width)?,
                length(peak.y, height)?,
                angle,
                MinutiaKind::Other,
                quality,
            ))
        };
        found.unwrap_or_default().into_iter().filter_map(minutia).take(MOST_MINUTIAE).collect()
    }
}

/// The pixels at 500 dpi.
fn at_500_dpi(picture: &FingerprintPicture) -> Result<(u16, u16, Cow<'_, [u8]>), ExtractionError> {
    let found = picture.resolution().ok_or(ExtractionError::NoResolution)?;
    let density = found.pixels_per_centimetre();
    let (least, most) = (*RESOLUTIONS.start(), *RESOLUTIONS.end());
    if !RESOLUTIONS.contains(&density) {
        return Err(ExtractionError::Resolution { found, least, most });
    }
    let network = u64::from(Resolution::DPI_500.pixels_per_centimetre());
    let scaled =
        |side: u32| ((u64::from(side) * network + u64::from(density) / 2) / u64::from(density)) as u32;
    let (width, height) = (scaled(picture.width()), scaled(picture.height()));
    let (least, most) = (*SIDES.start(), *SIDES.end());
    let side = |side: u32| u16::try_from(side).ok().filter(|_| SIDES.contains(&side));
    let (Some(new_width), Some(new_height)) = (side(width), side(height)) else {
        return Err(ExtractionError::Size { width, height, least, most });
    };
    if found == Resolution::DPI_500 {
        return Ok((new_width, new_height, Cow::Borrowed(picture.pixels())));
    }
    let old = (picture.width() as usize, picture.height() as usize);
    let new = (usize::from(new_width), usize::from(new_height));
    Ok((new_width, new_height, Cow::Owned(scale::scale(old, picture.pixels(), new))))
}

impl FingerprintPicture {
    /// The minutiae of the picture: [`MinutiaeExtractor::extract`].
    ///
    /// # Errors
    /// [`ExtractionError`].
    pub fn template(&self, extractor: &MinutiaeExtractor) -> Result<FingerprintTemplate, ExtractionError> {
        extractor.extract(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::network::tests::{ONE_PEAK, one_peak};
    use super::*;
    use crate::template::Finger;

    fn picture(width: u32, height: u32, dpi: u16) -> FingerprintPicture {
        let pixels = (0..width * height).map(|i| (i % 7 * 30) as u8).collect();
        FingerprintPicture::grey(width, height, pixels, Resolution::from_dpi(dpi).unwrap()).unwrap()
    }

    #[test]
    fn a_template_holds_what_the_network_says_and_what_the_record_states() {
        let extractor = MinutiaeExtractor::read(&one_peak()).unwrap();
        assert_eq!(extractor.name(), "one-peak");
        let template = picture(97, 70, 500).at(Finger::LeftThumb).template(&extractor).unwrap();
        assert_eq!(template.position.finger(), Some(Finger::LeftThumb));
        assert_eq!(template.frame, Some(Frame::new(97, 70, Resolution::DPI_500)));
        let pixels = |minutia: &Minutia| {
            let pixel = |length: Length| length.to_pixels(Resolution::DPI_500);
            (pixel(minutia.x), pixel(minutia.y), minutia.angle.to_binary() >> 8, minutia.quality())
        };
        let (x, y, direction, quality) = ONE_PEAK;
        assert_eq!(
            template.minutiae.iter().map(pixels).collect::<Vec<_>>(),
            [(x, y, direction, Quality::new(quality))]
        );
        let record = crate::template::FingerprintRecord::new(vec![template.clone()]).write_iso2005().unwrap();
        let read = FingerprintTemplate::read(&record, crate::template::Reading::Exact).unwrap();
        assert_eq!(read.minutiae, template.minutiae, "nothing is lost in a record");
    }

    #[test]
    fn what_cannot_be_one_finger_is_refused() {
        let extractor = MinutiaeExtractor::read(&one_peak()).unwrap();
        let file = FingerprintPicture::read(&[&b"P5 90 90 255\n"[..], &[9; 8100]].concat()).unwrap();
        assert_eq!(file.template(&extractor), Err(ExtractionError::NoResolution));
        assert!(file.with_resolution(Resolution::DPI_500).template(&extractor).is_ok());
        let slap = picture(90, 90, 500).at(FingerPosition::from_code(13));
        assert_eq!(slap.template(&extractor), Err(ExtractionError::NotOneFinger { code: 13 }));
        for dpi in [150, 1200] {
            let error = picture(90, 90, dpi).template(&extractor);
            assert!(matches!(error, Err(ExtractionError::Resolution { .. })), "{error:?}");
        }
        for (width, height) in [(63, 90), (1401, 90), (90, 63)] {
            let error = picture(width, height, 500).template(&extractor);
            assert!(matches!(error, Err(ExtractionError::Size { .. })), "{error:?}");
        }
        let template = picture(180, 200, 1000).template(&extractor).unwrap();
        let frame = template.frame.unwrap();
        assert_eq!((frame.width, frame.height, frame.resolution_x), (90, 100, Resolution::DPI_500));
    }
}
