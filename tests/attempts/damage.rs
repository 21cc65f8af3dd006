//! A file of attempts that is damaged, cut, missing, foreign or exchanged is an error that names it, and never "no
//! failures".

use std::fs;
use std::sync::Arc;

use crate::support::*;
use biomatch::attempts::{AttemptOutcome, Attempts, AttemptsError, AttemptsFile, Presentation};
use biomatch::storage::{Backend, Loss, Memory};

const NAME: &str = "ATTEMPTS";

/// Subjects and their failures in a file of twelve frames that are covered, and two that are not.
const COUNTED: [(u64, u32); 4] = [(1, 5), (2, 3), (3, 1), (4, 0)];
const FRAMES: usize = 14;

fn sample() -> (Memory, AttemptsFile) {
    let (memory, clock) = (Memory::new(), Clock::at(1_000_000));
    let file = create(&memory, &clock);
    (0..5).for_each(|_| fail(&file, 1));
    (0..3).for_each(|_| fail(&file, 2));
    fail(&file, 3);
    fail(&file, 4);
    let (undecided, accepted) = (reserve(&file, 3).unwrap(), reserve(&file, 4).unwrap());
    file.settle(undecided, AttemptOutcome::Undecided).unwrap();
    file.settle(accepted, AttemptOutcome::Accepted).unwrap();
    for (who, count) in COUNTED {
        assert_eq!(failures(&file, who), count);
    }
    assert_eq!(memory.files()[NAME].len(), 512 + 64 * FRAMES);
    (memory, file)
}

fn with(bytes: Vec<u8>) -> Result<AttemptsFile, AttemptsError> {
    AttemptsFile::open_in(Arc::new(Memory::with([(NAME.to_owned(), bytes)])))
}

/// The error says which file it is.
fn told(error: &AttemptsError) {
    assert!(error.is_damage(), "{error:?}");
    assert!(error.to_string().contains("memory"), "{error}");
}

#[test]
fn damage_of_any_byte_is_an_error_or_counts_more() {
    let (memory, open) = sample();
    let bytes = memory.files()[NAME].clone();
    let covered = 512 + 64 * (FRAMES - 2);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        match with(damaged.clone()) {
            Err(error) => {
                told(&error);
                assert!(error.to_string().contains("at byte"), "{error}");
                assert!(at < covered, "byte {at}: {error}");
            }
            Ok(file) => {
                assert!(at >= covered, "byte {at} of what was acknowledged");
                assert!(COUNTED.iter().all(|(who, count)| failures(&file, *who) >= *count), "byte {at}");
            }
        }
        // A process that has the file open sees what it rests on.
        if at < 512 || at >= bytes.len() - 64 {
            memory.overwrite(NAME, &damaged);
            told(&open.reserve(subject(1), Presentation::Unchecked).unwrap_err());
            memory.overwrite(NAME, &bytes);
        }
    }
    assert_eq!(failures(&open, 1), 5);
}

#[test]
fn a_file_that_was_cut_is_an_error_or_counts_more() {
    let (memory, open) = sample();
    let bytes = memory.files()[NAME].clone();
    for length in 0..bytes.len() {
        match with(bytes[..length].to_vec()) {
            Err(error) => told(&error),
            Ok(file) => {
                assert!(length >= 512 + 64 * (FRAMES - 2), "{length}");
                assert!(COUNTED.iter().all(|(who, count)| failures(&file, *who) >= *count), "{length}");
                // It is written anew before anything is added.
                assert!(reserve(&Clock::at(2_000_000).of(file), 2).is_ok());
            }
        }
        memory.overwrite(NAME, &bytes[..length]);
        told(&open.standing(subject(1)).unwrap_err());
    }
}

#[test]
fn bytes_behind_the_frames_are_a_torn_end_and_go_with_the_next_frame() {
    let (memory, _) = sample();
    let bytes = memory.files()[NAME].clone();
    for tail in [vec![0; 64], vec![0xff; 10], vec![0; 1_000], bytes[512..576].to_vec()] {
        let torn = Memory::with([(NAME.to_owned(), [bytes.clone(), tail].concat())]);
        let clock = Clock::at(2_000_000);
        let file = open(&torn, &clock);
        let other = open(&torn, &clock);
        assert_eq!(failures(&file, 2), 3);
        fail(&file, 2);
        // Three subjects have failures, and one frame is added.
        assert_eq!(torn.files()[NAME].len(), 512 + 64 * 4);
        for handle in [&file, &other, &open(&torn, &clock)] {
            assert_eq!((failures(handle, 1), failures(handle, 2), failures(handle, 4)), (5, 4, 0));
        }
    }
}

#[test]
fn other_files_are_refused() {
    for bytes in [vec![], b"{}".to_vec(), vec![0; 4096], b"biomatch-w".repeat(100)] {
        let Err(error) = with(bytes) else { panic!("opened") };
        told(&error);
    }
    // The length of a file is not trusted.
    let (memory, _) = sample();
    let mut header = memory.files()[NAME][..512].to_vec();
    header.truncate(511);
    told(&with(header).unwrap_err());
}

#[test]
fn a_missing_file_is_an_error_and_never_begun_anew() {
    let (memory, clock) = (Memory::new(), Clock::at(1));
    let missing = AttemptsFile::open_in(Arc::new(memory.clone())).unwrap_err();
    assert!(matches!(missing, AttemptsError::Missing { .. }) && missing.is_damage(), "{missing}");
    assert!(memory.files().is_empty(), "nothing is left behind");
    let file = create(&memory, &clock);
    fail(&file, 1);
    let again = AttemptsFile::create_in(Arc::new(memory.clone()), None).unwrap_err();
    assert!(matches!(again, AttemptsError::AlreadyExists { .. }), "{again}");
    memory.take_away(NAME);
    let removed = file.reserve(subject(1), Presentation::Unchecked).unwrap_err();
    assert!(matches!(removed, AttemptsError::Replaced { .. }), "{removed}");
    assert!(!memory.files().contains_key(NAME));
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(AttemptsFile::open(folder.path().join("none")), Err(AttemptsError::Missing { .. })));
    assert!(!folder.path().join("none").exists());
}

#[test]
fn another_file_or_an_older_copy_in_its_place_is_noticed() {
    let (memory, file) = sample();
    let older = memory.files()[NAME].clone();
    fail(&file, 3);
    let newer = memory.files()[NAME].clone();
    let refused = |what: &str| {
        let error = file.reserve(subject(3), Presentation::Unchecked).unwrap_err();
        assert!(matches!(error, AttemptsError::Replaced { .. }), "{what}: {error}");
    };
    memory.put(NAME, &older);
    refused("an older copy under the name");
    memory.put(NAME, &newer);
    refused("a copy that is no rewriting");
    let foreign = Memory::new();
    create(&foreign, &Clock::at(1));
    memory.put(NAME, &foreign.files()[NAME]);
    refused("another file");
    // An older copy in the same file.
    let (memory, file) = sample();
    let older = memory.files()[NAME].clone();
    fail(&file, 3);
    memory.overwrite(NAME, &older);
    let error = file.standing(subject(3)).unwrap_err();
    assert!(error.is_damage(), "{error}");
}

#[test]
fn a_folder_that_was_exchanged_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let file = AttemptsFile::create(&path, None).unwrap();
    fail(&file, 1);
    fs::rename(&path, folder.path().join("b")).unwrap();
    assert!(file.standing(subject(1)).is_err(), "no folder");
    let other = AttemptsFile::create(&path, None).unwrap();
    let error = file.standing(subject(1)).unwrap_err();
    assert!(matches!(error, AttemptsError::Replaced { .. }), "{error}");
    assert_eq!(failures(&other, 1), 0);
    fs::remove_dir_all(&path).unwrap();
    fs::rename(folder.path().join("b"), &path).unwrap();
    assert_eq!(failures(&file, 1), 1, "the right folder is back");
}

#[test]
fn only_regular_files_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    drop(AttemptsFile::create(&path, None).unwrap());
    fs::rename(path.join(NAME), folder.path().join("real")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("real"), path.join(NAME)).unwrap();
    assert!(AttemptsFile::open(&path).is_err());
    fs::remove_file(path.join(NAME)).unwrap();
    fs::create_dir(path.join(NAME)).unwrap();
    assert!(AttemptsFile::open(&path).is_err());
}

#[test]
fn what_a_crash_left_of_a_file_is_no_failure_of_its_own() {
    let (memory, _) = sample();
    memory.put("ATTEMPTS.tmp", b"half");
    let after = memory.after_crash(Loss::Nothing);
    let clock = Clock::at(2_000_000);
    let file = open(&after, &clock);
    // The next rewriting takes it away.
    for round in 0..2_100 {
        settle(&file, 100 + round, AttemptOutcome::Accepted);
    }
    assert!(!after.list().unwrap().contains(&"ATTEMPTS.tmp".to_owned()));
    assert_eq!((failures(&file, 1), failures(&file, 2)), (5, 3));
}
