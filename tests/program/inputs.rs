//! The program reads regular files only, and reads them before it takes the writer's lock.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use crate::program_support::{
    Run, biomatch_in_time, manifest_line, npy, ok, read, run, write, write_fingers, write_manifest,
};

fn in_time(folder: &Path, line: &str) -> Run {
    biomatch_in_time(folder, &[], &line.split_whitespace().collect::<Vec<_>>())
}

fn make_fifo(folder: &Path, name: &str) {
    assert!(Command::new("mkfifo").arg(folder.join(name)).status().unwrap().success());
}

/// Every command with every option that names a file to be read, for which `@` stands.
const COMMANDS: &[&str] = &[
    "enrol --gallery g @",
    "enrol --gallery g --normaliser @ manifest.ndjson",
    "enrol --gallery g --code-model @ manifest.ndjson",
    "authenticate --gallery g --assume-generic m --citizen 001090000101 @",
    "authenticate --gallery g --calibration @ --citizen 001090000101 manifest.ndjson",
    "authenticate --gallery g --assume-generic m --normaliser @ --citizen 001090000101 manifest.ndjson",
    "identify --gallery g --assume-generic m --top 1 --probes @",
    "identify --gallery g --assume-generic m --top 1 --probes manifest.ndjson --within @",
    "duplicates --gallery g --model m --score 0.5 --progress @",
    "verify --gallery g --code-model @",
    "calibrate scores --scores @ --truth truth.csv --matcher x --out -",
    "calibrate scores --scores pairs.csv --truth @ --matcher x --out -",
    "calibrate faces --embeddings @ --subjects subjects.txt --model m --out -",
    "calibrate faces --embeddings a.npy --subjects @ --model m --out -",
    "calibrate fingers --people @ --out -",
    "explain @ 1_1.iso",
    "explain 1_1.iso @",
    "convert @ - --to iso2011",
    "pairs --subjects @ --out -",
    "score --root . --pairs @ --out -",
    "score --root . --pairs pairs.csv --calibration @ --out -",
    "score-faces --a @ --b a.npy --pairs rows.csv --out -",
    "score-faces --a a.npy --b @ --pairs rows.csv --out -",
    "score-faces --a a.npy --b a.npy --pairs rows.csv --normaliser @ --out -",
    "evaluate @ --naming",
    "evaluate scores.csv --truth @",
    "train-codes --root . --truth @ --out -",
    "train-normaliser --embeddings @ --subjects subjects.txt --model m --out -",
    "train-normaliser --embeddings a.npy --subjects @ --model m --out -",
    "inspect @",
];

/// A folder that all of [`COMMANDS`] work in.
fn prepare(folder: &Path) {
    write_fingers(folder, 2);
    write_manifest(folder);
    write(folder, "a.npy", npy(&[vec![1.0, 0.0], vec![0.0, 1.0]]));
    write(folder, "subjects.txt", "a\nb\n");
    write(folder, "pairs.csv", "a,b\n1_1.iso,1_2.iso\n");
    write(folder, "rows.csv", "a,b\n0,1\n");
    write(folder, "scores.csv", "a,b,score\nx_1,x_2,1\nx_1,y_1,0\n");
    write(folder, "truth.csv", "id,subject\n1_1.iso,1\n");
    ok(folder, "-q enrol --gallery g manifest.ndjson");
}

#[test]
fn what_is_no_regular_file_is_refused_at_once_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    make_fifo(folder, "a_fifo");
    symlink("a_fifo", folder.join("to_a_fifo")).unwrap();
    let _socket = UnixListener::bind(folder.join("a_socket")).unwrap();
    symlink("/dev/zero", folder.join("a_device")).unwrap();
    fs::create_dir(folder.join("a_folder")).unwrap();
    for (name, kind) in [
        ("a_fifo", "is a named pipe (FIFO), not a regular file"),
        ("to_a_fifo", "is a named pipe (FIFO), not a regular file"),
        ("a_socket", "is a socket, not a regular file"),
        ("a_device", "is a character device, not a regular file"),
        ("a_folder", "is a directory, not a regular file"),
        ("nowhere", "No such file or directory"),
    ] {
        for command in COMMANDS {
            if *command == "inspect @" && name == "a_folder"
                || command.contains("--progress") && name == "nowhere"
            {
                continue;
            }
            let run = in_time(folder, &command.replace('@', name));
            assert_eq!(run.code, 3, "{command} {name}: {}", run.stderr);
            assert!(run.stderr.contains(&format!("{name}: {kind}")), "{command}: {}", run.stderr);
            assert_eq!(run.stderr.matches(name).count(), 1, "{command}: named once: {}", run.stderr);
        }
    }
}

#[test]
fn a_link_to_a_regular_file_is_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    for name in ["1_1.iso", "pairs.csv", "manifest.ndjson"] {
        symlink(name, folder.join(format!("link_to_{name}"))).unwrap();
    }
    symlink("link_to_1_1.iso", folder.join("link_to_link.iso")).unwrap();
    let inspected = ok(folder, "inspect link_to_link.iso");
    assert!(inspected.stdout.contains("minutiae: 40"), "{}", inspected.stdout);
    ok(folder, "score --root . --pairs link_to_pairs.csv --out -");
    write(folder, "linked.ndjson", manifest_line(9, "link_to_link.iso"));
    ok(folder, "-q enrol --gallery g linked.ndjson");
    ok(folder, "-q enrol --gallery h link_to_manifest.ndjson");
}

/// A manifest, a probe list and a list of pairs name files too.
#[test]
fn a_special_file_that_a_list_names_is_a_bad_line_and_the_others_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    make_fifo(folder, "waits.iso");
    symlink("/dev/zero", folder.join("endless.iso")).unwrap();
    make_fifo(folder, "waits.npy");
    let face = r#"{"citizen": "001090000107", "face": {"model": "m", "file": "waits.npy", "row": 0}}"#;
    let lines = [
        manifest_line(6, "waits.iso"),
        manifest_line(7, "endless.iso"),
        format!("{face}\n"),
        manifest_line(8, "2_1.iso"),
    ];
    write(folder, "mixed.ndjson", lines.concat());
    let skipped = in_time(folder, "enrol --gallery g --on-error skip mixed.ndjson");
    assert_eq!(skipped.code, 1, "{}", skipped.stderr);
    for expected in [
        "mixed.ndjson: line 1: fingers[0]: waits.iso: is a named pipe (FIFO), not a regular file",
        "mixed.ndjson: line 2: fingers[0]: endless.iso: is a character device, not a regular file",
        "mixed.ndjson: line 3: face: waits.npy: is a named pipe (FIFO), not a regular file",
    ] {
        assert!(skipped.stderr.contains(expected), "{}", skipped.stderr);
    }
    assert!(skipped.stdout.contains("\"citizens\":1"), "{}", skipped.stdout);
    let asked = "identify --gallery g --assume-generic m --top 1 --probes mixed.ndjson";
    assert_eq!(in_time(folder, asked).code, 3);

    write(folder, "pairs.csv", "a,b\n1_1.iso,1_2.iso\n1_1.iso,waits.iso\nendless.iso,1_2.iso\n");
    assert_eq!(in_time(folder, "score --root . --pairs pairs.csv --out -").code, 3);
    let scored = in_time(folder, "score --root . --pairs pairs.csv --skip-bad --out -");
    assert_eq!(scored.code, 0, "{}", scored.stderr);
    assert_eq!(scored.stdout.lines().filter(|line| line.ends_with(",,")).count(), 2, "{}", scored.stdout);
    assert!(
        scored.stderr.contains("waits.iso") && scored.stderr.contains("endless.iso"),
        "{}",
        scored.stderr
    );
}

#[test]
fn a_file_beyond_its_limit_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    // Files of a hole: they take no room on the disk, and would in memory.
    for (name, bytes) in [("large.iso", 1 << 34), ("large.ndjson", (1 << 40) + 1), ("large.npy", 1 << 42)] {
        fs::File::create(folder.join(name)).unwrap().set_len(bytes).unwrap();
    }
    for line in [
        "inspect large.iso",
        "convert large.iso - --to iso2005",
        "enrol --gallery g large.ndjson",
        "enrol --gallery g --normaliser large.npy manifest.ndjson",
        "score-faces --a large.npy --b a.npy --pairs rows.csv --out -",
        "pairs --subjects large.npy --out -",
        "evaluate large.ndjson --naming",
        "identify --gallery g --assume-generic m --top 1 --probes manifest.ndjson --within large.iso",
    ] {
        let run = in_time(folder, line);
        assert_eq!(run.code, 3, "{line}: {}", run.stderr);
        assert!(run.stderr.contains("bytes, at most "), "{line}: {}", run.stderr);
    }
    write(folder, "names.ndjson", manifest_line(6, "large.iso"));
    let run = in_time(folder, "enrol --gallery g names.ndjson");
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("large.iso: is longer than 33554432 bytes"), "{}", run.stderr);
}

/// Of a batch that is read while the writer is held, a slow disk would keep an urgent lock waiting.
#[cfg(target_os = "linux")]
#[test]
fn the_first_batch_is_read_before_the_writer_is_taken() {
    use biomatch::database::CitizenDatabase;
    use rustix::fs::inotify;

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    for (manifest, opened) in [("manifest.ndjson", "5_1.iso"), ("second.ndjson", "2_3.iso")] {
        write(folder, "second.ndjson", manifest_line(7, "2_3.iso"));
        let database = CitizenDatabase::options().open(folder.join("g")).unwrap();
        let writer = database.writer().unwrap();
        let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, folder.join(opened), inotify::WatchFlags::OPEN).unwrap();
        let run = in_time(folder, &format!("enrol --gallery g {manifest}"));
        assert_eq!(run.code, 4, "the gallery is locked: {}", run.stderr);
        let mut buffer = [std::mem::MaybeUninit::uninit(); 512];
        let mut events = inotify::Reader::new(&watch, &mut buffer);
        events.next().expect("the record was opened although the writer was not to be had");
        drop(writer);
    }
}

#[test]
fn a_special_file_does_not_keep_a_gallery_locked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    make_fifo(folder, "waits.iso");
    // The second batch is read while the writer is held.
    write(folder, "late.ndjson", manifest_line(6, "2_1.iso") + &manifest_line(7, "waits.iso"));
    let stopped = in_time(folder, "enrol --gallery g --batch 1 late.ndjson");
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    assert!(stopped.stdout.contains("\"citizens\":1"), "{}", stopped.stdout);
    ok(folder, "lock --gallery g --citizen 001090000106 --reason death");
    // Nor is a gallery made for a manifest that cannot be read.
    assert_eq!(in_time(folder, "enrol --gallery none waits.iso").code, 3);
    assert!(!folder.join("none").exists());
}

#[test]
fn a_file_of_finished_steps_is_made_or_taken_up_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let line = "duplicates --gallery g --model m --score 0.99 --progress steps --out found.csv";
    ok(folder, line);
    let first = read(folder, "found.csv");
    assert!(first.lines().count() > 1, "{first}");
    assert!(ok(folder, line).stderr.contains("steps are done"));
    assert_eq!(read(folder, "found.csv"), first);
    let unwritable = run(folder, &line.replace("steps", "nowhere/steps"));
    assert_eq!(unwritable.code, 5, "{}", unwritable.stderr);
}

/// What is bad among several is named, and the others are told of.
#[test]
fn inspect_goes_on_after_what_it_cannot_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    make_fifo(folder, "a_fifo");
    let several = in_time(folder, "inspect a_fifo nowhere 1_1.iso 2_1.iso");
    assert_eq!(several.code, 3);
    for expected in ["a_fifo: is a named pipe", "nowhere: No such file", "files could not be inspected"] {
        assert!(several.stderr.contains(expected), "{}", several.stderr);
    }
    for expected in ["file: 1_1.iso\n", "file: 2_1.iso\n"] {
        assert!(several.stdout.contains(expected), "{}", several.stdout);
    }
    // A folder that nobody can read, the superuser neither: its path is too long.
    let deep = "d=$(printf 'd%.0s' $(seq 200)); cd deep; for _ in $(seq 30); do mkdir $d; cd $d; done";
    fs::create_dir(folder.join("deep")).unwrap();
    write(folder, "deep/1_1.iso", fs::read(folder.join("1_1.iso")).unwrap());
    assert!(Command::new("bash").args(["-c", deep]).current_dir(folder).status().unwrap().success());
    let walked = in_time(folder, "inspect deep 2_1.iso");
    assert_eq!(walked.code, 3);
    assert!(walked.stderr.contains("File name too long"), "{}", walked.stderr);
    for expected in ["file: deep/1_1.iso\n", "file: 2_1.iso\n"] {
        assert!(walked.stdout.contains(expected), "{}", walked.stdout);
    }
    // A list that would lack files is not made.
    assert_eq!(run(folder, "pairs --root deep --out pairs.csv").code, 3);
}
