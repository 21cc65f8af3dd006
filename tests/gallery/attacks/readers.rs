//! F4 to F7, F12, F13, F16, F23, F25: what readers meet. They never write, never go back, never wait, and
//! read no more than files may hold.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use biomatch::gallery::{Gallery, GalleryError, GalleryOptions, Residence, verify, verify_in};
use biomatch::storage::Memory;

use super::{bytes, copy, fill, manual, name_of, overwrite, read, replace};
use crate::gallery_support::*;

fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fill(&Gallery::create(folder.path(), manual()).unwrap());
    folder
}

/// F4, F5: whatever is cut off the log, or reads as zeros, was acknowledged: that is damage for all, before
/// and after anybody looked.
#[test]
fn what_is_missing_of_acknowledged_batches_is_damage_and_stays_so() {
    let folder = filled();
    let files = bytes(folder.path());
    let name = name_of(&files, "wal-");
    let log = &files[&name];
    let mut variants: Vec<Vec<u8>> = Vec::new();
    for lost in [1, 8, 144, 512, log.len() - 128] {
        let mut zeros = log.clone();
        zeros[log.len() - lost..].fill(0);
        variants.push(zeros);
        variants.push(log[..log.len() - lost].to_vec());
        let mut swapped = log.clone();
        swapped[log.len() - lost..].rotate_left(lost / 2);
        if swapped != *log {
            variants.push(swapped);
        }
    }
    for (index, variant) in variants.iter().enumerate() {
        let mut changed = files.clone();
        changed.insert(name.clone(), variant.clone());
        let memory = Memory::with(changed.clone());
        for _ in 0..2 {
            let opened = Gallery::open_in(Arc::new(memory.clone()), manual());
            assert!(opened.is_err_and(|error| error.damage().is_some()), "{index}");
            let report = verify_in(Arc::new(memory.clone())).unwrap();
            assert!(!report.is_sound(), "{index}");
        }
        assert!(memory.files() == changed && memory.writes() == 0, "{index}: a reader wrote");
    }
}

/// F6, F7: a reader that follows never goes back and never stops seeing what comes later.
#[test]
fn a_following_reader_never_goes_back() {
    type Act = fn(&Path, &Path);
    let acts: [(&str, Act); 6] = [
        ("log cut", |folder, _| {
            let path = folder.join(name_of(&bytes(folder), "wal-"));
            let length = fs::metadata(&path).unwrap().len();
            fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length - 300).unwrap();
        }),
        ("log emptied", |folder, _| overwrite(&folder.join(name_of(&bytes(folder), "wal-")), b"")),
        ("log older", |folder, older| {
            let name = name_of(&bytes(folder), "wal-");
            overwrite(&folder.join(&name), &fs::read(older.join(&name)).unwrap());
        }),
        ("WITNESS older", |folder, older| {
            overwrite(&folder.join("WITNESS"), &fs::read(older.join("WITNESS")).unwrap());
        }),
        ("WITNESS and log older", |folder, older| {
            for name in ["WITNESS".to_owned(), name_of(&bytes(folder), "wal-")] {
                overwrite(&folder.join(&name), &fs::read(older.join(&name)).unwrap());
            }
        }),
        ("everything older", |folder, older| {
            for name in bytes(folder).keys() {
                fs::remove_file(folder.join(name)).unwrap();
            }
            copy(older, folder);
        }),
    ];
    for (what, act) in acts {
        let top = tempfile::tempdir().unwrap();
        let (folder, older) = (top.path().join("db"), top.path().join("older"));
        let gallery = Gallery::create(&folder, manual()).unwrap();
        fill(&gallery);
        copy(&folder, &older);
        let reader = Gallery::open(&folder, manual()).unwrap();
        let writer = gallery.writer().unwrap();
        for who in 20..23 {
            writer.add(citizen(who), &[finger(who)]).unwrap();
            writer.commit().unwrap();
        }
        drop(writer);
        let whole = bytes(&folder);
        let newest = reader.snapshot().unwrap();
        act(&folder, &older);
        for handle in [&reader, &gallery] {
            for _ in 0..3 {
                if let Ok(snapshot) = handle.snapshot() {
                    assert!(snapshot.generation() >= newest.generation(), "{what}");
                }
            }
            // Nor does it write into what went back.
            let writer = handle.writer();
            if let Ok(writer) = writer {
                writer.add(citizen(40), &[finger(40)]).unwrap();
                let _ = writer.commit();
                drop(writer);
                let seen = read(&folder).unwrap();
                assert!(
                    (20..23).all(|who| seen.contains_key(&citizen(who))),
                    "{what}: written on an old state"
                );
            }
        }
        // Put back, it is there again.
        for name in bytes(&folder).keys() {
            fs::remove_file(folder.join(name)).unwrap();
        }
        for (name, bytes) in &whole {
            fs::write(folder.join(name), bytes).unwrap();
        }
        let seen = reader.snapshot().unwrap();
        assert_eq!(contents(&seen).unwrap(), contents(&newest).unwrap(), "{what}");
    }
}

#[test]
fn a_reader_sees_later_locks_though_the_log_is_another_file_by_then() {
    let folder = filled();
    let gallery = Gallery::open(folder.path(), manual()).unwrap();
    let reader = Gallery::open(folder.path(), manual()).unwrap();
    reader.snapshot().unwrap();
    for (round, part) in ["wal-", "WITNESS", "CURRENT", "manifest-"].into_iter().enumerate() {
        let path = folder.path().join(name_of(&bytes(folder.path()), part));
        replace(&path, &fs::read(&path).unwrap());
        let writer = gallery.writer().unwrap();
        let who = citizen(10 + round as u64 % 3);
        for status in [LOCKED, biomatch::gallery::Status::Active, LOCKED] {
            writer.set_status(who, status).unwrap();
            writer.commit().unwrap();
        }
        drop(writer);
        assert_eq!(reader.snapshot().unwrap().status(who), LOCKED, "{part}");
    }
}

/// F12: opening, following, searching and verifying write nothing, whatever a writer left.
#[test]
fn readers_write_nothing() {
    let whole = Memory::new();
    let step = |memory: &Memory| -> Result<(), GalleryError> {
        let gallery = Gallery::create_in(Arc::new(memory.clone()), manual())?;
        let writer = gallery.writer()?;
        for who in 0..4 {
            writer.add(citizen(who), &[finger(who), face(&model("m"), who, 8)])?;
            writer.commit()?;
        }
        writer.flush()?;
        writer.delete(citizen(1))?;
        writer.compact()?;
        writer.add(citizen(8), &[finger(8)])?;
        writer.commit().map(drop)
    };
    step(&whole).unwrap();
    let mut opened = 0;
    for at in 0..whole.writes() {
        let memory = Memory::new();
        memory.fail_from(at);
        let _ = step(&memory);
        let left = memory.after_crash(biomatch::storage::Loss::Nothing);
        let files = left.files();
        if let Ok(reader) = Gallery::open_in(Arc::new(left.clone()), manual()) {
            let _ = contents(&reader.snapshot().unwrap()).unwrap();
            opened += 1;
        }
        let _ = verify_in(Arc::new(left.clone()));
        assert_eq!((left.writes(), left.files()), (0, files), "operation {at}");
    }
    assert!(opened > 40, "{opened}");
}

/// F13: another gallery in the place of the one that was opened, as a folder or file by file.
#[test]
fn another_gallery_in_the_same_place_is_an_error() {
    let identity = |error: GalleryError| matches!(error, GalleryError::Replaced { .. });
    for in_place in [false, true] {
        let top = tempfile::tempdir().unwrap();
        let (folder, other) = (top.path().join("db"), top.path().join("other"));
        let gallery = Gallery::create(&folder, manual()).unwrap();
        fill(&gallery);
        let stranger = Gallery::create(&other, manual()).unwrap();
        fill(&stranger);
        let writer = stranger.writer().unwrap();
        writer.add(citizen(90), &[finger(90)]).unwrap();
        writer.commit().unwrap();
        drop(writer);
        let kept = gallery.snapshot().unwrap();
        if in_place {
            for name in bytes(&folder).keys() {
                fs::remove_file(folder.join(name)).unwrap();
            }
            copy(&other, &folder);
        } else {
            fs::rename(&folder, top.path().join("away")).unwrap();
            fs::rename(&other, &folder).unwrap();
        }
        assert!(gallery.snapshot().is_err_and(identity), "{in_place}");
        let before = bytes(&folder);
        assert!(gallery.writer().is_err_and(identity), "{in_place}");
        assert_eq!(bytes(&folder), before, "{in_place}");
        // While this process has a writer of the other one, too.
        let second = Gallery::open(&folder, manual()).unwrap();
        let writer = second.writer().unwrap();
        writer.add(citizen(91), &[finger(91)]).unwrap();
        writer.commit().unwrap();
        assert!(gallery.snapshot().is_err_and(identity), "{in_place}: beside a writer");
        assert!(gallery.writer().is_err_and(identity), "{in_place}: beside a writer");
        drop(writer);
        assert!(!contents(&kept).unwrap().contains_key(&citizen(90)));
    }
}

/// F16: what is no regular file is an error at once, for each file and for everybody.
#[test]
fn nothing_waits_for_what_is_no_regular_file() {
    type Make = fn(&Path);
    let makes: [(&str, Make); 4] = [
        ("a FIFO", |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a link to a device", |path| symlink("/dev/zero", path).unwrap()),
        ("a link to itself", |path| symlink(path, path).unwrap()),
    ];
    let whole = filled();
    for part in
        ["CURRENT", "WITNESS", "LOCK", "manifest-", "wal-", ".finger", ".face", "tombstones-", "requests-"]
    {
        for (what, make) in makes {
            let folder = tempfile::tempdir().unwrap();
            copy(whole.path(), folder.path());
            let path = folder.path().join(name_of(&bytes(folder.path()), part));
            fs::remove_file(&path).unwrap();
            make(&path);
            let opened = Gallery::open(folder.path(), manual());
            // The lock and the requests are for the writer only.
            let for_writers = ["LOCK", "requests-"].contains(&part);
            assert_eq!(opened.is_ok(), for_writers, "{part} is {what}");
            if let Ok(gallery) = opened {
                let error = gallery.writer().unwrap_err().to_string();
                assert!(error.contains(part), "{part} is {what}: {error}");
            }
            // F25: the verification says so, and goes on with the other files.
            let report = verify(folder.path()).unwrap();
            assert!(!report.is_sound(), "{part} is {what}");
            let named = report.problems.iter().any(|damage| damage.file.to_string_lossy().contains(part));
            assert!(named, "{part} is {what}: {:?}", report.problems);
        }
    }
}

/// F25: several files that cannot be read are several findings.
#[test]
fn a_verification_tells_of_every_file_that_it_cannot_read() {
    let folder = filled();
    let parts = [".finger", ".face", "tombstones-", "requests-", "wal-"];
    for part in parts {
        let path = folder.path().join(name_of(&bytes(folder.path()), part));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
    }
    let report = verify(folder.path()).unwrap();
    for part in parts {
        let told = report.problems.iter().any(|damage| damage.file.to_string_lossy().contains(part));
        assert!(told, "{part}: {:?}", report.problems);
    }
}

/// F23: files that were made huge are refused by their length, mapped or copied.
#[test]
fn huge_files_are_refused_before_they_are_read() {
    let whole = filled();
    for residence in [Residence::Mapped, Residence::Copied] {
        for part in
            ["CURRENT", "WITNESS", "manifest-", "tombstones-", "requests-", ".finger", ".face", "wal-"]
        {
            let folder = tempfile::tempdir().unwrap();
            copy(whole.path(), folder.path());
            let path = folder.path().join(name_of(&bytes(folder.path()), part));
            overwrite(&path, &fs::read(&path).unwrap());
            fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(20 << 30).unwrap();
            let options = GalleryOptions::default().residence(residence);
            let opened = Gallery::open(folder.path(), options.clone());
            let most = peak_memory();
            match part {
                // What follows the acknowledged batches is not looked at by a reader.
                "wal-" | "requests-" => assert!(opened.is_ok(), "{part}"),
                _ => assert!(opened.is_err_and(|error| error.damage().is_some()), "{part}"),
            }
            let _ = verify(folder.path());
            assert!(peak_memory() < most.max(1 << 20) + (1 << 20), "{part}: more than a gigabyte was taken");
        }
    }
}

/// The most memory that this process ever had, in kilobytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}
