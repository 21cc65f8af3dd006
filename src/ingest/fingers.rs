//! The bytes that a line names as a finger, to a record of minutiae.

use super::entry::FingerFormat;
use super::error::ResolveProblem;
#[cfg(feature = "pictures")]
use crate::extraction::{MinutiaeExtractor, UnstatedResolution};
use crate::template::{FingerprintRecord, Reading, XytConvention};

/// Reads records, and pictures where the build has the feature.
#[derive(Debug)]
pub(super) struct FingerReader {
    reading: Reading,
    #[cfg(feature = "pictures")]
    pub(super) extractor: MinutiaeExtractor,
    #[cfg(feature = "pictures")]
    pub(super) unstated: UnstatedResolution,
}

impl FingerReader {
    pub(super) fn new(reading: Reading) -> Self {
        Self {
            reading,
            #[cfg(feature = "pictures")]
            extractor: MinutiaeExtractor::shipped(),
            #[cfg(feature = "pictures")]
            unstated: UnstatedResolution::default(),
        }
    }

    pub(super) fn read(
        &self,
        bytes: &[u8],
        format: FingerFormat,
    ) -> Result<FingerprintRecord, ResolveProblem> {
        let reading = self.reading;
        let record = match format {
            #[cfg(feature = "pictures")]
            FingerFormat::Auto => return Ok(self.extractor.record(bytes, self.unstated, reading)?),
            #[cfg(feature = "pictures")]
            FingerFormat::Picture(resolution) => return Ok(self.extractor.record_at(bytes, resolution)?),
            #[cfg(not(feature = "pictures"))]
            FingerFormat::Auto => FingerprintRecord::read(bytes, reading),
            #[cfg(not(feature = "pictures"))]
            FingerFormat::Picture(_) => return Err(ResolveProblem::Picture),
            FingerFormat::IsoCardCompact => FingerprintRecord::read_card_compact(bytes, reading),
            FingerFormat::IsoCardNormal => FingerprintRecord::read_card_normal(bytes, reading),
            FingerFormat::Xyt(frame) => {
                FingerprintRecord::read_xyt(bytes, XytConvention::Nist, frame, reading)
            }
            FingerFormat::XytM1(frame) => {
                FingerprintRecord::read_xyt(bytes, XytConvention::M1, frame, reading)
            }
            FingerFormat::Csv(frame) => FingerprintRecord::read_csv(bytes, frame, reading),
        };
        Ok(record?)
    }
}
