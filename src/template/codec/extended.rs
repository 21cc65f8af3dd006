//! Extended data: a length, then blocks of type, length and bytes.

use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::{Dialect, ExtendedData, FingerprintTemplate, Flaw, RecordError, RecordWriteError};

const HEADER: usize = 4;

/// Whether a block's length counts its own header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockLength {
    WithHeader,
    WithoutHeader,
}

impl BlockLength {
    /// The sample of ISO/IEC 19794-2:2005 leaves the header out, the other dialects count it in.
    fn of(dialect: Dialect) -> Self {
        if dialect == Dialect::Iso2005 { Self::WithoutHeader } else { Self::WithHeader }
    }
}

/// Reads a view's extended data. Their flaws never cost a minutia: a lenient reading drops what
/// it cannot tell apart.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    notes: &mut Notes,
    dialect: Dialect,
) -> Result<Vec<ExtendedData>, RecordError> {
    let offset = cursor.offset();
    let declared = usize::from(cursor.u16("extended data length")?);
    let found = cursor.remaining();
    if declared > found {
        notes.flaw(offset, Flaw::ExtendedDataCut { declared, found })?;
        cursor.take(found, "extended data")?;
        return Ok(Vec::new());
    }
    let region = cursor.take(declared, "extended data")?;
    let other = match BlockLength::of(dialect) {
        BlockLength::WithHeader => BlockLength::WithoutHeader,
        BlockLength::WithoutHeader => BlockLength::WithHeader,
    };
    if let Some(blocks) = blocks(region, dialect, BlockLength::of(dialect)) {
        return Ok(blocks);
    }
    if let Some(blocks) = blocks(region, dialect, other) {
        // Writers of ISO/IEC 19794-2:2005 disagree, so there neither way is a flaw.
        notes.check(dialect == Dialect::Iso2005, offset, || Flaw::ExtendedDataLengths)?;
        return Ok(blocks);
    }
    notes.flaw(offset, Flaw::ExtendedDataBlocks { length: declared })?;
    Ok(Vec::new())
}

/// The blocks, if they fill the region exactly.
fn blocks(region: &[u8], dialect: Dialect, length_is: BlockLength) -> Option<Vec<ExtendedData>> {
    let mut cursor = Cursor::new(region);
    let mut blocks = Vec::new();
    while cursor.remaining() > 0 {
        let code = cursor.u16("block type").ok()?;
        let length = usize::from(cursor.u16("block length").ok()?);
        let length = match length_is {
            BlockLength::WithHeader => length.checked_sub(HEADER)?,
            BlockLength::WithoutHeader => length,
        };
        let bytes = cursor.take(length, "block").ok()?.to_vec();
        blocks.push(ExtendedData { dialect, code, bytes });
    }
    Some(blocks)
}

/// Writes a view's extended data with their length.
pub(super) fn write(
    out: &mut Vec<u8>,
    view: usize,
    template: &FingerprintTemplate,
    dialect: Dialect,
) -> Result<(), RecordWriteError> {
    let found = template.extended.iter().map(|block| HEADER + block.bytes.len()).sum();
    let too_long = || RecordWriteError::ExtendedDataLength { view, found };
    out.extend_from_slice(&u16::try_from(found).map_err(|_| too_long())?.to_be_bytes());
    for block in &template.extended {
        if !block.fits(dialect) {
            return Err(RecordWriteError::ForeignExtendedData { view, code: block.code });
        }
        let length = match BlockLength::of(dialect) {
            BlockLength::WithHeader => block.bytes.len() + HEADER,
            BlockLength::WithoutHeader => block.bytes.len(),
        };
        out.extend_from_slice(&block.code.to_be_bytes());
        out.extend_from_slice(&u16::try_from(length).map_err(|_| too_long())?.to_be_bytes());
        out.extend_from_slice(&block.bytes);
    }
    Ok(())
}
