//! Files of fingers: records of minutiae, or pictures whose minutiae are found.

use std::fmt::Display;
use std::path::Path;

use biomatch::escape::Escaped;
use biomatch::extraction::MinutiaeExtractor;
use biomatch::input;
use biomatch::picture;
use biomatch::template::FingerprintRecord;

use crate::exit::{Exit, Failure};
use crate::pictures::PictureOptions;
use crate::records::RecordOptions;

/// How to read files of fingers.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FingerOptions {
    #[command(flatten)]
    records: RecordOptions,

    #[command(flatten)]
    pictures: PictureOptions,
}

/// Reads files of fingers; threads share it.
pub(crate) struct FingerReader<'a> {
    options: &'a FingerOptions,
    extractor: MinutiaeExtractor,
}

impl FingerOptions {
    /// Loads the extractor.
    pub(crate) fn reader(&self) -> Result<FingerReader<'_>, Failure> {
        Ok(FingerReader { options: self, extractor: self.pictures.load()? })
    }
}

impl FingerReader<'_> {
    /// Reads the record in a file, or finds the minutiae of its pictures.
    pub(crate) fn read(&self, path: &Path) -> Result<FingerprintRecord, Failure> {
        self.parse(path, &read_whole(path)?)
    }

    /// As [`FingerReader::read`], of the bytes of the file at `path`.
    pub(crate) fn parse(&self, path: &Path, bytes: &[u8]) -> Result<FingerprintRecord, Failure> {
        let FingerOptions { records, pictures } = self.options;
        let failed =
            |error: &dyn Display| Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(path)));
        if records.is_told_by_name(path) {
            return records.parse(path, bytes).map_err(|error| failed(&error));
        }
        let record = self.extractor.record(bytes, pictures.unstated(), records.reading());
        record.map_err(|error| failed(&error))
    }
}

/// All bytes of a file that may be a fingerprint record or a picture.
pub(crate) fn read_whole(path: &Path) -> Result<Vec<u8>, Failure> {
    Ok(input::read(path, picture::MAX_BYTES as u64)?)
}
