//! A damaged file is an error that says so, whatever is asked: never a rejection, never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use crate::database_support::*;
use biomatch::database::{Claim, DatabaseError, Decision, LockReason, Policy, ReferReason, SearchRequest};

/// The gallery's largest files hold the fingers; the faces are in another segment.
fn segments(directory: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("seg-")).collect()
}

fn flip(path: &Path, bit: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
    let mut permissions = fs::metadata(path).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false)] // a file of a test
    permissions.set_readonly(false);
    fs::set_permissions(path, permissions).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_flipped_bit_never_becomes_a_rejection() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 3);
    database.writer().unwrap().flush().unwrap();
    drop(database);
    let policy = Policy::default();
    let (mut damaged, mut errors, mut accepted) = (0, 0, 0);
    let segments = segments(directory.path());
    assert!(!segments.is_empty());
    for segment in segments {
        let bits = 8 * fs::metadata(&segment).unwrap().len() as usize;
        for n in 0..60 {
            // Spread over the file, at no regular place of a record.
            let bit = (bits / 60 * n + 7919 * n) % bits;
            flip(&segment, bit);
            for index in 0..3 {
                let claim = options(&people).open(directory.path()).and_then(|database| {
                    let _ = database.identify(&SearchRequest::new(people.probe(index)).at_most(1));
                    database.authenticate(&Claim::new(people.id(index), people.probe(index), policy.clone()))
                });
                match claim.map(|record| record.decision) {
                    Ok(Decision::Accept) => accepted += 1,
                    Err(DatabaseError::DamagedRecord { citizen, .. }) => {
                        assert_eq!(citizen, people.id(index));
                        damaged += 1;
                    }
                    Err(DatabaseError::Gallery(_)) => errors += 1,
                    other => panic!("bit {bit} of {}: {other:?}", segment.display()),
                }
            }
            flip(&segment, bit);
        }
    }
    // The flips met records that are compared, catalogues and headers, and bytes of others.
    assert!(damaged > 0 && errors > 0 && accepted > 0, "{damaged} {errors} {accepted}");
}

#[test]
fn a_lock_is_told_before_a_damaged_record_is_looked_at() {
    let people = People::new();
    let directory = tempfile::tempdir().unwrap();
    let database = database(&people, directory.path(), 1);
    let writer = database.writer().unwrap();
    writer.lock(people.id(0), LockReason::Death).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let reference = {
        let snapshot = database.snapshot().unwrap();
        snapshot.citizen(people.id(0)).unwrap().unwrap().fingers[1].clone()
    };
    drop(database);
    // A flip that damages what the claim would compare, known by what an unlocked copy says.
    let claim = |directory: &Path| {
        let database = options(&people).open(directory)?;
        database.authenticate(&Claim::new(people.id(0), people.probe(0), Policy::default()))
    };
    let mut met = 0;
    for segment in segments(directory.path()) {
        let bits = 8 * fs::metadata(&segment).unwrap().len() as usize;
        for n in 0..100 {
            let bit = bits / 100 * n + n % 8;
            flip(&segment, bit);
            let unlocked = copy(directory.path());
            let damaged = options(&people)
                .open(unlocked.path())
                .is_ok_and(|database| database.unlock(people.id(0)).is_ok())
                && matches!(
                    claim(unlocked.path()),
                    Err(DatabaseError::DamagedRecord { reference: r, .. }) if r == reference.meta.reference()
                );
            if damaged {
                let why = LockReason::Death;
                assert_eq!(
                    claim(directory.path()).unwrap().decision,
                    Decision::Refer(ReferReason::Locked { why })
                );
                met += 1;
            }
            flip(&segment, bit);
        }
    }
    assert!(met > 0, "no flip met the reference");
}

fn copy(directory: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}
