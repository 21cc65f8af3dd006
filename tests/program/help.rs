//! What the program says of itself, and how it ends when it is called wrongly.
#![cfg(feature = "cli")]

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program_support::{Run, run, write};

fn here(line: &str) -> Run {
    run(Path::new("."), line)
}

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = here("--help").stdout;
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    list.lines()
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|command| command != "help")
        .collect()
}

#[test]
fn every_command_teaches() {
    let commands = commands();
    for expected in ["pairs", "score", "score-faces", "evaluate", "inspect", "convert"] {
        assert!(commands.iter().any(|command| command == expected), "{expected} in {commands:?}");
    }
    for command in commands {
        let long = here(&format!("{command} --help"));
        assert_eq!((long.code, long.stderr.as_str()), (0, ""), "{command}");
        assert!(long.stdout.contains("Usage: biomatch"), "{command}");
        let example = long.stdout.split("\nExample").nth(1);
        assert!(example.is_some_and(|text| text.contains(&format!("biomatch {command}"))), "{command}");
        let short = here(&format!("{command} -h")).stdout;
        assert!(short.lines().count() < long.stdout.lines().count(), "{command}: -h is short");
    }
}

#[test]
fn the_help_lists_the_exit_codes() {
    let help = here("--help").stdout;
    for code in 0..=6 {
        assert!(help.contains(&format!("\n  {code}  ")), "{code}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_two_and_nothing_on_stdout() {
    for line in [
        "",
        "fly",
        "score",
        "score --pairs p.csv --root . --out o.csv --threads 0",
        "score --pairs p.csv --root . --out o.csv --xyt-frame 388x374",
        "evaluate s.csv",
        "evaluate s.csv --truth t.csv --naming",
        "pairs --out p.csv",
        "pairs --root . --subjects s.txt --out p.csv",
        "pairs --root . --impostors many --out p.csv",
        "convert a b --to iso1999",
        "inspect",
    ] {
        let run = here(line);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{line}");
        assert!(!run.stderr.is_empty(), "{line}");
    }
}

#[test]
fn what_cannot_be_read_ends_with_three_and_what_cannot_be_written_with_five() {
    let folder = tempfile::tempdir().unwrap();
    for line in [
        "score --pairs none.csv --root . --out -",
        "score-faces --a none.npy --b none.npy --pairs none.csv --out -",
        "evaluate none.csv --naming",
        "pairs --root none --out -",
        "pairs --subjects none.txt --out -",
        "convert none.iso - --to iso2005",
        "inspect none.iso",
    ] {
        let run = run(folder.path(), line);
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{line}: {}", run.stderr);
        assert!(run.stderr.contains("none"), "{line}: {}", run.stderr);
    }
    write(folder.path(), "s.txt", "1\n1\n2\n");
    let run = run(folder.path(), "pairs --subjects s.txt --out missing/p.csv");
    assert_eq!((run.code, run.stdout.as_str()), (5, ""));
    assert!(run.stderr.contains("missing/p.csv"), "{}", run.stderr);
}

#[test]
fn a_closed_pipe_is_quiet_and_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let subjects: String = (0..2000).map(|n| format!("{n}\n")).collect();
    write(folder.path(), "s.txt", subjects);
    let mut child = Command::new(env!("CARGO_BIN_EXE_biomatch"))
        .args(["pairs", "--subjects", "s.txt", "--out", "-"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), &start, stderr.as_str()), (Some(5), b"a,b\n", ""));
}
