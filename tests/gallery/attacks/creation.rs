//! F1: nothing that is not understood is deleted or overwritten, by creation or by anybody else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use biomatch::gallery::{Gallery, GalleryError, verify};

use super::{bytes, fill, manual, name_of};
use crate::gallery_support::*;

/// Everything that can be asked of a folder fails, and leaves every byte as it was.
fn nobody_changes(folder: &Path, what: &str) {
    let before = bytes(folder);
    let created = Gallery::create(folder, manual());
    assert!(
        matches!(created, Err(GalleryError::Remains { .. } | GalleryError::AlreadyExists { .. })),
        "{what}: {created:?}"
    );
    assert_eq!(bytes(folder), before, "{what}: create");
    if let Ok(gallery) = Gallery::open(folder, manual()) {
        let writer = gallery.writer();
        assert!(writer.is_err(), "{what}");
    }
    assert!(Gallery::upgrade(folder, &manual()).is_err(), "{what}");
    assert!(verify(folder).is_ok_and(|report| !report.is_sound()) || verify(folder).is_err(), "{what}");
    let after = bytes(folder);
    for (name, bytes) in &before {
        assert!(name == "LOCK" || after.get(name) == Some(bytes), "{what}: {name}");
    }
}

#[test]
fn what_is_left_of_a_gallery_is_never_cleared() {
    let whole = tempfile::tempdir().unwrap();
    fill(&Gallery::create(whole.path(), manual()).unwrap());
    let files = bytes(whole.path());
    let all: Vec<&String> = files.keys().collect();
    let without = |parts: &[&str]| {
        all.iter().filter(|name| !parts.iter().any(|part| name.contains(part))).copied().collect::<Vec<_>>()
    };
    let only = |part: &str| all.iter().filter(|name| name.contains(part)).copied().collect::<Vec<_>>();
    let cases = [
        ("no CURRENT", without(&["CURRENT"])),
        ("no CURRENT, no LOCK", without(&["CURRENT", "LOCK"])),
        ("no CURRENT, no WITNESS", without(&["CURRENT", "WITNESS"])),
        ("no CURRENT, no manifest", without(&["CURRENT", "manifest"])),
        ("no WITNESS", without(&["WITNESS"])),
        ("no manifest", without(&["manifest"])),
        ("no log", without(&["wal-"])),
        ("only segments", only("seg-")),
        ("only a log", only("wal-")),
        ("only a witness", only("WITNESS")),
        ("only tombstones", only("tombstones")),
        ("only requests", only("requests")),
    ];
    for (what, names) in cases {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), &files[name]).unwrap();
        }
        nobody_changes(folder.path(), what);
    }
}

#[test]
fn files_of_such_names_stop_a_creation_and_others_do_not() {
    for name in ["wal-000001", "manifest-000002", "seg-000007.face", "seg-123456789.finger", "marks-000003"] {
        for name in [name.to_owned(), format!("{name}.tmp"), format!("aside-{name}")] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(&name), "of somebody else").unwrap();
            let before = bytes(folder.path());
            let created = Gallery::create(folder.path(), manual());
            assert!(matches!(created, Err(GalleryError::Remains { .. })), "{name}");
            assert_eq!(bytes(folder.path()), before, "{name}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["notes", "wal-1", "seg-000001.txt", "manifest.json", "CURRENT.old", "requests"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    fill(&Gallery::create(folder.path(), manual()).unwrap());
    for name in ["notes", "wal-1", "seg-000001.txt", "manifest.json", "CURRENT.old", "requests"] {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), name);
    }
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_creation_that_was_not_finished_clears_its_own_files_only() {
    let whole = tempfile::tempdir().unwrap();
    fill(&Gallery::create(whole.path(), manual()).unwrap());
    let files = bytes(whole.path());
    // A gallery with data, and the mark of an unfinished creation.
    for part in ["wal-", "seg-", "tombstones", "requests"] {
        let folder = tempfile::tempdir().unwrap();
        let name = name_of(&files, part);
        fs::write(folder.path().join("CREATING"), "").unwrap();
        fs::write(folder.path().join(&name), &files[&name]).unwrap();
        let before = bytes(folder.path());
        assert!(Gallery::create(folder.path(), manual()).is_err(), "{part}");
        let after = bytes(folder.path());
        assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)), "{part}");
    }
    // A log under the name that a creation gives its own, with a batch in it.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("CREATING"), "").unwrap();
    let log = &files[&name_of(&files, "wal-")];
    fs::write(folder.path().join("wal-000001"), log).unwrap();
    assert!(matches!(Gallery::create(folder.path(), manual()), Err(GalleryError::Remains { .. })));
    assert_eq!(&fs::read(folder.path().join("wal-000001")).unwrap(), log);
}

/// Somebody puts files under the names that a gallery would give next. They hinder, and are not lost.
#[test]
fn files_under_the_next_names_are_neither_removed_nor_overwritten() {
    for part in ["wal-", "manifest-", "tombstones-", "requests-", "seg-"] {
        let folder = tempfile::tempdir().unwrap();
        let gallery = Gallery::create(folder.path(), manual()).unwrap();
        fill(&gallery);
        let writer = gallery.writer().unwrap();
        let known = bytes(folder.path());
        let mut foreign = BTreeMap::new();
        let digits = |name: &String| name.split(['-', '.']).nth(1).and_then(|number| number.parse().ok());
        let last: u64 = known.keys().filter_map(digits).max().unwrap();
        for number in last + 1..last + 40 {
            for extension in if part == "seg-" { [".finger", ".face"].as_slice() } else { &[""] } {
                let name = format!("{part}{number:06}{extension}");
                if !known.contains_key(&name) {
                    fs::write(folder.path().join(&name), format!("foreign {name}")).unwrap();
                    foreign.insert(name.clone(), format!("foreign {name}"));
                }
            }
        }
        writer.add(citizen(20), &[finger(20), face(&model("m"), 20, 16)]).unwrap();
        writer.commit().unwrap();
        writer.delete(citizen(2)).unwrap();
        let request = biomatch::gallery::RequestId::new([4; 16]);
        writer.add_request(citizen(21), &[finger(21)], request).unwrap();
        let _ = writer.flush();
        let _ = writer.compact();
        drop(writer);
        let after = bytes(folder.path());
        for (name, bytes) in &foreign {
            assert_eq!(after.get(name).map(Vec::as_slice), Some(bytes.as_bytes()), "{name}");
        }
        // The next writer sets them aside, by name, with every byte.
        let writer = gallery.writer().unwrap();
        assert_eq!(writer.recovery().set_aside.len(), foreign.len());
        let after = bytes(folder.path());
        for (name, bytes) in &foreign {
            assert_eq!(after[&format!("aside-{name}")], bytes.as_bytes(), "{name}");
        }
        writer.compact().unwrap();
        assert!(verify(folder.path()).unwrap().is_sound());
        let seen = contents(&gallery.snapshot().unwrap()).unwrap();
        assert!(seen.contains_key(&citizen(20)) && seen.contains_key(&citizen(21)));
    }
}

#[test]
fn the_program_refuses_to_enrol_into_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db");
    fill(&Gallery::create(&database, manual()).unwrap());
    fs::write(folder.path().join("people.ndjson"), "").unwrap();
    for removed in ["CURRENT", "WITNESS"] {
        let kept = fs::read(database.join(removed)).unwrap();
        fs::remove_file(database.join(removed)).unwrap();
        let before = bytes(&database);
        let run = Command::new(env!("CARGO_BIN_EXE_biomatch"))
            .args(["enrol", "--gallery", "db", "people.ndjson"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(!run.status.success(), "{removed}");
        assert!(told.contains(removed), "{removed}: {told}");
        assert_eq!(bytes(&database), before, "{removed}");
        fs::write(database.join(removed), kept).unwrap();
    }
    assert!(verify(&database).unwrap().is_sound());
}
