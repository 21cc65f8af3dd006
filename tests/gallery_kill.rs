//! A writer killed at any moment, over and over: every acknowledged change is there.
//!
//! The child is this same program, started with an environment variable; it acknowledges on its
//! standard output, and is killed with SIGKILL at a random moment.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests panic too

mod gallery_support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use biomatch::gallery::{CitizenReferences, Gallery, GalleryOptions, verify};
use biomatch::subject::SubjectId;
use gallery_support::*;

const DIRECTORY: &str = "BIOMATCH_TEST_KILL_DIRECTORY";
const FIRST: &str = "BIOMATCH_TEST_KILL_FIRST";
const KILLS: usize = 220;

/// Citizens of a commit that goes straight to segments; each has two references.
const BULK: u64 = 12;

fn options() -> GalleryOptions {
    GalleryOptions::default().flush_at(2 * BULK as usize)
}

fn enrolment(who: u64) -> CitizenReferences {
    CitizenReferences::new(citizen(who), vec![finger(who), face(&model("m"), who, 32)])
}

/// The child: enrols citizens with ever greater numbers in two threads, one by one and now and then
/// in bulk, deletes some, compacts now and then, and says what was acknowledged.
#[test]
fn child() {
    let (Ok(directory), Ok(first)) = (std::env::var(DIRECTORY), std::env::var(FIRST)) else { return };
    let first: u64 = first.parse().unwrap();
    let gallery = Gallery::open(directory, options()).unwrap();
    let writer = gallery.writer().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let writer = &writer;
            scope.spawn(move || {
                let mut numbers = (first + thread..).step_by(2);
                for n in 0_u64.. {
                    let count = if (n + 4 * thread) % 12 == 3 { BULK } else { 1 };
                    let people: Vec<u64> = numbers.by_ref().take(count as usize).collect();
                    // Said first: the other thread's commit may take the change along.
                    people.iter().for_each(|who| println!("\ntry {who}"));
                    let enrolments: Vec<_> = people.iter().map(|&who| enrolment(who)).collect();
                    let ids = writer.add_all(&enrolments).unwrap();
                    writer.commit().unwrap();
                    for (who, ids) in people.iter().zip(ids) {
                        println!("\nadd {who} {} {}", ids[0], ids[1]);
                    }
                    if n % 5 == 4 {
                        let who = people[0];
                        println!("\ngoing {who}");
                        writer.delete(citizen(who)).unwrap();
                        writer.commit().unwrap();
                        println!("\ngone {who}");
                    }
                    if n % 10 == 9 && thread == 0 {
                        writer.compact().unwrap();
                    }
                }
            });
        }
    });
}

#[derive(Default)]
struct Known {
    /// Citizens whose enrolment was acknowledged, with their references.
    there: BTreeMap<u64, [u64; 2]>,
    /// Citizens whose enrolment or deletion had begun: they may be there or not.
    unsure: BTreeSet<u64>,
    references: BTreeSet<u64>,
    next: u64,
}

impl Known {
    fn take(&mut self, line: &str) {
        let mut words = line.split(' ');
        let kind = words.next();
        let numbers: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
        match (kind, numbers.as_slice()) {
            (Some("try"), [who]) => {
                self.unsure.insert(*who);
                self.next = self.next.max(who + 1);
            }
            (Some("add"), [who, a, b]) => {
                self.unsure.remove(who);
                self.there.insert(*who, [*a, *b]);
                for reference in [a, b] {
                    assert!(self.references.insert(*reference), "reference {reference} given twice");
                }
            }
            (Some("going"), [who]) => {
                self.there.remove(who);
                self.unsure.insert(*who);
            }
            (Some("gone"), [who]) => {
                self.unsure.remove(who);
            }
            _ => {}
        }
    }

    /// Compares the gallery with what was acknowledged, and takes over what turned out.
    fn check(&mut self, directory: &Path, round: usize) {
        let gallery = Gallery::open(directory, options()).unwrap();
        let check = |found: &Contents| {
            for (&who, ids) in &self.there {
                let (_, samples) = found.get(&citizen(who)).expect("an acknowledged enrolment is there");
                let expected = [sample_of(&finger(who)), sample_of(&face(&model("m"), who, 32))];
                let expected: BTreeMap<_, _> = ids.iter().copied().zip(expected).collect();
                assert_eq!(*samples, expected, "round {round}, citizen {who}");
            }
        };
        check(&contents(&gallery.snapshot().unwrap()).unwrap());
        // The next writer may keep a batch that nobody was told of.
        drop(gallery.writer().unwrap());
        let found = contents(&gallery.snapshot().unwrap()).unwrap();
        check(&found);
        let number = |subject: SubjectId| subject.citizen().unwrap().value();
        let base = number(citizen(0));
        for (&id, (_, samples)) in &found {
            let who = number(id) - base;
            assert!(
                self.there.contains_key(&who) || self.unsure.contains(&who),
                "round {round}: {who} is back"
            );
            assert_eq!(samples.len(), 2, "round {round}: citizen {who} is whole");
            let ids: Vec<_> = samples.keys().copied().collect();
            self.there.insert(who, [ids[0], ids[1]]);
            self.references.extend(ids);
        }
        self.unsure.clear();
    }
}

#[test]
fn a_killed_writer_loses_nothing_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    Gallery::create(directory.path(), options()).unwrap();
    let mut known = Known::default();
    let mut random = Random::new(7);
    let mut acknowledged = 0;
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(DIRECTORY, directory.path())
            .env(FIRST, known.next.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let reading = std::thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).collect::<Vec<_>>()
        });
        // From before the writer has the lock to some commits and flushes later.
        std::thread::sleep(Duration::from_micros(2_000 + random.below(120_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let lines = reading.join().unwrap();
        acknowledged += lines.iter().filter(|line| line.starts_with("add ")).count();
        lines.iter().for_each(|line| known.take(line));
        known.check(directory.path(), round);
        if round % 20 == 0 {
            let report = verify(directory.path()).unwrap();
            assert!(report.is_sound(), "round {round}: {:?}", report.problems);
        }
    }
    assert!(acknowledged > KILLS, "the children did work: {acknowledged} enrolments");
    println!("{KILLS} kills, {acknowledged} enrolments acknowledged, {} there", known.there.len());
    // A last writer settles everything.
    let started = Instant::now();
    let gallery = Gallery::open(directory.path(), options()).unwrap();
    gallery.writer().unwrap().compact().unwrap();
    let report = verify(directory.path()).unwrap();
    assert!(report.is_sound() && report.orphans.is_empty(), "{:?}", report.problems);
    assert_eq!(report.fingers, known.there.len(), "after {:?}", started.elapsed());
}
