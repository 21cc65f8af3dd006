//! Why a template cannot be written as a record of a dialect.

use crate::template::Dialect;

/// Why templates do not fit a dialect. Views and minutiae are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordWriteError {
    /// There is no writer for the dialect.
    #[error("records of {dialect} are read, not written")]
    NoWriter {
        /// The dialect.
        dialect: Dialect,
    },
    /// A record needs at least one view.
    #[error("a record needs a view")]
    NoViews,
    /// More views than the dialect allows.
    #[error("a record has at most {limit} views, not {found}")]
    TooManyViews {
        /// Most.
        limit: usize,
        /// Views given.
        found: usize,
    },
    /// A count of minutiae that the dialect does not allow.
    #[error("view {view} has {found} minutiae, the dialect allows {least} to 255")]
    MinutiaCount {
        /// Which view.
        view: usize,
        /// Minutiae in it.
        found: usize,
        /// Fewest.
        least: usize,
    },
    /// A view without a picture size and resolution; [`conform`] assumes one.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("view {view} has no frame, so its coordinates cannot be given in pixels")]
    NoFrame {
        /// Which view.
        view: usize,
    },
    /// Views of different resolutions in a dialect that states it once.
    #[error("view {view} has another resolution than view 0, and the dialect states it once")]
    MixedResolutions {
        /// Which view.
        view: usize,
    },
    /// A minutia outside the picture; [`conform`] enlarges the picture.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("{field} of minutia {minutia} of view {view} is {found} pixels, the picture ends at {limit}")]
    OutsidePicture {
        /// Which view.
        view: usize,
        /// Which minutia.
        minutia: usize,
        /// Which coordinate.
        field: &'static str,
        /// The coordinate in pixels.
        found: u32,
        /// The picture's size in pixels.
        limit: u16,
    },
    /// A coordinate that does not fit in 14 bits.
    #[error("{field} of minutia {minutia} of view {view} is {found} pixels, the dialect ends at 16383")]
    Coordinate {
        /// Which view.
        view: usize,
        /// Which minutia.
        minutia: usize,
        /// Which coordinate.
        field: &'static str,
        /// The coordinate in pixels.
        found: u32,
    },
    /// A code that the dialect does not have; [`conform`] finds the nearest impression code, but
    /// never changes a finger position.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("view {view} has {field} {found}, which the dialect does not have")]
    Code {
        /// Which view.
        view: usize,
        /// Which field.
        field: &'static str,
        /// Its value.
        found: u8,
    },
    /// View numbers of a finger that do not count up from 0, or beyond 15; [`conform`] renumbers.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("view {view} is numbered {found} where {expected} is due (at most 15)")]
    ViewNumber {
        /// Which view.
        view: usize,
        /// Its number.
        found: u8,
        /// The number that is due.
        expected: usize,
    },
    /// Extended data that mean something else in the dialect; [`conform`] drops them.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("extended data {code:#06x} of view {view} come from another family of dialects")]
    ForeignExtendedData {
        /// Which view.
        view: usize,
        /// The block's code.
        code: u16,
    },
    /// A picture without width or height.
    #[error("view {view} has a {field} of 0")]
    Frame {
        /// Which view.
        view: usize,
        /// Which side.
        field: &'static str,
    },
    /// A resolution that no scanner has: no strict reading takes it.
    #[error("view {view} has a {field} of {found} pixels per centimetre, scanners have 99 to 1100")]
    Resolution {
        /// Which view.
        view: usize,
        /// Which axis.
        field: &'static str,
        /// Its value.
        found: u16,
    },
    /// A date or time of day that does not exist; [`conform`] drops it.
    ///
    /// [`conform`]: crate::template::FingerprintRecord::conform
    #[error("the capture time of view {view} does not exist")]
    CaptureTime {
        /// Which view.
        view: usize,
    },
    /// Extended data over 65,535 bytes.
    #[error("extended data of view {view} take {found} bytes, at most 65535 fit")]
    ExtendedDataLength {
        /// Which view.
        view: usize,
        /// Bytes with headers.
        found: usize,
    },
    /// More further quality scores or certificates than a byte counts.
    #[error("view {view} has {found} {field}, at most {limit} fit")]
    TooMany {
        /// Which view.
        view: usize,
        /// Of what.
        field: &'static str,
        /// How many.
        found: usize,
        /// Most.
        limit: usize,
    },
    /// A record longer than its length field can say.
    #[error("the record would take {found} bytes, at most {limit} fit")]
    TooLong {
        /// Bytes.
        found: usize,
        /// Most.
        limit: usize,
    },
}
