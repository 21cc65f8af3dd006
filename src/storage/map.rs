//! Bytes of an immutable file, mapped.
#![allow(unsafe_code)] // a memory map is unsafe by nature; it happens here and nowhere else

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Deref;

use bytemuck::{Pod, Zeroable};
use memmap2::Mmap;

/// The bytes of an immutable file, aligned to at least 64. `Debug` shows the length only.
pub struct Map(Bytes);

enum Bytes {
    /// With the file, whose shared lock shows that it is mapped.
    Mapped {
        map: Mmap,
        _file: File,
    },
    Heap {
        lines: Vec<Line>,
        length: usize,
    },
}

#[repr(C, align(64))]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Line([u8; 64]);

impl Map {
    /// Maps a whole file.
    ///
    /// A process that can write to the directory can truncate a mapped file, and reading past its new end
    /// ends this process (`SIGBUS`). The gallery therefore writes its files once, removes the write
    /// permission, and compares lengths at open.
    ///
    /// # Errors
    /// An I/O error.
    pub fn file(file: File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            return Ok(Self::copy(&[]));
        }
        // An erasure tests by this lock whether a mapping still holds the data, and has it exclusively for a
        // moment only. A file system without locks cannot show mappings; the file is read nevertheless.
        for _ in 0..100 {
            match file.try_lock_shared() {
                Err(std::fs::TryLockError::WouldBlock) => {
                    std::thread::sleep(std::time::Duration::from_millis(1))
                }
                _ => break,
            }
        }
        // SAFETY: the map is read-only and private to this process's view. Files that are mapped are
        // immutable by the gallery's protocol: created exclusively, made read-only, replaced only by
        // rename and removed only by unlink, both of which leave the mapped inode untouched.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self(Bytes::Mapped { map, _file: file }))
    }

    /// A copy on the heap, aligned as a map is.
    pub fn copy(bytes: &[u8]) -> Self {
        let mut lines = vec![Line([0; 64]); bytes.len().div_ceil(64)];
        if let Some(target) = bytemuck::cast_slice_mut::<Line, u8>(&mut lines).get_mut(..bytes.len()) {
            target.copy_from_slice(bytes);
        }
        Self(Bytes::Heap { lines, length: bytes.len() })
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Mapped { map, .. } => map,
            Bytes::Heap { lines, length } => {
                bytemuck::cast_slice::<Line, u8>(lines).get(..*length).unwrap_or_default()
            }
        }
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Map({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_maps_hold_the_bytes_aligned() {
        for length in [0, 1, 63, 64, 65, 5000] {
            let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            io::Write::write_all(&mut file, &bytes).unwrap();
            for map in [Map::copy(&bytes), Map::file(file).unwrap()] {
                assert_eq!(&*map, bytes);
                assert!(length == 0 || map.as_ptr().addr().is_multiple_of(64));
            }
        }
    }
}
