//! Files of other kinds in the place of raw numbers.

use super::error::FaceFileError;
use super::npy::NPY_MAGIC;

/// Bytes at the start of a file that [`check_raw`] looks at.
pub const RAW_START: usize = 64;

/// Refuses bytes that begin as a file of another kind does: raw numbers have no header, so anything of the right
/// length would do. The start of the file is enough.
///
/// # Errors
/// [`FaceFileError::NotRaw`].
pub fn check_raw(start: &[u8]) -> Result<(), FaceFileError> {
    let start = start.get(..RAW_START).unwrap_or(start);
    let found = match start {
        _ if start.starts_with(NPY_MAGIC) => "an .npy file",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive, as .npz and PyTorch files are",
        // A frame of less than 16 MiB.
        [0x80, 4 | 5, 0x95, _, _, _, 0, 0, 0, 0, 0, ..] => "a Python pickle",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file",
        [0x1F, 0x8B, 8, ..] => "a gzip archive",
        [0x89, b'P', b'N', b'G', ..] | [0xFF, 0xD8, 0xFF, 0xE0..=0xEF, ..] => "a picture",
        [b'F', b'M' | b'I', b'R', 0, ..] => "a fingerprint record",
        _ if start.len() >= RAW_START / 2 && start.iter().all(|&byte| is_text(byte)) => "text",
        _ => return Ok(()),
    };
    Err(FaceFileError::NotRaw { found })
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}
