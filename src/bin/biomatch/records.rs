//! Fingerprint record files and the options that say how to read them.

use std::path::Path;
use std::str::FromStr;

use biomatch::template::{FingerprintRecord, Frame, Reading, RecordError, XytConvention};
use biomatch::units::Resolution;

/// How to read fingerprint records. The formats with a header are told apart by their bytes; .xyt and
/// .csv by their file names.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RecordOptions {
    /// Refuse records with doubtful or wrong departures from their standard, not harmless ones (docs/formats.md grades
    /// each); without it, what can be read is read
    #[arg(long, help_heading = "Reading fingerprint records")]
    strict: bool,

    /// What the numbers of .xyt files mean
    #[arg(long, value_name = "WHICH", default_value = "nist", help_heading = "Reading fingerprint records")]
    xyt_convention: Convention,

    /// The picture that .xyt and .csv coordinates are in, which those files do not say
    #[arg(
        long,
        value_name = "WIDTHxHEIGHT@DPI",
        default_value = "2000x2000@500",
        help_heading = "Reading fingerprint records"
    )]
    xyt_frame: Picture,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Convention {
    /// mindtct's own: y upwards, degrees
    Nist,
    /// mindtct -m1: y downwards, units of two degrees, as in ANSI INCITS 378
    M1,
}

#[derive(Clone, Copy, Debug)]
struct Picture(Frame);

impl FromStr for Picture {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (size, dpi) = text.split_once('@')?;
            let (width, height) = size.split_once('x')?;
            let resolution = Resolution::from_dpi(dpi.parse().ok()?)?;
            Some(Self(Frame::new(width.parse().ok()?, height.parse().ok()?, resolution)))
        };
        parse().ok_or_else(|| "expected for example 388x374@500".to_owned())
    }
}

impl RecordOptions {
    /// How severely departures from the standard are judged.
    pub(crate) fn reading(&self) -> Reading {
        if self.strict { Reading::Strict } else { Reading::Lenient }
    }

    /// Whether the name of a file says that it is a record, of a form without a header.
    pub(crate) fn is_told_by_name(&self, path: &Path) -> bool {
        has_extension(path, "xyt") || has_extension(path, "csv")
    }

    /// Reads a record from the bytes of the file at `path`.
    pub(crate) fn parse(&self, path: &Path, bytes: &[u8]) -> Result<FingerprintRecord, RecordError> {
        let Picture(frame) = self.xyt_frame;
        let convention = match self.xyt_convention {
            Convention::Nist => XytConvention::Nist,
            Convention::M1 => XytConvention::M1,
        };
        if has_extension(path, "xyt") {
            FingerprintRecord::read_xyt(bytes, convention, frame, self.reading())
        } else if has_extension(path, "csv") {
            FingerprintRecord::read_csv(bytes, frame, self.reading())
        } else {
            FingerprintRecord::read(bytes, self.reading())
        }
    }
}

/// Whether a file's name ends so, in capitals or not.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}
