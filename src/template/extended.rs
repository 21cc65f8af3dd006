//! Extended data of a view: blocks that a record carries beside the minutiae.

use std::fmt;

use crate::template::Dialect;

/// A block of extended data, kept as its bytes. `Debug` shows its size, never its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct ExtendedData {
    /// The dialect of the record that it came from: core, delta and zonal quality blocks are not
    /// the same in all.
    pub dialect: Dialect,
    /// The block's type code.
    pub code: u16,
    /// What follows the block's four byte header.
    pub bytes: Vec<u8>,
}

/// What a block of extended data holds, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtendedDataKind {
    /// Code 1: ridges between pairs of minutiae.
    RidgeCounts,
    /// Code 2: cores and deltas.
    CoresAndDeltas,
    /// Code 3, ISO only: quality of the picture's parts.
    ZonalQuality,
    /// Codes from 0x0100: a vendor's own.
    Vendor,
    /// Reserved codes.
    Reserved,
}

impl ExtendedData {
    /// What it holds.
    pub const fn kind(&self) -> ExtendedDataKind {
        match self.code {
            1 => ExtendedDataKind::RidgeCounts,
            2 => ExtendedDataKind::CoresAndDeltas,
            3 => ExtendedDataKind::ZonalQuality,
            0x0100.. => ExtendedDataKind::Vendor,
            _ => ExtendedDataKind::Reserved,
        }
    }

    /// Whether the block means the same in a record of `target`: ridge counts and vendors' data
    /// do everywhere, the rest only within ISO/IEC or within ANSI INCITS.
    pub fn fits(&self, target: Dialect) -> bool {
        match self.kind() {
            ExtendedDataKind::RidgeCounts | ExtendedDataKind::Vendor => true,
            ExtendedDataKind::CoresAndDeltas
            | ExtendedDataKind::ZonalQuality
            | ExtendedDataKind::Reserved => self.dialect.is_iso() == target.is_iso(),
        }
    }
}

impl fmt::Debug for ExtendedData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtendedData")
            .field("kind", &self.kind())
            .field("code", &self.code)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}
