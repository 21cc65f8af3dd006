//! A file that somebody truncates while it is mapped: a handle that copies segments does not see it, one that
//! maps them ends with its process. Each is a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::gallery_support::*;
use biomatch::gallery::{Gallery, GalleryOptions, Residence};

const DIRECTORY: &str = "BIOMATCH_TEST_TRUNCATION_DIRECTORY";
const COPIED: &str = "BIOMATCH_TEST_TRUNCATION_COPIED";
const SIGBUS: i32 = 7;

/// The child: opens, says so, waits for a line, and reads every row.
#[test]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let residence = if std::env::var(COPIED).is_ok() { Residence::Copied } else { Residence::Mapped };
    let gallery = Gallery::open(directory, GalleryOptions::default().residence(residence)).unwrap();
    let snapshot = gallery.snapshot().unwrap();
    println!("\nopened");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    assert_eq!(contents(&snapshot).unwrap().len(), 40);
    println!("\nread");
}

fn run(directory: &Path, copied: bool) -> (ExitStatus, bool) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "truncation::child", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory);
    if copied {
        command.env(COPIED, "1");
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "opened"));
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "finger") {
            // Read-only for everybody but root: whoever truncates it has to want it.
            let mut permissions = std::fs::metadata(&path).unwrap().permissions();
            std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
            std::fs::set_permissions(&path, permissions).unwrap();
            std::fs::File::options().write(true).open(&path).unwrap().set_len(4096).unwrap();
        }
    }
    writeln!(child.stdin.take().unwrap()).unwrap();
    let read = lines.any(|line| line == "read");
    (child.wait().unwrap(), read)
}

fn gallery(directory: &Path) {
    let gallery = Gallery::create(directory, GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    for c in 0..40 {
        writer.add(citizen(c), &[finger(c)]).unwrap();
    }
    writer.flush().unwrap();
}

#[test]
fn copied_segments_outlive_the_truncation_of_their_files() {
    let folder = tempfile::tempdir().unwrap();
    gallery(folder.path());
    let (status, read) = run(folder.path(), true);
    assert!(status.success() && read, "{status}");
    // And whoever opens it now is told.
    for residence in [Residence::Mapped, Residence::Copied] {
        assert!(Gallery::open(folder.path(), GalleryOptions::default().residence(residence)).is_err());
    }
}

#[test]
fn mapped_segments_do_not() {
    let folder = tempfile::tempdir().unwrap();
    gallery(folder.path());
    let (status, read) = run(folder.path(), false);
    assert!(!read);
    assert_eq!(status.signal(), Some(SIGBUS), "{status}");
}
