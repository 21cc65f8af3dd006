//! The names of a gallery's files.

use super::block::Modality;

pub(super) const LOCK: &str = "LOCK";
pub(super) const CURRENT: &str = "CURRENT";
pub(super) const CURRENT_TEMPORARY: &str = "CURRENT.tmp";

pub(super) fn manifest(number: u64) -> String {
    format!("manifest-{number:06}")
}

pub(super) fn log(number: u64) -> String {
    format!("wal-{number:06}")
}

pub(super) fn marks(number: u64) -> String {
    format!("marks-{number:06}")
}

pub(super) fn segment(number: u64, modality: Modality) -> String {
    let extension = match modality {
        Modality::Finger => "finger",
        Modality::Face => "face",
    };
    format!("seg-{number:06}.{extension}")
}

/// Whether a name is one that a gallery gives to files with a number.
pub(super) fn is_numbered(name: &str) -> bool {
    let stem = name.strip_suffix(".finger").or_else(|| name.strip_suffix(".face"));
    let number = match stem {
        Some(stem) => stem.strip_prefix("seg-"),
        None => ["manifest-", "wal-", "marks-"].iter().find_map(|prefix| name.strip_prefix(prefix)),
    };
    number.is_some_and(|n| n.len() >= 6 && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names_are_known_and_others_are_not() {
        for name in
            [manifest(1), log(2), marks(3), segment(4, Modality::Finger), segment(5_000_000, Modality::Face)]
        {
            assert!(is_numbered(&name), "{name}");
        }
        for name in ["CURRENT", "seg-000001", "wal-1", "wal-00000x", "seg-000001.txt", "notes-000001"] {
            assert!(!is_numbered(name), "{name}");
        }
    }
}
