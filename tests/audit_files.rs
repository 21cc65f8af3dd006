//! The audit file against what happens around it: removed, replaced, truncated, overwritten, locked, not a
//! file at all. No entry may be acknowledged into a file that its path does not name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are not marked as tests

mod audit_support;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use audit_support::*;
use biomatch::database::{
    Audit, AuditError, AuditFile, AuditFileError, check_audit, check_audit_files_within,
};

const FILE: &str = "BIOMATCH_TEST_AUDIT";
const WORK: &str = "BIOMATCH_TEST_WORK";

/// The other process.
#[test]
fn child() {
    let (Ok(path), Ok(work)) = (std::env::var(FILE), std::env::var(WORK)) else { return };
    match work.as_str() {
        "append" => append(Path::new(&path), 100..150),
        "hold" => {
            let file = File::open(path).unwrap();
            file.lock().unwrap();
            println!("held");
            // Until the parent closes the pipe.
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
        other => panic!("{other}"),
    }
}

fn other_process(path: &Path, work: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads", "1"]).env(FILE, path).env(WORK, work);
    command
}

/// Fails instead of hanging.
fn within_a_minute<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(Duration::from_secs(60)).expect("it does not hang")
}

#[test]
fn a_file_that_was_removed_or_renamed_takes_no_entry() {
    let (folder, path) = three_entries();
    let file = AuditFile::append(&path).unwrap();
    let aside = folder.path().join("aside");
    let missing = |file: &AuditFile| {
        let error = refusal(file, &path);
        assert!(matches!(typed(&error), AuditFileError::Missing { .. }), "{error}");
    };
    fs::rename(&path, &aside).unwrap();
    missing(&file);
    missing(&file);
    let in_the_way = fs::read(&aside).unwrap();
    assert_eq!(in_the_way.iter().filter(|byte| **byte == b'\n').count(), 3, "nothing is written there");
    // Put back, it is the file that was open.
    fs::rename(&aside, &path).unwrap();
    record(&file, 3..4);
    // The folder renamed; a hard link is no comfort.
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let nested = inner.join("audit.ndjson");
    append(&nested, 0..2);
    let in_folder = AuditFile::append(&nested).unwrap();
    fs::rename(&inner, folder.path().join("moved")).unwrap();
    missing(&in_folder);
    fs::hard_link(&path, &aside).unwrap();
    fs::remove_file(&path).unwrap();
    missing(&file);
    assert!(matches!(file.rotate(), Err(AuditFileError::Missing { .. })));
    assert_eq!(check_audit(&aside, None).unwrap().entries, 4);
}

#[test]
fn a_file_that_was_replaced_takes_no_entry() {
    type Case = (&'static str, fn(&Path));
    let cases: [Case; 6] = [
        ("a copy", |path| {
            let copy = path.with_extension("copy");
            fs::copy(path, &copy).unwrap();
            fs::rename(&copy, path).unwrap();
        }),
        ("an older copy", |path| {
            let text = fs::read_to_string(path).unwrap();
            let first = text.split_inclusive('\n').next().unwrap();
            fs::remove_file(path).unwrap();
            fs::write(path, first).unwrap();
        }),
        ("an empty file", |path| {
            fs::rename(path, path.with_extension("1")).unwrap();
            File::create(path).unwrap();
        }),
        ("another audit", |path| {
            fs::rename(path, path.with_extension("1")).unwrap();
            append(path, 7..12);
        }),
        ("a symbolic link to it", |path| {
            let aside = path.with_extension("1");
            fs::rename(path, &aside).unwrap();
            std::os::unix::fs::symlink(&aside, path).unwrap();
        }),
        ("a directory", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    for (case, replace) in cases {
        let (_folder, path) = three_entries();
        let file = AuditFile::append(&path).unwrap();
        replace(&path);
        for _ in 0..2 {
            let error = refusal(&file, &path);
            assert!(matches!(typed(&error), AuditFileError::Replaced { .. }), "{case}: {error}");
        }
    }
}

#[test]
fn a_file_that_was_truncated_or_overwritten_takes_no_entry() {
    let line = |path: &Path, n: usize| {
        let text = fs::read_to_string(path).unwrap();
        text.split_inclusive('\n').take(n).map(str::len).sum::<usize>() as u64
    };
    let set_length =
        |path: &Path, length| File::options().write(true).open(path).unwrap().set_len(length).unwrap();
    // What is done to a file of three entries of which this process knows all.
    type Change<'a> = (&'a str, Box<dyn Fn(&Path) + 'a>);
    let shorter: Vec<Change<'_>> = vec![
        ("to nothing", Box::new(|path| set_length(path, 0))),
        ("to two lines", Box::new(|path| set_length(path, line(path, 2)))),
        ("by a byte", Box::new(|path| set_length(path, line(path, 3) - 1))),
        ("inside the last line", Box::new(|path| set_length(path, line(path, 2) + 9))),
        (
            "by an older copy in place",
            Box::new(|path| {
                let old = path.with_extension("old");
                fs::write(&old, &fs::read(path).unwrap()[..line(path, 2) as usize]).unwrap();
                fs::copy(&old, path).unwrap();
            }),
        ),
    ];
    let other: Vec<Change<'_>> = vec![
        (
            "zeros of the same length",
            Box::new(|path| {
                let length = line(path, 3);
                set_length(path, 0);
                set_length(path, length);
            }),
        ),
        (
            "another audit, of the same length or longer",
            Box::new(|path| {
                let other = path.with_extension("other");
                append(&other, 4..8);
                fs::copy(&other, path).unwrap();
            }),
        ),
        (
            "an older copy that another process went on with",
            Box::new(|path| {
                set_length(path, line(path, 2));
                append(path, 50..60);
            }),
        ),
        (
            "a bit of the last line",
            Box::new(|path| {
                let mut bytes = fs::read(path).unwrap();
                let at = bytes.len() - 20;
                bytes[at] ^= 1;
                fs::write(path, bytes).unwrap();
            }),
        ),
    ];
    let cases = shorter.iter().map(|case| (case, true)).chain(other.iter().map(|case| (case, false)));
    for ((case, change), is_shorter) in cases {
        // Known because it was written, and because it was there at the opening.
        for written_here in [true, false] {
            let (_folder, path) = three_entries();
            let file = AuditFile::append(&path).unwrap();
            if written_here {
                fs::write(&path, "").unwrap();
                let file = AuditFile::append(&path).unwrap();
                record(&file, 0..3);
                change(&path);
                refused(&file, &path, case, is_shorter);
            } else {
                change(&path);
                refused(&file, &path, case, is_shorter);
            }
        }
    }
    fn refused(file: &AuditFile, path: &Path, case: &str, is_shorter: bool) {
        let before = fs::read(path).unwrap();
        for _ in 0..2 {
            let error = refusal(file, path);
            match typed(&error) {
                AuditFileError::Truncated { .. } => assert!(is_shorter, "{case}: {error}"),
                AuditFileError::Overwritten { .. } => assert!(!is_shorter, "{case}: {error}"),
                _ => panic!("{case}: {error}"),
            }
        }
        assert!(file.rotate().is_err(), "{case}");
        assert_eq!(fs::read(path).unwrap(), before, "{case}: nothing is written");
    }
}

#[test]
fn entries_of_other_handles_and_processes_are_followed() {
    let (_folder, path) = three_entries();
    let file = AuditFile::append(&path).unwrap();
    let mut child = other_process(&path, "append").stdout(Stdio::null()).spawn().unwrap();
    record(&file, 10..40);
    assert!(child.wait().unwrap().success());
    append(&path, 60..63);
    // Another's entry, cut by its death.
    record(&file, 40..41);
    let text = fs::read(&path).unwrap();
    fs::write(&path, [&text[..], b"{\"previous\":\"0a"].concat()).unwrap();
    record(&file, 41..42);
    let report = check_audit(&path, None).unwrap();
    assert_eq!((report.entries, report.torn.len(), report.unfinished), (3 + 50 + 30 + 3 + 2, 1, None));
}

#[test]
fn only_a_regular_file_is_an_audit() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    fs::create_dir(at("directory")).unwrap();
    append(&at("audit.ndjson"), 0..1);
    std::os::unix::fs::symlink(at("audit.ndjson"), at("link")).unwrap();
    std::os::unix::fs::symlink(at("nowhere"), at("dangling")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let mut paths: Vec<_> = ["fifo", "directory", "link", "dangling", "socket"].map(at).into();
    paths.extend(["/dev/null", "/dev/full", "/dev/zero"].map(Into::into));
    for path in paths {
        let opened = path.clone();
        let error = within_a_minute(move || AuditFile::append(opened).map(drop)).unwrap_err();
        assert!(matches!(error, AuditFileError::NotRegular { .. }), "{error}");
        assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
        let checked = path.clone();
        let error = within_a_minute(move || check_audit(checked, None)).unwrap_err();
        assert!(matches!(error, AuditError::Unreadable(AuditFileError::NotRegular { .. })), "{error}");
        assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
    }
    assert!(!at("nowhere").exists(), "nothing is made through a link");
    // A FIFO that takes the place of an open file.
    let file = AuditFile::append(at("audit.ndjson")).unwrap();
    fs::rename(at("fifo"), at("audit.ndjson")).unwrap();
    let (file, error) = within_a_minute(move || {
        let error = file.record(&[entry(1)]).unwrap_err();
        (file, error)
    });
    assert!(matches!(typed(&error), AuditFileError::Replaced { .. }), "{error}");
    drop(file);
}

#[test]
fn a_file_that_is_no_audit_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let start = b"{\"previous\":\"";
    let mut others: Vec<Vec<u8>> = [
        "001090000101\n",
        "BIOMWAL\0\u{3}\0",
        "{\"citizen\": \"001090000101\"}\n",
        "{ \"previous\":\"",
        "{\"previous\":1}\n",
        "\n",
        "\n{\"previous\":\"",
        "{\"prev\nnotes\n",
        "{\"prev\n\n",
        "\u{feff}{\"previous\":\"",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    for length in 1..=start.len() {
        let mut other = start[..length].to_vec();
        other[length - 1] ^= 1;
        others.push(other);
    }
    others.push(vec![b'x'; 1 << 20]);
    for other in others {
        fs::write(&path, &other).unwrap();
        let error = AuditFile::append(&path).unwrap_err();
        assert!(matches!(error, AuditFileError::NoAudit { offset: 0, .. }), "{error}");
        assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
        assert!(error.to_string().contains("expected an audit entry"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), other, "{error}");
    }
    // The first entry, cut by a crash at any length, is no other file: neither before nor after the next one.
    append(&path.with_extension("1"), 0..1);
    let whole = fs::read(path.with_extension("1")).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        append(&path, 1..2);
        append(&path, 2..3);
        assert!(check_audit(&path, None).unwrap().entries >= 2, "{length}");
    }
}

#[test]
fn a_lock_that_is_held_is_waited_for_within_a_limit() {
    let (_folder, path) = three_entries();
    let limit = Duration::from_millis(50);
    let file = AuditFile::append(&path).unwrap().lock_timeout(limit);
    let busy = |file: &AuditFile| {
        let started = Instant::now();
        let error = refusal(file, &path);
        let took = started.elapsed();
        assert!(took >= limit && took < Duration::from_secs(30), "{took:?}");
        match typed(&error) {
            AuditFileError::Busy { holder, waited, .. } => {
                assert!(*waited >= limit);
                (*holder, error.to_string())
            }
            other => panic!("{other}"),
        }
    };
    // By another handle of this process.
    let other = File::open(&path).unwrap();
    other.lock().unwrap();
    let tells =
        cfg!(target_os = "linux") && fs::read_to_string("/proc/locks").is_ok_and(|text| !text.is_empty());
    let (holder, message) = busy(&file);
    assert_eq!(holder, tells.then(std::process::id), "{message}");
    // Also when the file is opened.
    let started = Instant::now();
    let error = AuditFile::append_within(&path, limit).unwrap_err();
    assert!(matches!(error, AuditFileError::Busy { .. }) && error.is_retryable(), "{error}");
    assert!(started.elapsed() >= limit && started.elapsed() < Duration::from_secs(4));
    // A reader's lock too; and all threads of a handle wait at the same time, not one after the other.
    other.unlock().unwrap();
    other.lock_shared().unwrap();
    let started = Instant::now();
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(|| busy(&file)))));
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(check_audit(&path, None).unwrap().entries, 3, "a check needs no lock of a whole file");
    other.unlock().unwrap();
    // A line that another process may be writing is waited for within a limit, too.
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    other.lock().unwrap();
    let started = Instant::now();
    assert_eq!(check_audit_files_within([&path], None, limit).unwrap()[0].unfinished, Some(3));
    assert!(started.elapsed() >= limit && started.elapsed() < Duration::from_secs(4));
    other.unlock().unwrap();
    fs::write(&path, whole).unwrap();
    record(&file, 3..4);
    // By another process, which does nothing more.
    let mut child =
        other_process(&path, "hold").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("held") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "the child holds the lock");
    }
    let (holder, message) = busy(&file);
    assert_eq!(holder, tells.then_some(child.id()), "{message}");
    assert!(!tells || message.contains(&format!("process {} holds", child.id())), "{message}");
    assert!(matches!(file.rotate(), Err(AuditFileError::Busy { .. })));
    drop(child.stdin.take());
    said.read_to_end(&mut Vec::new()).unwrap();
    assert!(child.wait().unwrap().success());
    record(&file, 4..5);
    assert_eq!(check_audit(&path, None).unwrap().entries, 5);
}

#[test]
fn messages_escape_what_a_terminal_would_obey() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("au\u{1b}[2Jdit\n\u{202e}");
    let file = AuditFile::append(&path).unwrap();
    record(&file, 0..1);
    fs::write(&path, "{\"previous\":\"\\u001b[2J\"}\n").unwrap();
    let forged = check_audit(&path, None).unwrap_err().to_string();
    fs::remove_file(&path).unwrap();
    let missing = file.record(&[entry(1)]).unwrap_err().to_string();
    let unreadable = check_audit(&path, None).unwrap_err().to_string();
    for message in [forged, missing, unreadable] {
        assert!(!message.chars().any(|c| c.is_control() || c == '\u{202e}'), "{message:?}");
        assert!(message.contains("au\\u{1b}[2Jdit\\n\\u{202e}"), "{message}");
    }
}

/// Cut at every length, alone at the end and before another line.
#[test]
fn the_chain_goes_through_cut_lines() {
    let (_folder, path) = three_entries();
    let whole = fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    for length in 1..lines[2].len() {
        let write = |parts: &[&[u8]]| fs::write(&path, parts.concat()).unwrap();
        write(&[lines[0], lines[1], &lines[2][..length]]);
        let report = check_audit(&path, None).unwrap();
        assert_eq!((report.unfinished, report.is_whole()), (Some(3), false), "{length}");
        assert!(report.torn.is_empty());
        append(&path, 3..4);
        let after = fs::read(&path).unwrap();
        let next = &after[lines[0].len() + lines[1].len() + length..];
        let cut = &lines[2][..length];
        assert!(check_audit(&path, Some(report.head)).unwrap().is_whole(), "{length}");
        // What is before the cut line is held by what is after it, whatever is left of the cut line.
        for forged in [
            [lines[0], cut, next].concat(),
            [lines[0], lines[0], cut, next].concat(),
            [lines[0], lines[1], next].concat(),
            [lines[0], lines[1], cut, b"\nx", next].concat(),
            [cut, next].concat(),
        ] {
            write(&[&forged]);
            assert!(check_audit(&path, None).is_err(), "{length}: {}", String::from_utf8_lossy(&forged));
        }
    }
    // Several cut lines, and the line feed of one alone.
    fs::write(&path, [lines[0], lines[1], b"{\"prev\n{\"\n\n"].concat()).unwrap();
    assert_eq!(check_audit(&path, None).unwrap().unfinished, Some(5));
    let mut file = File::options().append(true).open(&path).unwrap();
    let open = AuditFile::append(&path).unwrap();
    record(&open, 5..6);
    file.write_all(b"{").unwrap();
    record(&open, 6..7);
    let report = check_audit(&path, None).unwrap();
    assert_eq!((report.entries, report.torn, report.unfinished), (4, vec![3, 4, 5, 7], None));
}
