//! The names of an audit file and of those that it continues.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The number in a rotated file's name: what follows the last full stop.
pub(super) fn number(name: &str) -> Option<u32> {
    number_of(name.rsplit_once('.')?.1.as_bytes())
}

/// Four digits or more.
pub(super) fn number_of(digits: &[u8]) -> Option<u32> {
    let is_number = digits.len() >= 4 && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

/// The number of a rotated file of `path`, by its name.
pub(super) fn number_beside(name: &OsStr, path: &Path) -> Option<u32> {
    let of = path.file_name()?.as_encoded_bytes();
    number_of(name.as_encoded_bytes().strip_prefix(of)?.strip_prefix(b".")?)
}

/// The name of a rotated file.
pub(super) fn numbered(path: &Path, number: u64) -> PathBuf {
    with_suffix(path, &format!(".{number:04}"))
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
