//! Decoding of little-endian fields, without reading past the end.

use std::path::Path;

use super::error::Damage;

/// No counter of a gallery comes near this limit. A greater one is damage; below it, sums do not overflow.
pub(crate) const COUNTERS: u64 = 1 << 62;

/// Reads fields from the front; every method returns `None` past the end.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }
}

/// Whether every byte is zero.
pub(crate) fn are_zeros(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| b == 0)
}

/// The first bytes of a kind of file, and its name in errors. Such a file is read as a whole and ends with
/// its checksum.
pub(crate) struct FileKind {
    pub(crate) magic: [u8; 16],
    pub(crate) version: u32,
    pub(crate) name: &'static str,
    pub(crate) checksum: &'static str,
}

impl FileKind {
    /// Checks the checksum, and returns the fields after magic and version.
    pub(crate) fn open<'a>(&self, file: &Path, bytes: &'a [u8]) -> Result<Fields<'a>, Damage> {
        let damage = |expected: &str| Damage::new(file, 0, expected, "something else");
        let (body, crc) = bytes
            .len()
            .checked_sub(4)
            .and_then(|end| bytes.split_at_checked(end))
            .ok_or_else(|| damage(self.name))?;
        if crc != crc32fast::hash(body).to_le_bytes() {
            return Err(Damage::new(file, body.len() as u64, self.checksum, "another"));
        }
        let mut fields = Fields::new(body);
        if fields.array() != Some(self.magic) || fields.u32() != Some(self.version) {
            return Err(damage(&format!("{} of version {}", self.name, self.version)));
        }
        Ok(fields)
    }
}
