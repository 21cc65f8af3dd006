//! What the program refuses because it would not end, and what it does at the system's limits.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::program_support::{
    Run, biomatch_in_time, manifest_line, ok, read, rows, run, write, write_fingers, write_manifest,
};

/// Runs the program by a shell that limits the size of files to so many KiB.
fn limited(folder: &Path, kilobytes: u32, line: &str) -> Run {
    let limit = format!("ulimit -f {kilobytes}; exec \"$@\"");
    let words: Vec<&str> = line.split_whitespace().collect();
    biomatch_in_time(folder, &["bash", "-c", &limit, "bash"], &words)
}

/// The names in a folder that begin or end as temporary files do.
fn temporaries(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".tmp")).collect()
}

#[test]
fn more_threads_than_the_processors_have_use_for_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_fingers(folder, 1);
    let processors = std::thread::available_parallelism().unwrap().get();
    let most = (8 * processors).max(64);
    for threads in [20_000, most + 1, usize::MAX] {
        let refused = run(folder, &format!("--threads {threads} inspect 1_1.iso"));
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        for number in [threads, most, processors] {
            assert!(refused.stderr.contains(&number.to_string()), "{number}: {}", refused.stderr);
        }
    }
    ok(folder, "--threads 64 inspect 1_1.iso");
    ok(folder, "--threads 1 inspect 1_1.iso");
    assert_eq!(run(folder, "--threads 0 inspect 1_1.iso").code, 2);
}

#[test]
fn the_variables_of_rayon_are_held_to_the_same_limit() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_fingers(folder, 1);
    let with = |variables: &str, line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        biomatch_in_time(folder, &["env", variables], &words)
    };
    for name in ["RAYON_NUM_THREADS", "RAYON_RS_NUM_CPUS"] {
        let refused = with(&format!("{name}=20000"), "inspect 1_1.iso");
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(&format!("{name} 20000: at most ")), "{}", refused.stderr);
        assert_eq!(with(&format!("{name}=2"), "inspect 1_1.iso").code, 0);
        // The option is asked for instead.
        assert_eq!(with(&format!("{name}=20000"), "--threads 2 inspect 1_1.iso").code, 0);
    }
}

#[test]
fn pairs_are_counted_before_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_fingers(folder, 4);
    write(folder, "out.csv", "as it was");
    // Twelve records of four fingers: 12 mated pairs and 54 of different fingers.
    for (line, most) in [
        ("pairs --root . --out out.csv", 66),
        ("pairs --root . --impostors first --out out.csv", 18),
        ("pairs --root . --impostors 5 --out out.csv", 17),
    ] {
        let refused = run(folder, &format!("{line} --most {}", most - 1));
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(&format!("{most} pairs of 12 samples")), "{}", refused.stderr);
        assert!(refused.stderr.contains("--most"), "{}", refused.stderr);
        assert_eq!(read(folder, "out.csv"), "as it was");
        let listed = ok(folder, &format!("{} --most {most}", line.replace("out.csv", "-")));
        assert_eq!(rows(&listed.stdout).len(), most + 1);
    }
    // Without the option at most a hundred million: a million rows of one subject are 500 thousand million.
    write(folder, "subjects.txt", "a\n".repeat(1_000_000));
    for impostors in ["all", "first", "0"] {
        let line = format!("pairs --subjects subjects.txt --impostors {impostors} --out large.csv");
        let words: Vec<&str> = line.split_whitespace().collect();
        let refused = biomatch_in_time(folder, &[], &words);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains("499999500000 pairs"), "{}", refused.stderr);
    }
    assert!(!folder.join("large.csv").exists());
    assert_eq!(temporaries(folder), [""; 0]);
}

#[test]
fn a_write_beyond_the_limit_of_file_sizes_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_fingers(folder, 12);
    ok(folder, "pairs --root . --out pairs.csv");
    write(folder, "out.csv", "as it was");
    write(folder, "out.iso", "as it was");
    for (kilobytes, line) in [
        (1, "score --root . --pairs pairs.csv --out out.csv"),
        (2, "pairs --root . --out out.csv"),
        (0, "convert 1_1.iso out.iso --to iso2011 --force"),
        (4, "explain 1_1.iso 1_2.iso --force --svg out.csv"),
    ] {
        let failed = limited(folder, kilobytes, &format!("--quiet {line}"));
        // Standard output is a file, too, and its limit the same.
        assert_eq!(failed.code, 5, "{line}: {}", failed.stderr);
        if kilobytes > 0 {
            assert!(failed.stderr.contains("out.csv: File too large"), "{line}: {}", failed.stderr);
        }
        assert_eq!(read(folder, "out.csv"), "as it was", "{line}");
        assert_eq!(read(folder, "out.iso"), "as it was", "{line}");
        assert_eq!(temporaries(folder), [""; 0], "{line}");
    }
    let straight = limited(folder, 1, "score --root . --pairs pairs.csv --out -");
    assert_eq!(straight.code, 5, "{}", straight.stderr);
    assert!(straight.stderr.contains("standard output: File too large"), "{}", straight.stderr);
    assert_eq!(straight.stdout.len(), 1024);
}

/// Where every container begins to count processes anew, a killed one has left a name that the next one takes.
#[test]
fn a_temporary_file_of_a_killed_process_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_fingers(folder, 1);
    // The shell makes the file with its own number, which the program then has.
    let shell = "touch .out.csv.$$.tmp .out.csv.$$-0.tmp .out.csv.$$-1.tmp; exec \"$@\"";
    let line = ["pairs", "--root", ".", "--out", "out.csv"];
    let made = biomatch_in_time(folder, &["bash", "-c", shell, "bash"], &line);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert_eq!(rows(&read(folder, "out.csv")).len(), 4);
    assert_eq!(temporaries(folder).len(), 3, "those of the other process stay");
}

#[test]
fn a_gallery_at_the_limit_of_file_sizes_keeps_what_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_manifest(folder);
    let mut codes = Vec::new();
    for round in 0..8_u64 {
        // Other citizens each time: what is there already is not stored again.
        let lines: String = (1..=5).map(|n| manifest_line(n, &format!("{n}_1.iso"))).collect();
        write(folder, "manifest.ndjson", lines.replace("\"001", &format!("\"{:03}", round + 10)));
        let enrolled = limited(folder, 8, "-q enrol --gallery g manifest.ndjson");
        if enrolled.code != 0 {
            assert!(enrolled.stderr.contains("limit on file sizes"), "{}", enrolled.stderr);
        }
        codes.push(enrolled.code);
    }
    assert_eq!(codes[7], 4, "{codes:?}");
    assert!(codes.iter().all(|code| [0, 4].contains(code)), "{codes:?}");
    ok(folder, "verify --gallery g");
    ok(folder, "-q enrol --gallery g manifest.ndjson");
    ok(folder, "verify --gallery g");
}

/// Messages that cannot be written do not change how a run ends.
#[test]
fn a_full_log_of_messages_is_no_reason_to_fail() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_manifest(folder);
    write(
        folder,
        "bad.ndjson",
        "{\"citizen\": \"no number\"}\n".repeat(500) + &read(folder, "manifest.ndjson"),
    );
    let skipped = limited(folder, 64, "enrol --gallery g --on-error skip bad.ndjson");
    assert_eq!(skipped.code, 1);
    assert!(skipped.stdout.contains("\"citizens\":5"), "{}", skipped.stdout);
    for end in ["2>&-", "2>/dev/full", ">&- 2>&-"] {
        let shell = format!("exec \"$0\" inspect nowhere {end}");
        let program = env!("CARGO_BIN_EXE_biomatch");
        let status = Command::new("bash").args(["-c", &shell, program]).current_dir(folder).status().unwrap();
        assert_eq!(status.code(), Some(3), "{end}");
    }
}
