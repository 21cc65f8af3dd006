//! Files, directories and locks on a real disk.

use super::file::SYNC_EARLY;
use super::*;
use crate::storage::backend::Lock;

fn taken(locking: Locking) -> Box<dyn Lock> {
    match locking {
        Locking::Taken(lock) => lock,
        Locking::Held { process } => panic!("held by {process:?}"),
    }
}

#[test]
fn a_lock_ends_when_it_is_dropped_though_a_copy_of_its_handles_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let directory = rustix::fs::open(folder.path(), flags, Mode::empty()).unwrap();
    let file = File::create(disk.path("LOCK")).unwrap();
    assert!(try_lock(&directory).unwrap() && try_lock(&file).unwrap());
    // As a forked process has them.
    let copies = (directory.try_clone().unwrap(), file.try_clone().unwrap());
    let lock = DiskLock { directory, file: Some(file) };
    assert!(matches!(disk.lock("LOCK").unwrap(), Locking::Held { .. }));
    drop(lock);
    drop(taken(disk.lock("LOCK").unwrap()));
    drop(copies);
}

#[test]
fn a_lock_survives_the_removal_of_its_file_and_names_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path());
    let lock = taken(disk.lock("LOCK").unwrap());
    let own = Some(std::process::id());
    assert!(matches!(disk.lock("LOCK").unwrap(), Locking::Held { process } if process == own));
    assert_eq!(lock.identity().unwrap(), disk.identity("LOCK").unwrap());
    fs::remove_file(disk.path("LOCK")).unwrap();
    assert!(matches!(disk.lock("LOCK").unwrap(), Locking::Held { process: None }));
    drop(lock);
    drop(taken(disk.lock("LOCK").unwrap()));
}

#[test]
fn only_regular_files_are_opened_and_nothing_waits() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path());
    fs::create_dir(disk.path("folder")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, disk.path("fifo"), Mode::RUSR | Mode::WUSR).unwrap();
    File::create(disk.path("file")).unwrap();
    std::os::unix::fs::symlink("file", disk.path("link")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", disk.path("device")).unwrap();
    for name in ["folder", "fifo", "link", "device"] {
        assert!(disk.open(name).is_err(), "{name}");
        assert!(disk.map(name).is_err(), "{name}");
        assert!(disk.append(name).is_err(), "{name}");
    }
    assert!(disk.open("file").is_ok());
}

#[test]
fn directories_and_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().join("a/b/c"));
    disk.create_directory().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    for level in ["a", "a/b", "a/b/c"] {
        assert_eq!(mode(&folder.path().join(level)), 0o700, "{level}");
    }
    let mut file = disk.create("file").unwrap();
    assert_eq!(mode(&disk.path("file")), 0o600);
    file.protect().unwrap();
    assert_eq!(mode(&disk.path("file")), 0o400);
    drop(taken(disk.lock("LOCK").unwrap()));
    assert_eq!(mode(&disk.path("LOCK")), 0o600);
}

#[test]
fn a_file_that_is_synced_while_it_grows_holds_what_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Disk::new(directory.path());
    let mut file = disk.create("file").unwrap();
    let part: Vec<u8> = (0..SYNC_EARLY / 3).map(|i| i as u8).collect();
    for _ in 0..10 {
        file.write(&part).unwrap();
    }
    file.write_at(0, &[0xee; 5]).unwrap();
    file.sync().unwrap();
    let bytes = std::fs::read(disk.path("file")).unwrap();
    assert_eq!(bytes.len(), 10 * part.len());
    assert_eq!(bytes[..5], [0xee; 5]);
    assert!(bytes.chunks_exact(part.len()).skip(1).all(|chunk| chunk == part));
}
