//! A fingerprint record from an input that may as well be a picture.

use super::{ExtractionError, FingerprintExamination, MinutiaeExtractor};
use crate::picture::{FingerprintPicture, PictureError};
use crate::template::{FingerprintRecord, Flaw, Grade, Reading, RecordError, Warning};
use crate::units::Resolution;

/// What holds for a picture that states no resolution, which is a number that nobody can see in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnstatedResolution {
    /// It is refused.
    #[default]
    Refused,
    /// The caller knows it.
    Known(Resolution),
    /// The caller guesses it: a [`Flaw`] of the record, which a strict reading refuses.
    Assumed(Resolution),
}

/// Why an input gives no fingerprint record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FingerInputError {
    /// It is neither a picture nor a record of minutiae that can be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It is a picture, or has pictures, that cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Its picture gives no template.
    #[error("picture {number} of the input: {error}")]
    Extraction {
        /// Which of the input's pictures, from 1.
        number: usize,
        /// Why.
        #[source]
        error: ExtractionError,
    },
}

/// The pictures of an input.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExaminedPictures {
    /// Those that give a template, in the input's order; at least one.
    pub pictures: Vec<FingerprintExamination>,
    /// What was passed over: resolutions that were assumed, pictures that give no template.
    pub warnings: Vec<Warning>,
}

impl MinutiaeExtractor {
    /// Reads a fingerprint record, or finds the minutiae of the pictures that the input holds: one view for each, in
    /// their order. The bytes tell which it is; a record that has minutiae and pictures gives its minutiae.
    /// Of several pictures, those that give no template are left out with a warning.
    ///
    /// # Errors
    /// [`FingerInputError`]: also where no picture gives a template, or where one gives none in a strict reading.
    pub fn record(
        &self,
        bytes: &[u8],
        unstated: UnstatedResolution,
        reading: Reading,
    ) -> Result<FingerprintRecord, FingerInputError> {
        let no_record = match FingerprintRecord::read(bytes, reading) {
            Ok(record) => return Ok(record),
            Err(error) if !error.is_other_content() => return Err(error.into()),
            Err(error) => error,
        };
        match self.examine_all(bytes, unstated, reading) {
            Ok(examined) => Ok(examined.into()),
            Err(FingerInputError::Picture(error)) if error.is_other_content() => Err(no_record.into()),
            Err(error) => Err(error),
        }
    }

    /// Finds the minutiae of the pictures that an input holds, at a resolution that the caller states over theirs.
    ///
    /// # Errors
    /// As [`MinutiaeExtractor::record`], and an input without pictures.
    pub fn record_at(
        &self,
        bytes: &[u8],
        resolution: Resolution,
    ) -> Result<FingerprintRecord, FingerInputError> {
        let pictures = FingerprintPicture::read_all(bytes)?.into_iter();
        let pictures = pictures.map(|picture| picture.with_resolution(resolution)).collect();
        Ok(self.examined(pictures, UnstatedResolution::Refused, Reading::Lenient)?.into())
    }

    /// Examines the pictures that an input holds.
    ///
    /// # Errors
    /// As [`MinutiaeExtractor::record`], and an input without pictures, such as a record of minutiae.
    pub fn examine_all(
        &self,
        bytes: &[u8],
        unstated: UnstatedResolution,
        reading: Reading,
    ) -> Result<ExaminedPictures, FingerInputError> {
        self.examined(FingerprintPicture::read_all(bytes)?, unstated, reading)
    }

    fn examined(
        &self,
        pictures: Vec<FingerprintPicture>,
        unstated: UnstatedResolution,
        reading: Reading,
    ) -> Result<ExaminedPictures, FingerInputError> {
        let mut examined =
            ExaminedPictures { pictures: Vec::with_capacity(pictures.len()), warnings: Vec::new() };
        let mut first_failure = None;
        for (number, mut picture) in (1..).zip(pictures) {
            if let (None, Some(resolution)) = (picture.resolution(), unstated.resolution()) {
                picture = picture.with_resolution(resolution);
                if let UnstatedResolution::Assumed(_) = unstated {
                    let used = resolution.pixels_per_centimetre();
                    examined.warn(Flaw::UnstatedResolution { used }, reading)?;
                }
            }
            match self.examine(&picture) {
                Ok(examination) => examined.pictures.push(examination),
                Err(error) => {
                    let flaw = Flaw::PictureLeftOut { number, reason: error.to_string() };
                    first_failure.get_or_insert(FingerInputError::Extraction { number, error });
                    examined.warn(flaw, Reading::Lenient)?;
                }
            }
        }
        match first_failure {
            Some(failure) if examined.pictures.is_empty() || reading.refuses(Grade::Wrong) => Err(failure),
            _ => Ok(examined),
        }
    }
}

impl ExaminedPictures {
    fn warn(&mut self, flaw: Flaw, reading: Reading) -> Result<(), RecordError> {
        if reading.refuses(flaw.grade()) {
            return Err(RecordError::Malformed { offset: 0, flaw });
        }
        self.warnings.push(Warning { offset: 0, flaw });
        Ok(())
    }
}

impl From<ExaminedPictures> for FingerprintRecord {
    /// A view for each picture.
    fn from(examined: ExaminedPictures) -> Self {
        let views = examined.pictures.into_iter().map(|examination| examination.template).collect();
        Self { warnings: examined.warnings, ..Self::new(views) }
    }
}

impl UnstatedResolution {
    fn resolution(self) -> Option<Resolution> {
        match self {
            Self::Refused => None,
            Self::Known(resolution) | Self::Assumed(resolution) => Some(resolution),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::network::tests::one_peak;
    use super::*;
    use crate::template::{Appearance, Finger, FingerprintTemplate};

    const PICTURE: &[u8] = b"P5 90 90 255\n";

    fn picture() -> Vec<u8> {
        [PICTURE, &[9; 8100]].concat()
    }

    fn extractor() -> MinutiaeExtractor {
        MinutiaeExtractor::from_bytes(&one_peak()).unwrap()
    }

    #[test]
    fn a_record_stays_what_it_is_and_a_picture_becomes_one() {
        let read = |bytes: &[u8], unstated| extractor().record(bytes, unstated, Reading::Lenient);
        let template = FingerprintTemplate::new(Finger::LeftThumb.into(), Vec::new());
        let bytes = FingerprintRecord::new(vec![template]).write_iso2005();
        if let Ok(bytes) = bytes {
            assert_eq!(
                read(&bytes, UnstatedResolution::Refused),
                Ok(FingerprintRecord::read(&bytes, Reading::Lenient).unwrap())
            );
        }
        let known = read(&picture(), UnstatedResolution::Known(Resolution::DPI_500)).unwrap();
        assert_eq!((known.views.len(), known.warnings.len()), (1, 0));
        let assumed = read(&picture(), UnstatedResolution::Assumed(Resolution::DPI_500)).unwrap();
        assert_eq!(assumed.views, known.views);
        assert!(matches!(
            assumed.warnings[..],
            [Warning { flaw: Flaw::UnstatedResolution { used: 197 }, .. }]
        ));
        assert_eq!(extractor().record_at(&picture(), Resolution::DPI_500).unwrap().views, known.views);
    }

    #[test]
    fn an_unknown_resolution_is_refused_unless_the_caller_says_otherwise() {
        let refused = extractor().record(&picture(), UnstatedResolution::Refused, Reading::Lenient);
        let error = ExtractionError::NoResolution;
        assert_eq!(refused, Err(FingerInputError::Extraction { number: 1, error }));
        let strict = UnstatedResolution::Assumed(Resolution::DPI_500);
        let strict = extractor().record(&picture(), strict, Reading::Strict);
        assert!(matches!(strict, Err(FingerInputError::Record(RecordError::Malformed { .. }))), "{strict:?}");
    }

    #[test]
    fn what_is_neither_is_named_as_the_record_reader_names_it() {
        let read = |bytes: &[u8]| extractor().record(bytes, UnstatedResolution::Refused, Reading::Lenient);
        let text = read(b"hello, this is text");
        assert_eq!(text, Err(RecordError::NotARecord(Appearance::Text).into()));
        let cut = read(&picture()[..500]);
        assert!(matches!(cut, Err(FingerInputError::Picture(_))), "{cut:?}");
        let no_picture = extractor().record_at(b"hello", Resolution::DPI_500);
        assert!(matches!(no_picture, Err(FingerInputError::Picture(_))), "{no_picture:?}");
    }
}
