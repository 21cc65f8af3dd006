//! A fingerprint record: what its bytes say, whatever the dialect.

use crate::template::{
    Adjustment, Dialect, FingerprintTemplate, Frame, Reading, RecordError, RecordWriteError, Warning,
    Wrapper, XytConvention, codec,
};

/// The product that wrote a record (CBEFF product identifier, ANSI INCITS 378 only).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// The maker, a registered CBEFF organisation; 0 is not reported.
    pub owner: u16,
    /// The product, given by its maker.
    pub kind: u16,
}

/// A record of one or several impressions. `Debug` shows counts, never minutiae.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FingerprintRecord {
    /// The dialect that it was read from.
    pub dialect: Dialect,
    /// The product that wrote it.
    pub product: Product,
    /// The impressions, in the record's order.
    pub views: Vec<FingerprintTemplate>,
    /// What a lenient reading passed over, in the order met.
    pub warnings: Vec<Warning>,
    /// What the record was wrapped in, from the outside in; empty for a bare record.
    pub wrappers: Vec<Wrapper>,
}

impl FingerprintRecord {
    /// A record to be written, in memory like one of ISO/IEC 19794-2:2005.
    pub fn new(views: Vec<FingerprintTemplate>) -> Self {
        Self {
            dialect: Dialect::Iso2005,
            product: Product::default(),
            views,
            warnings: Vec::new(),
            wrappers: Vec::new(),
        }
    }

    /// Reads a record of ISO/IEC 19794-2:2005 or :2011, ANSI INCITS 378-2004, 378-2009 or
    /// 378-2009/AM1, the Type-9 records of an ANSI/NIST-ITL transaction, or a SourceAFIS template;
    /// the dialect is told from the bytes. The record may be hexadecimal or base64 text, and may lie
    /// in a PIV card data object, a CBEFF structure or biometric information templates;
    /// [`FingerprintRecord::wrappers`] says so. Formats without a header have their own calls:
    /// nothing in their bytes says what they are.
    ///
    /// # Errors
    /// Another kind of input, an input that ends inside a header or inside minutiae, and, in a
    /// strict reading, every [`Flaw`](crate::template::Flaw).
    pub fn read(bytes: &[u8], reading: Reading) -> Result<Self, RecordError> {
        codec::read(bytes, reading)
    }

    /// Reads minutiae in the normal size card format of ISO/IEC 19794-2:2005: 5 bytes each,
    /// hundredths of a millimetre.
    ///
    /// # Errors
    /// In a strict reading, every [`Flaw`](crate::template::Flaw).
    pub fn read_card_normal(bytes: &[u8], reading: Reading) -> Result<Self, RecordError> {
        codec::card::read_normal(bytes, reading)
    }

    /// Reads minutiae in the compact size card format of ISO/IEC 19794-2:2005: 3 bytes each,
    /// tenths of a millimetre, 64 directions.
    ///
    /// # Errors
    /// In a strict reading, every [`Flaw`](crate::template::Flaw).
    pub fn read_card_compact(bytes: &[u8], reading: Reading) -> Result<Self, RecordError> {
        codec::card::read_compact(bytes, reading)
    }

    /// Reads NIST .xyt text: `x y theta` or `x y theta quality` a line, at most 1,000 lines. The
    /// text says neither its convention nor the picture's size and resolution.
    ///
    /// # Errors
    /// A line that is not that, and, in a strict reading, every [`Flaw`](crate::template::Flaw).
    pub fn read_xyt(
        bytes: &[u8],
        convention: XytConvention,
        frame: Frame,
        reading: Reading,
    ) -> Result<Self, RecordError> {
        codec::xyt::read(bytes, convention, frame, reading)
    }

    /// Reads comma-separated text with the header `x,y,angle_degrees[,quality[,type]]` (columns in
    /// any order): pixels from the top left corner of the frame, decimals allowed; degrees
    /// counter-clockwise from east, along the ridge; quality 1 to 100, empty or 0 for not
    /// reported; type `ending`, `bifurcation` or `other`. At most 1,000 lines.
    ///
    /// # Errors
    /// A line that is not that, and, in a strict reading, every [`Flaw`](crate::template::Flaw).
    pub fn read_csv(bytes: &[u8], frame: Frame, reading: Reading) -> Result<Self, RecordError> {
        codec::csv::read(bytes, frame, reading)
    }

    /// The record's bytes in a dialect: ISO/IEC 19794-2:2005 or :2011 or ANSI INCITS 378-2004.
    /// A strict reading of them gives the same views, positions exactly and angles to half the
    /// dialect's unit. Facts of the capture that the dialect has no field for are left out. Where
    /// the dialect states the picture once (2004, 2005), it is the one that holds every view's.
    ///
    /// # Errors
    /// Whatever does not fit, see [`RecordWriteError`]; [`FingerprintRecord::conform`] mends what
    /// can be mended.
    pub fn write(&self, dialect: Dialect) -> Result<Vec<u8>, RecordWriteError> {
        match dialect {
            Dialect::Iso2005 => codec::iso2005::write(self),
            Dialect::Iso2011 => codec::iso2011::write(self),
            Dialect::Ansi2004 => codec::ansi2004::write(self),
            _ => Err(RecordWriteError::NoWriter { dialect }),
        }
    }

    /// [`FingerprintRecord::write`] in ISO/IEC 19794-2:2005.
    ///
    /// # Errors
    /// Whatever does not fit.
    pub fn write_iso2005(&self) -> Result<Vec<u8>, RecordWriteError> {
        self.write(Dialect::Iso2005)
    }

    /// [`FingerprintRecord::write`] in ISO/IEC 19794-2:2011.
    ///
    /// # Errors
    /// Whatever does not fit.
    pub fn write_iso2011(&self) -> Result<Vec<u8>, RecordWriteError> {
        self.write(Dialect::Iso2011)
    }

    /// [`FingerprintRecord::write`] in ANSI INCITS 378-2004.
    ///
    /// # Errors
    /// Whatever does not fit.
    pub fn write_ansi2004(&self) -> Result<Vec<u8>, RecordWriteError> {
        self.write(Dialect::Ansi2004)
    }

    /// Makes the record fit a dialect as far as that can be done without touching a minutia or a
    /// finger's position, and says what was changed: a missing picture is assumed at 500 dpi, one
    /// too small is enlarged, views are numbered anew, an impression code that the dialect lacks
    /// is replaced by the nearest, extended data that would be misread are dropped.
    pub fn conform(&mut self, dialect: Dialect) -> Vec<Adjustment> {
        codec::conform::conform(self, dialect)
    }
}
