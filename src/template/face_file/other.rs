//! Files of other kinds in the place of raw numbers.

use super::error::FaceFileError;
use crate::template::magic;

/// Bytes at the start of a file that [`check_raw`] looks at.
pub const RAW_START: usize = 64;

/// Refuses bytes that begin as a file of another kind does: raw numbers have no header, so anything of the right
/// length would do. The start of the file is enough.
///
/// # Errors
/// [`FaceFileError::NotRaw`].
pub fn check_raw(start: &[u8]) -> Result<(), FaceFileError> {
    let start = start.get(..RAW_START).unwrap_or(start);
    let by_mark = || magic::magic(start).map(|magic| magic.name);
    match magic::text_name(start, RAW_START / 2).or_else(by_mark) {
        Some(found) => Err(FaceFileError::NotRaw { found }),
        None => Ok(()),
    }
}
