//! Several processes that count attempts in one file, and processes killed at any moment.
//!
//! A child is this same program, started with environment variables; it tells on its standard output what it does.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::support::*;
use biomatch::attempts::{AttemptOutcome, Attempts, AttemptsFile, Presentation, Reservation};

const FOLDER: &str = "BIOMATCH_TEST_ATTEMPTS";
const SEED: &str = "BIOMATCH_TEST_ATTEMPTS_SEED";
const WORK: &str = "BIOMATCH_TEST_ATTEMPTS_WORK";

/// Subjects of the processes that are killed.
const SUBJECTS: u64 = 4;

#[test]
fn child() {
    let (Ok(folder), Ok(seed), Ok(work)) = (std::env::var(FOLDER), std::env::var(SEED), std::env::var(WORK))
    else {
        return;
    };
    let seed: u64 = seed.parse().unwrap();
    match work.as_str() {
        "race" => race(Path::new(&folder)),
        "work" => work_until_killed(Path::new(&folder), seed),
        other => panic!("{other}"),
    }
}

/// Tries each subject ten times, at one and the same moment.
fn race(folder: &Path) {
    let file = Clock::at(1_000_000).of(AttemptsFile::open(folder).unwrap());
    for _ in 0..10 {
        for who in 0..20 {
            if let Ok(attempt) = reserve(&file, who) {
                println!("\ngranted {who}");
                file.settle(attempt, AttemptOutcome::Rejected).unwrap();
            }
        }
    }
}

/// Makes attempts of all kinds. Hours pass between them, so that none waits.
fn work_until_killed(folder: &Path, seed: u64) {
    let clock = Clock::at(1_000_000_000 * (seed + 1));
    let file = clock.of(AttemptsFile::open(folder).unwrap());
    let mut random = Random::new(seed);
    loop {
        clock.advance(7_200);
        let who = random.below(SUBJECTS);
        let Ok(Reservation::Granted(attempt)) = file.reserve(subject(who), Presentation::BonaFide) else {
            println!("\nlowering {who}");
            file.unlock(subject(who)).unwrap();
            println!("\nreset {who}");
            continue;
        };
        println!("\ngranted {who}");
        match random.below(12) {
            0 => {
                println!("\nlowering {who}");
                file.settle(attempt, AttemptOutcome::Accepted).unwrap();
                println!("\nreset {who}");
            }
            1 => {
                println!("\ngiving {who}");
                file.settle(attempt, AttemptOutcome::Undecided).unwrap();
                println!("\ngiven {who}");
            }
            _ => file.settle(attempt, AttemptOutcome::Rejected).unwrap(),
        }
    }
}

fn start(folder: &Path, work: &str, seed: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(SEED, seed.to_string())
        .env(WORK, work)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn lines(child: &mut Child) -> std::thread::JoinHandle<Vec<String>> {
    let output = child.stdout.take().unwrap();
    std::thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).collect())
}

#[test]
fn processes_together_get_no_more_than_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("attempts");
    let file = Clock::at(1_000_000).of(AttemptsFile::create(&folder, None).unwrap());
    let mut children: Vec<Child> = (0..4).map(|seed| start(&folder, "race", seed)).collect();
    let mut granted: BTreeMap<String, usize> = BTreeMap::new();
    for child in &mut children {
        let told = lines(child).join().unwrap();
        assert!(child.wait().unwrap().success());
        for line in told.iter().filter(|line| line.starts_with("granted ")) {
            *granted.entry(line.clone()).or_default() += 1;
        }
    }
    assert_eq!(granted.len(), 20);
    assert!(granted.values().all(|count| *count == 5), "{granted:?}");
    assert!((0..20).all(|who| failures(&file, who) == 5));
}

/// What the lines of a child prove: the failures that a subject has at least and at most.
fn bounds(before: u32, who: u64, told: &[String]) -> (u32, u32) {
    let (mut least, mut most) = (before, before);
    for line in told {
        let Some((what, of)) = line.split_once(' ') else { continue };
        if of.parse() != Ok(who) {
            continue;
        }
        match what {
            "granted" => (least, most) = (least + 1, most + 1),
            "lowering" => least = 0,
            "reset" => most = 0,
            "giving" => least = least.saturating_sub(1),
            "given" => most = most.saturating_sub(1),
            _ => {}
        }
    }
    // One more may be under way that was not told.
    (least, most + 1)
}

/// Kills children at work, one after the other; gives how many attempts were granted.
fn kill(kills: u64) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("attempts");
    drop(AttemptsFile::create(&folder, None).unwrap());
    let mut random = Random::new(11);
    let mut known = [0_u32; SUBJECTS as usize];
    let mut granted = 0;
    for round in 0..kills {
        let mut child = start(&folder, "work", round);
        let reading = lines(&mut child);
        std::thread::sleep(Duration::from_micros(2_000 + random.below(100_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let told = reading.join().unwrap();
        granted += told.iter().filter(|line| line.starts_with("granted")).count();
        let file = AttemptsFile::open(&folder).unwrap_or_else(|error| panic!("round {round}: {error}"));
        for who in 0..SUBJECTS {
            let found = failures(&file, who);
            let (least, most) = bounds(known[who as usize], who, &told);
            assert!((least..=most).contains(&found), "round {round}: {found} of {least} to {most}");
            known[who as usize] = found;
        }
    }
    granted
}

#[test]
fn a_killed_process_forgets_no_attempt() {
    let started = SystemTime::now();
    let granted = kill(80);
    assert!(granted > 80, "the children did work: {granted} attempts");
    println!("{granted} attempts, {:?}", started.elapsed());
}

#[test]
#[ignore = "takes minutes"]
fn many_killed_processes_forget_no_attempt() {
    let granted = kill(2_000);
    assert!(granted > 2_000, "the children did work: {granted} attempts");
}
