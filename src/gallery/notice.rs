//! Notices: a file that marks a folder as a backup or as the target of an unfinished restoration, with the
//! files in it.

use std::collections::BTreeSet;

use super::error::GalleryError;
use super::names;
use crate::storage::{Damage, Files, whole_name};

const MOST_BYTES: u64 = 64 << 20;

/// What a folder is for, and which files in it the next attempt may remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    /// The gallery that it is a copy of.
    pub(super) gallery: [u8; 16],
    /// The files that were made, or are about to be.
    pub(super) files: BTreeSet<String>,
    /// Every file with such a number or a greater one, too.
    pub(super) from: Option<u64>,
}

impl Notice {
    /// The notice of this name, if there is one.
    pub(super) fn read(files: &Files, name: &str) -> Result<Option<Self>, GalleryError> {
        let bytes = match files.read(name, MOST_BYTES) {
            Err(error) if error.is_not_found() => return Ok(None),
            bytes => bytes?,
        };
        let damage = || Damage::new(&files.path(name), 0, "the identity of a gallery and names", "others");
        Ok(Some(Self::decode(&bytes).ok_or_else(damage)?))
    }

    /// Replaces the notice; durable when it returns.
    pub(super) fn write(&self, files: &Files, name: &str) -> Result<(), GalleryError> {
        files.prepare(name, self.encode().as_bytes())?.finish()?;
        Ok(files.sync()?)
    }

    fn encode(&self) -> String {
        let mut text = format!("gallery {}\n", hex::encode(self.gallery));
        if let Some(from) = self.from {
            text.push_str(&format!("from {from}\n"));
        }
        for name in &self.files {
            text.push_str(&format!("file {name}\n"));
        }
        text.push_str("end\n");
        text
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix("end\n")?;
        let mut lines = text.lines();
        let gallery = lines.next()?.strip_prefix("gallery ")?;
        let mut notice = Self { gallery: [0; 16], files: BTreeSet::new(), from: None };
        hex::decode_to_slice(gallery, &mut notice.gallery).ok()?;
        for line in lines {
            match line.split_once(' ')? {
                ("from", number) => notice.from = Some(number.parse().ok()?),
                ("file", name) if names::is_numbered(name) || name == names::WITNESS => {
                    notice.files.insert(name.to_owned());
                }
                _ => return None,
            }
        }
        (notice.encode().as_bytes() == bytes).then_some(notice)
    }

    /// Whether a file, whole or not, is one that it lists.
    pub(super) fn lists(&self, name: &str) -> bool {
        let name = whole_name(name).unwrap_or(name);
        let is_above = |number: u64| self.from.is_some_and(|from| number >= from);
        self.files.contains(name) || names::number_of(name).is_some_and(is_above)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_come_back_and_name_files_of_a_gallery_only() {
        let files = [names::log(3), names::WITNESS.to_owned()].into();
        for from in [None, Some(40)] {
            let notice = Notice { gallery: [0xa1; 16], files: BTreeSet::clone(&files), from };
            let text = notice.encode();
            assert_eq!(Notice::decode(text.as_bytes()), Some(notice.clone()));
            assert!(
                notice.lists("wal-000003") && notice.lists("wal-000003.tmp") && !notice.lists("wal-000004")
            );
            assert_eq!(notice.lists("seg-000041.face"), from.is_some());
            for wrong in [
                text.replace("wal-000003", "../wal-000003"),
                text.replace("end\n", ""),
                text.replace("a1", "A1"),
            ] {
                assert_eq!(Notice::decode(wrong.as_bytes()), None, "{wrong}");
            }
        }
    }
}
