//! From the pixels of a fingerprint to a template.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use super::error::ExtractionError;
#[cfg(feature = "networks")]
use super::leader::Leader;
use super::model_error::ModelError;
#[cfg(feature = "networks")]
use super::models::{KnownModel, LEADER};
use super::network::Network;
use super::{normalise, peaks, scale};
use crate::input;
use crate::kernels::Kernels;
use crate::maths;
use crate::picture::FingerprintPicture;
use crate::template::{FingerPosition, FingerprintTemplate, Frame, Minutia, MinutiaKind};
use crate::units::{Angle, Length, Quality, Resolution};

/// Most minutiae of a template: the surest.
const MOST_MINUTIAE: usize = 255;
/// The logit of 25 %: minutiae of which the network is less sure are left out. With fewer, mates are lost; with more,
/// non-mates score higher than the shipped table of false match rates says.
const LEAST_HEAT: f32 = -1.098_612_3;
/// Pixels per centimetre of fingerprint scanners: 200 to 1,100 dpi.
const RESOLUTIONS: RangeInclusive<u16> = 79..=433;
/// Pixels of 500 dpi on a side: 3 to 70 mm.
const SIDES: RangeInclusive<u32> = 64..=1_400;

/// Finds minutiae in pictures of fingerprints. Cheap to clone; threads share it.
#[derive(Clone)]
pub struct MinutiaeExtractor {
    name: Arc<str>,
    finder: Arc<Finder>,
}

/// The networks that find minutiae.
enum Finder {
    /// Of biomatch, in whole numbers.
    Own(Network),
    #[cfg(feature = "networks")]
    Leader(Box<Leader>),
}

/// A minutia as a network gives it.
struct Found {
    x: f32,
    y: f32,
    /// Along the ridge, y down.
    direction: (f32, f32),
    kind: MinutiaKind,
    /// 0 to 1.
    belief: f32,
}

impl fmt::Debug for MinutiaeExtractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MinutiaeExtractor({})", self.name)
    }
}

impl MinutiaeExtractor {
    /// Opens a network: one of biomatch, as `datasets/extractor/quantise.py` writes it, or with the feature `networks`
    /// LEADER, whose file the digest tells ([`models`](super::models) says how it is got).
    ///
    /// # Errors
    /// A file that cannot be read, and as [`MinutiaeExtractor::from_bytes`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let bytes = input::read(path, input::MAX_MODEL)?;
        Self::from_bytes(&bytes).map_err(|error| error.within(path))
    }

    /// The same from the bytes of such a file.
    ///
    /// # Errors
    /// Bytes that are neither.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.starts_with(Network::MAGIC) {
            // Keeps what it believes at least to 25 %.
            let network = Network::read(bytes)?;
            let name = network.name.as_str().into();
            return Ok(Self { name, finder: Arc::new(Finder::Own(network)) });
        }
        #[cfg(feature = "networks")]
        if KnownModel::of(bytes) == Some(&LEADER) {
            let finder = Arc::new(Finder::Leader(Box::new(Leader::read(bytes)?)));
            return Ok(Self { name: LEADER.version().into(), finder });
        }
        Err(ModelError::Unknown { blake3: *blake3::hash(bytes).as_bytes() })
    }

    /// The network's name and version, for records of how a template came about.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Finds the minutiae of a picture.
    ///
    /// What the template holds is what an ISO/IEC 19794-2 record holds: places in pixels of 500 dpi, 256 directions,
    /// qualities of 1 to 100, at most 255 minutiae, the surest first. A picture of another resolution is scaled. One
    /// thread does the work, in time and memory that grow with the pixels at 500 dpi; callers share an extractor among
    /// threads.
    ///
    /// A network of biomatch gives the same template of a picture on every processor. LEADER computes in floating
    /// point: another processor can change a byte of a template now and then.
    ///
    /// # Errors
    /// [`ExtractionError`]: what cannot be a picture of one finger. A picture without ridges is no error: its template
    /// has few minutiae or none.
    pub fn extract(&self, picture: &FingerprintPicture) -> Result<FingerprintTemplate, ExtractionError> {
        self.template(picture, &AtNetworkResolution::of(picture)?)
    }

    pub(super) fn template(
        &self,
        picture: &FingerprintPicture,
        scaled: &AtNetworkResolution<'_>,
    ) -> Result<FingerprintTemplate, ExtractionError> {
        let &AtNetworkResolution { width, height, ref pixels } = scaled;
        let found = self.finder.find((width.into(), height.into()), pixels)?;
        let minutiae = found.into_iter().filter_map(|found| found.minutia(width, height));
        let frame = Frame::new(width, height, Resolution::DPI_500);
        let minutiae = minutiae.take(MOST_MINUTIAE).collect();
        let template = FingerprintTemplate::new(picture.position(), minutiae).with_frame(frame);
        Ok(FingerprintTemplate {
            impression: picture.impression().unwrap_or_default(),
            quality: picture.quality(),
            capture: picture.capture().clone(),
            ..template
        })
    }
}

impl Finder {
    /// The minutiae of a picture at 500 dpi, the surest first.
    fn find(&self, size: (usize, usize), pixels: &[u8]) -> Result<Vec<Found>, ExtractionError> {
        match self {
            Self::Own(network) => {
                let input = normalise::normalise(size, pixels, network.multiple, network.greatest);
                let output = network.run(input, Kernels::active());
                let peaks = output.map(|map| peaks::peaks(&map, network.reduction, network.unit, LEAST_HEAT));
                let found = |peak: peaks::Peak| {
                    let sure = maths::logistic(peak.heat, 0.0, 1.0);
                    // The loss of its training makes a network say too much; squared, fewer mates are lost.
                    let belief = sure * sure;
                    Found {
                        x: peak.x,
                        y: peak.y,
                        direction: peak.direction,
                        kind: MinutiaKind::Other,
                        belief,
                    }
                };
                Ok(peaks.unwrap_or_default().into_iter().map(found).collect())
            }
            #[cfg(feature = "networks")]
            Self::Leader(leader) => {
                let found = |peak: super::leader::Peak| Found {
                    x: peak.x as f32,
                    y: peak.y as f32,
                    direction: peak.direction,
                    kind: if peak.is_ending { MinutiaKind::Ending } else { MinutiaKind::Bifurcation },
                    belief: peak.heat,
                };
                Ok(leader.peaks(size, pixels)?.into_iter().map(found).collect())
            }
        }
    }
}

impl Found {
    /// Rounded to what a record holds; `None` outside of the picture.
    fn minutia(&self, width: u16, height: u16) -> Option<Minutia> {
        let length = |at: f32, side: u16| {
            let pixel = at.round_ties_even();
            let pixel = (0.0..f32::from(side)).contains(&pixel).then_some(pixel as u16)?;
            Length::from_pixels(pixel, Resolution::DPI_500)
        };
        let angle = Angle::from_binary(u16::from(peaks::direction_code(self.direction)) << 8);
        let quality = Quality::new(((self.belief * 100.0).round_ties_even() as u8).clamp(1, 100));
        Some(Minutia::new(length(self.x, width)?, length(self.y, height)?, angle, self.kind, quality))
    }
}

/// A picture of one finger at the 500 dpi that networks know.
pub(super) struct AtNetworkResolution<'a> {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) pixels: Cow<'a, [u8]>,
}

impl<'a> AtNetworkResolution<'a> {
    /// Scales a picture, if it has another resolution.
    pub(super) fn of(picture: &'a FingerprintPicture) -> Result<Self, ExtractionError> {
        if let FingerPosition::Other(code) = picture.position() {
            return Err(ExtractionError::NotOneFinger { code });
        }
        let found = picture.resolution().ok_or(ExtractionError::NoResolution)?;
        let density = found.pixels_per_centimetre();
        let (least, most) = (*RESOLUTIONS.start(), *RESOLUTIONS.end());
        if !RESOLUTIONS.contains(&density) {
            return Err(ExtractionError::Resolution { found, least, most });
        }
        let network = u64::from(Resolution::DPI_500.pixels_per_centimetre());
        let scaled =
            |side: u32| ((u64::from(side) * network + u64::from(density) / 2) / u64::from(density)) as u32;
        let (new_width, new_height) = (scaled(picture.width()), scaled(picture.height()));
        let (least, most) = (*SIDES.start(), *SIDES.end());
        let side = |side: u32| u16::try_from(side).ok().filter(|_| SIDES.contains(&side));
        let (Some(width), Some(height)) = (side(new_width), side(new_height)) else {
            return Err(ExtractionError::Size { width: new_width, height: new_height, least, most });
        };
        let pixels = if found == Resolution::DPI_500 {
            Cow::Borrowed(picture.pixels())
        } else {
            let old = (picture.width() as usize, picture.height() as usize);
            Cow::Owned(scale::scale(old, picture.pixels(), (width.into(), height.into())))
        };
        Ok(Self { width, height, pixels })
    }
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
        let extractor = MinutiaeExtractor::from_bytes(&one_peak()).unwrap();
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
        let extractor = MinutiaeExtractor::from_bytes(&one_peak()).unwrap();
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
