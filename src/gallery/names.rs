//! The names of a gallery's files.

use crate::storage::whole_name;
use crate::template::Modality;

pub(super) const LOCK: &str = "LOCK";
pub(super) const CURRENT: &str = "CURRENT";
pub(super) const WITNESS: &str = "WITNESS";
/// Lists the files of an unfinished creation; removed when the gallery is complete.
pub(super) const CREATING: &str = "CREATING";
/// Says that a folder is a backup, of which gallery, and which files in it a backup made.
pub(super) const BACKUP: &str = "BACKUP";
/// Marks a folder into which a gallery is being restored or repaired; removed when it is complete.
pub(super) const RESTORING: &str = "RESTORING";
/// Says which file of attempts limits claims on the gallery.
pub(super) const ATTEMPTS: &str = "ATTEMPTS";
/// Prefix of the name of a file that a writer set aside: one that it does not understand, or the log whose
/// end it cut off.
const SET_ASIDE: &str = "aside-";

pub(super) fn manifest(number: u64) -> String {
    format!("manifest-{number:06}")
}

pub(super) fn log(number: u64) -> String {
    format!("wal-{number:06}")
}

pub(super) fn tombstones(number: u64) -> String {
    format!("tombstones-{number:06}")
}

pub(super) fn requests(number: u64) -> String {
    format!("requests-{number:06}")
}

/// The witness of a backup's newest manifest, until it is called WITNESS.
pub(super) fn pending_witness(manifest: u64) -> String {
    format!("witness-{manifest:06}")
}

/// The tombstone file of versions 1 and 2.
pub(super) fn old_tombstones(number: u64) -> String {
    format!("marks-{number:06}")
}

pub(super) fn segment(number: u64, modality: Modality) -> String {
    let extension = match modality {
        Modality::Finger => "finger",
        Modality::Face => "face",
    };
    format!("seg-{number:06}.{extension}")
}

pub(super) fn set_aside(name: &str) -> String {
    format!("{SET_ASIDE}{name}")
}

/// The number in a name that a gallery gives to files with a number.
pub(super) fn number_of(name: &str) -> Option<u64> {
    let stem = name.strip_suffix(".finger").or_else(|| name.strip_suffix(".face"));
    let number = match stem {
        Some(stem) => stem.strip_prefix("seg-"),
        None => ["manifest-", "wal-", "marks-", "tombstones-", "requests-", "witness-"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix)),
    };
    number.filter(|n| n.len() >= 6 && n.bytes().all(|b| b.is_ascii_digit())).and_then(|n| n.parse().ok())
}

/// Whether a name is one that a gallery gives to files with a number.
pub(super) fn is_numbered(name: &str) -> bool {
    number_of(name).is_some()
}

/// Whether a name is that of a file of a gallery that was never whole.
pub(super) fn is_unfinished(name: &str) -> bool {
    whole_name(name).is_some_and(|whole| {
        is_numbered(whole) || [CURRENT, WITNESS, BACKUP, RESTORING, ATTEMPTS].contains(&whole)
    })
}

/// Whether a name is that of a file that only a gallery, or the copy of one, has.
pub(super) fn is_of_gallery(name: &str) -> bool {
    is_numbered(name)
        || is_unfinished(name)
        || is_set_aside(name)
        || [WITNESS, RESTORING, BACKUP].contains(&name)
}

pub(super) fn is_set_aside(name: &str) -> bool {
    name.strip_prefix(SET_ASIDE).is_some_and(|rest| is_numbered(rest.split('~').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names_are_known_and_others_are_not() {
        let own = [
            manifest(1),
            log(2),
            tombstones(3),
            requests(7),
            pending_witness(8),
            old_tombstones(3),
            segment(4, Modality::Finger),
            segment(5_000_000, Modality::Face),
        ];
        for name in own {
            assert!(is_numbered(&name), "{name}");
            assert!(is_unfinished(&format!("{name}.tmp")) && is_set_aside(&set_aside(&name)));
        }
        for name in ["CURRENT", "seg-000001", "wal-1", "wal-00000x", "seg-000001.txt", "notes-000001"] {
            assert!(!is_numbered(name) && !is_set_aside(&set_aside(name)), "{name}");
        }
        assert!(is_unfinished("CURRENT.tmp") && !is_unfinished("notes.tmp"));
    }
}
