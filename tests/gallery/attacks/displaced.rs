//! F2, F3: somebody changes the folder under a live writer. It stops before it acknowledges anything more,
//! and what the folder then holds is either everything acknowledged or said to be damaged.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use biomatch::gallery::{Gallery, GalleryError, verify};

use super::{bytes, copy, fill, manual, name_of, overwrite, read, replace};
use crate::gallery_support::*;

/// A sabotage of a folder, with an older copy of it at hand.
type Sabotage = fn(&Path, &Path);

fn path_of(folder: &Path, part: &str) -> PathBuf {
    folder.join(name_of(&bytes(folder), part))
}

fn remove(folder: &Path, part: &str) {
    fs::remove_file(path_of(folder, part)).unwrap();
}

/// The file's own bytes in another file.
fn swap(folder: &Path, part: &str) {
    let path = path_of(folder, part);
    replace(&path, &fs::read(&path).unwrap());
}

/// The older bytes, in place.
fn roll_back(folder: &Path, older: &Path, part: &str) {
    overwrite(&path_of(folder, part), &fs::read(path_of(older, part)).unwrap());
}

fn cut(folder: &Path, part: &str, length: impl FnOnce(u64) -> u64) {
    let file = fs::OpenOptions::new().write(true).open(path_of(folder, part)).unwrap();
    file.set_len(length(file.metadata().unwrap().len())).unwrap();
}

const SABOTAGES: [(&str, Sabotage); 35] = [
    ("LOCK removed", |folder, _| remove(folder, "LOCK")),
    ("LOCK replaced", |folder, _| swap(folder, "LOCK")),
    ("CURRENT removed", |folder, _| remove(folder, "CURRENT")),
    ("CURRENT replaced by itself", |folder, _| swap(folder, "CURRENT")),
    ("CURRENT replaced by an older one", |folder, older| {
        replace(&folder.join("CURRENT"), &fs::read(older.join("CURRENT")).unwrap());
    }),
    ("CURRENT older in place", |folder, older| roll_back(folder, older, "CURRENT")),
    ("CURRENT emptied", |folder, _| overwrite(&folder.join("CURRENT"), b"")),
    ("CURRENT overwritten", |folder, _| overwrite(&folder.join("CURRENT"), &[b'x'; 90])),
    ("CURRENT a folder", |folder, _| {
        remove(folder, "CURRENT");
        fs::create_dir(folder.join("CURRENT")).unwrap();
    }),
    ("WITNESS removed", |folder, _| remove(folder, "WITNESS")),
    ("WITNESS replaced by itself", |folder, _| swap(folder, "WITNESS")),
    ("WITNESS older in place", |folder, older| roll_back(folder, older, "WITNESS")),
    ("WITNESS emptied in place", |folder, _| cut(folder, "WITNESS", |_| 0)),
    ("WITNESS cut after its first slot", |folder, _| cut(folder, "WITNESS", |_| 128)),
    ("WITNESS cut before its second slot", |folder, _| cut(folder, "WITNESS", |_| 4096)),
    ("WITNESS made longer", |folder, _| cut(folder, "WITNESS", |length| length + 1)),
    ("WITNESS overwritten", |folder, _| overwrite(&folder.join("WITNESS"), &[7; 4224])),
    ("WITNESS zeroed", |folder, _| overwrite(&folder.join("WITNESS"), &[0; 4224])),
    ("log removed", |folder, _| remove(folder, "wal-")),
    ("log replaced by itself", |folder, _| swap(folder, "wal-")),
    ("log replaced by an older one", |folder, older| {
        replace(&path_of(folder, "wal-"), &fs::read(path_of(older, "wal-")).unwrap());
    }),
    ("log older in place", |folder, older| roll_back(folder, older, "wal-")),
    ("log cut by a byte", |folder, _| cut(folder, "wal-", |length| length - 1)),
    ("log cut to its header", |folder, _| cut(folder, "wal-", |_| 128)),
    ("log emptied", |folder, _| cut(folder, "wal-", |_| 0)),
    ("log with zeros behind it", |folder, _| cut(folder, "wal-", |length| length + 4096)),
    ("log with other last bytes", |folder, _| {
        let path = path_of(folder, "wal-");
        let mut bytes = fs::read(&path).unwrap();
        let end = bytes.len();
        bytes[end - 100..].fill(0);
        overwrite(&path, &bytes);
    }),
    ("segment removed", |folder, _| remove(folder, ".finger")),
    ("segment replaced by itself", |folder, _| swap(folder, ".face")),
    ("manifest removed", |folder, _| remove(folder, "manifest-")),
    ("manifest replaced by itself", |folder, _| swap(folder, "manifest-")),
    ("tombstones removed", |folder, _| remove(folder, "tombstones-")),
    ("folder moved away", |folder, _| fs::rename(folder, folder.with_extension("away")).unwrap()),
    ("folder moved away, a copy in its place", |folder, _| {
        fs::rename(folder, folder.with_extension("away")).unwrap();
        copy(&folder.with_extension("away"), folder);
    }),
    ("folder moved away, an older copy in its place", |folder, older| {
        fs::rename(folder, folder.with_extension("away")).unwrap();
        copy(older, folder);
    }),
];

#[test]
fn a_writer_stops_when_its_files_are_changed_by_somebody_else() {
    let rounds =
        SABOTAGES.into_iter().flat_map(|(what, sabotage)| [(what, sabotage, false), (what, sabotage, true)]);
    for (what, sabotage, flushed) in rounds {
        if !flushed && what == "CURRENT older in place" {
            // It is the same one.
            continue;
        }
        let top = tempfile::tempdir().unwrap();
        let (folder, older) = (top.path().join("db"), top.path().join("older"));
        let gallery = Gallery::create(&folder, manual()).unwrap();
        fill(&gallery);
        copy(&folder, &older);
        let before = read(&folder).unwrap();
        let writer = gallery.writer().unwrap();
        for who in 20..24 {
            writer.add(citizen(who), &[finger(who)]).unwrap();
            writer.commit().unwrap();
            if flushed && who == 21 {
                writer.flush().unwrap();
            }
        }
        let acknowledged = read(&folder).unwrap();
        assert_eq!(acknowledged.len(), before.len() + 4);
        sabotage(&folder, &older);
        writer.add(citizen(30), &[finger(30)]).unwrap();
        let error = writer.commit().expect_err(what);
        assert!(
            matches!(error, GalleryError::Displaced { .. } | GalleryError::Storage(_)),
            "{what}: {error:?}"
        );
        let error = writer.commit().expect_err(what);
        assert!(matches!(error, GalleryError::Poisoned { .. }), "{what}: {error:?}");
        assert!(writer.flush().is_err() && writer.compact().is_err(), "{what}");
        drop(writer);
        // What is there now: all of it, or an error that says what is wrong. An older copy of everything is
        // a gallery in itself, and the handle that knows better says so.
        let whole_copy = what.ends_with("an older copy in its place");
        match read(&folder) {
            Ok(seen) if whole_copy => assert_eq!(seen, before, "{what}"),
            Ok(seen) => {
                let mut with_last = acknowledged.clone();
                with_last.extend(seen.get(&citizen(30)).map(|entry| (citizen(30), entry.clone())));
                assert_eq!(seen, with_last, "{what}");
            }
            Err(error) => {
                let told = verify(&folder);
                assert!(told.as_ref().map_or(true, |report| !report.is_sound()), "{what}: {error}");
            }
        }
        match gallery.snapshot() {
            Ok(snapshot) => {
                let seen = contents(&snapshot).unwrap();
                assert!(acknowledged.iter().all(|(who, entry)| seen.get(who) == Some(entry)), "{what}");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

#[test]
fn changes_of_the_folder_that_leave_the_files_alone_stop_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(folder.path(), manual()).unwrap();
    fill(&gallery);
    let writer = gallery.writer().unwrap();
    for who in 20..30 {
        match who % 4 {
            0 => fs::write(folder.path().join(format!("note-{who}")), "x").unwrap(),
            1 => {
                let log = path_of(folder.path(), "wal-");
                fs::rename(&log, folder.path().join("elsewhere")).unwrap();
                fs::rename(folder.path().join("elsewhere"), &log).unwrap();
            }
            2 => fs::create_dir(folder.path().join(format!("folder-{who}"))).unwrap(),
            _ => fs::hard_link(path_of(folder.path(), "wal-"), folder.path().join("link")).unwrap(),
        }
        let _ = fs::remove_file(folder.path().join("link"));
        writer.add(citizen(who), &[finger(who)]).unwrap();
        writer.commit().unwrap();
    }
    drop(writer);
    assert!(verify(folder.path()).unwrap().is_sound());
    assert_eq!(read(folder.path()).unwrap().keys().filter(|who| **who >= citizen(20)).count(), 10);
}

#[test]
fn maintenance_stops_as_a_commit_does() {
    for (what, sabotage) in SABOTAGES {
        let top = tempfile::tempdir().unwrap();
        let (folder, older) = (top.path().join("db"), top.path().join("older"));
        let gallery = Gallery::create(&folder, manual()).unwrap();
        fill(&gallery);
        copy(&folder, &older);
        let writer = gallery.writer().unwrap();
        for who in 20..22 {
            writer.add(citizen(who), &[finger(who)]).unwrap();
            writer.commit().unwrap();
        }
        let acknowledged = read(&folder).unwrap();
        if what == "CURRENT older in place" {
            writer.flush().unwrap();
            writer.set_status(citizen(2), LOCKED).unwrap();
            writer.commit().unwrap();
        }
        let acknowledged =
            if what == "CURRENT older in place" { read(&folder).unwrap() } else { acknowledged };
        sabotage(&folder, &older);
        let flushed = writer.flush();
        drop(writer);
        let whole_copy = what.ends_with("an older copy in its place");
        assert!(flushed.is_err(), "{what}");
        match read(&folder) {
            Ok(seen) if !whole_copy => assert_eq!(seen, acknowledged, "{what}"),
            Ok(_) => {}
            Err(_) => assert!(verify(&folder).map_or(true, |report| !report.is_sound()), "{what}"),
        }
    }
}

const DIRECTORY: &str = "BIOMATCH_TEST_SECOND_WRITER";

/// The child: takes the writer and commits a citizen, or says why it cannot.
#[test]
fn second_writer() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let told = match Gallery::open(directory, manual()).and_then(|gallery| gallery.writer()) {
        Err(GalleryError::Locked { .. }) => "locked".to_owned(),
        Err(error) => error.to_string(),
        Ok(writer) => {
            writer.add(citizen(77), &[finger(77)]).unwrap();
            writer.commit().map_or_else(|error| error.to_string(), |_| "committed".to_owned())
        }
    };
    println!("\nanswer {told}");
}

fn ask_second_writer(directory: &Path) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "attacks::displaced::second_writer", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let answer = lines.map(Result::unwrap).find_map(|line| line.strip_prefix("answer ").map(str::to_owned));
    child.wait().unwrap();
    answer.expect("an answer")
}

#[test]
fn two_writers_never_both_acknowledge() {
    let sabotages: [(&str, Sabotage); 4] = [
        ("nothing", |_, _| {}),
        ("LOCK removed", |folder, _| remove(folder, "LOCK")),
        ("LOCK replaced", |folder, _| swap(folder, "LOCK")),
        ("a copy in the folder's place", |folder, _| {
            fs::rename(folder, folder.with_extension("away")).unwrap();
            copy(&folder.with_extension("away"), folder);
        }),
    ];
    for (what, sabotage) in sabotages {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().join("db");
        let gallery = Gallery::create(&folder, manual()).unwrap();
        fill(&gallery);
        let writer = gallery.writer().unwrap();
        sabotage(&folder, &folder);
        let second = ask_second_writer(&folder);
        writer.add(citizen(20), &[finger(20)]).unwrap();
        let first = writer.commit();
        let seen = read(&folder).unwrap();
        match what {
            "nothing" => {
                assert_eq!(second, "locked");
                first.unwrap();
                assert!(seen.contains_key(&citizen(20)) && !seen.contains_key(&citizen(77)));
            }
            "a copy in the folder's place" => {
                assert_eq!(second, "committed");
                assert!(matches!(first, Err(GalleryError::Displaced { .. })), "{first:?}");
                assert!(seen.contains_key(&citizen(77)));
            }
            _ => {
                assert_eq!(second, "locked", "{what}");
                assert!(matches!(first, Err(GalleryError::Displaced { .. })), "{what}: {first:?}");
                // It let the lock go: now the other one goes on with everything.
                assert_eq!(ask_second_writer(&folder), "committed", "{what}");
                let seen = read(&folder).unwrap();
                assert!(seen.contains_key(&citizen(77)), "{what}");
            }
        }
        assert!(verify(&folder).unwrap().is_sound(), "{what}");
    }
}
